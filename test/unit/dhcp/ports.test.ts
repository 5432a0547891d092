import { describe, expect, test } from "vitest";
import type { ClientPort, DhcpServerSettings } from "../../../src/dhcp/server/settings.js";
import { encodeDhcpPacket } from "../../../src/dhcp/wire/dhcp-packet.js";
import { BROADCAST_MAC } from "../../../src/dhcp/wire/ethernet.js";
import { encodeIpv4Datagram } from "../../../src/dhcp/wire/ipv4.js";
import { guestMac, lease, serverScene } from "./scene.js";

/** A port for each guest, which its MAC names. */
function portsWith(port: Partial<ClientPort> = {}): (mac: string) => ClientPort | undefined {
  return (mac) => (mac.startsWith("52:54:00:aa") ? { name: `tap-${mac.slice(-2)}`, ...port } : undefined);
}

describe("a reservation", () => {
  const reservations: DhcpServerSettings["reservations"] = [
    { address: "10.0.0.50", mac: guestMac(1), hostname: "blue", options: { interfaceMtu: 9000 } },
    { address: "10.0.0.12", clientId: "01:AA" },
  ];

  test("by MAC or by client identifier is kept for its client alone", async () => {
    const scene = await serverScene({ reservations });
    const blue = await lease(scene, scene.guest(1), { clientIdentifier: "ff:01" });
    expect(blue?.packet.yiaddr).toBe("10.0.0.50");
    expect(blue?.packet.options).toMatchObject({ interfaceMtu: 9000, hostName: "blue" });
    expect((await lease(scene, scene.guest(2), { clientIdentifier: "01:aa" }))?.packet.yiaddr).toBe("10.0.0.12");
    const others = [];
    for (let number = 3; number < 30; number++) others.push((await lease(scene, scene.guest(number)))?.packet.yiaddr);
    expect(others.filter((address) => address !== undefined).length).toBe(19);
    expect(others).not.toContain("10.0.0.12");
  });

  test("is made and taken back while the server runs; whoever has the address loses it when it renews", async () => {
    const scene = await serverScene();
    const guest = scene.guest(1);
    await lease(scene, guest);
    scene.server.reserve({ address: "10.0.0.10", mac: guestMac(2) });
    expect(() => scene.server.reserve({ address: "10.0.0.10", mac: guestMac(3) })).toThrow("reserved already");
    expect(await lease(scene, scene.guest(2))).toBeUndefined();
    guest.say({ messageType: "request" }, { ciaddr: "10.0.0.10" });
    await scene.clock.advance(10);
    expect(guest.last()?.packet.options.messageType).toBe("nak");
    await lease(scene, guest);
    expect((await lease(scene, scene.guest(2)))?.packet.yiaddr).toBe("10.0.0.10");
    scene.server.unreserve("10.0.0.10");
    scene.server.reserve({ address: "10.0.0.99", mac: guestMac(2) });
    expect((await lease(scene, scene.guest(2)))?.packet.yiaddr).toBe("10.0.0.99");
  });
});

describe("where ports are known", () => {
  test("whoever is behind none gets no answer", async () => {
    const scene = await serverScene({}, { portOf: () => undefined });
    expect(await lease(scene, scene.guest(1))).toBeUndefined();
    expect(scene.events).toEqual([]);
  });

  test("a port has as many leases as it may, whatever identifiers its client invents", async () => {
    const scene = await serverScene({}, { portOf: portsWith() });
    const guest = scene.guest(1);
    const leased = [];
    for (const id of ["01:01", "01:02", "01:03"]) leased.push(await lease(scene, guest, { clientIdentifier: id }));
    expect(leased.map((ack) => ack?.packet.yiaddr)).toEqual(["10.0.0.10", undefined, undefined]);
    const many = await serverScene({}, { portOf: portsWith({ mostLeases: 2 }) });
    const more = many.guest(1);
    const addresses = [];
    for (const id of ["01:01", "01:02", "01:03"])
      addresses.push((await lease(many, more, { clientIdentifier: id }))?.packet.yiaddr);
    expect(addresses).toEqual(["10.0.0.10", "10.0.0.11", undefined]);
  });

  test("offers count, too", async () => {
    const scene = await serverScene({}, { portOf: portsWith() });
    const guest = scene.guest(1);
    for (const id of ["01:01", "01:02", "01:03"]) guest.say({ messageType: "discover", clientIdentifier: id });
    await scene.clock.advance(10);
    expect(guest.heard.length).toBe(1);
  });

  test("a client gets only the addresses that its port may have", async () => {
    const scene = await serverScene({}, { portOf: portsWith({ addresses: ["10.0.0.77"] }) });
    const guest = scene.guest(1);
    expect((await lease(scene, guest, { requestedAddress: "10.0.0.12" }))?.packet.yiaddr).toBe("10.0.0.77");
    guest.say({ messageType: "request", requestedAddress: "10.0.0.12" });
    await scene.clock.advance(10);
    expect(guest.last()?.packet.options.messageType).toBe("nak");
  });

  test("the client identifier of another port's client gains nothing: neither its lease nor its release", async () => {
    const scene = await serverScene({}, { portOf: portsWith() });
    await lease(scene, scene.guest(1), { clientIdentifier: "01:aa" });
    const thief = scene.guest(2);
    const ack = await lease(scene, thief, { clientIdentifier: "01:aa", requestedAddress: "10.0.0.10" });
    expect(ack?.packet.yiaddr).toBe("10.0.0.11");
    thief.say({ messageType: "release", clientIdentifier: "01:aa" }, { ciaddr: "10.0.0.10" });
    await scene.clock.advance(10);
    expect(scene.leases.at("10.0.0.10")!.until).toBeGreaterThan(scene.clock.now());
  });

  test("a message about another MAC than the frame's is not answered", async () => {
    const scene = await serverScene();
    const spoofer = scene.wire.join("52:54:00:00:00:66");
    const payload = encodeDhcpPacket({
      op: "request",
      xid: 1,
      chaddr: guestMac(1),
      options: { messageType: "discover" },
    });
    const frames = scene.wire.frames.length;
    spoofer.send(
      encodeIpv4Datagram({
        sourceMac: spoofer.mac,
        destinationMac: BROADCAST_MAC,
        source: "0.0.0.0",
        destination: "255.255.255.255",
        sourcePort: 68,
        destinationPort: 67,
        payload,
      }),
    );
    await scene.clock.advance(10);
    expect(scene.wire.frames.length).toBe(frames + 1);
    expect(scene.events).toEqual([{ event: "spoof", mac: spoofer.mac, chaddr: guestMac(1) }]);
  });
});
