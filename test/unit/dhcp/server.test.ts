import { describe, expect, test } from "vitest";
import { leasesInMemory } from "../../../src/dhcp/leases/lease-file.js";
import { openLeaseTable } from "../../../src/dhcp/leases/lease-table.js";
import { encodeArp } from "../../../src/dhcp/wire/arp.js";
import { BROADCAST_MAC } from "../../../src/dhcp/wire/ethernet.js";
import { guestMac, lease, ROUTER, SERVER_MAC, serverScene, simulatedClock } from "./scene.js";

const HOUR = 3_600_000;

describe("a client that discovers", () => {
  test("gets an offer, and on its request the lease with mask, times and what it asks for", async () => {
    const scene = await serverScene();
    const ack = await lease(scene, scene.guest(1), { parameterRequestList: [3, 6, 26], hostName: "blue" });
    expect(ack).toMatchObject({
      source: ROUTER,
      sourceMac: SERVER_MAC,
      destination: "10.0.0.10",
      destinationMac: guestMac(1),
    });
    expect(ack?.packet.yiaddr).toBe("10.0.0.10");
    expect(ack?.packet.options).toEqual({
      messageType: "ack",
      serverIdentifier: ROUTER,
      subnetMask: "255.255.255.0",
      routers: [ROUTER],
      domainNameServers: [ROUTER, "9.9.9.9"],
      interfaceMtu: 1400,
      leaseTime: HOUR,
      renewalTime: HOUR / 2,
      rebindingTime: HOUR * 0.875,
    });
    expect(scene.events).toMatchObject([{ event: "lease", renewed: false, lease: { hostname: "blue" } }]);
    expect(scene.leases.at("10.0.0.10")?.mac).toBe(guestMac(1));
  });

  test("is told everything where it does not say what it wants, and its client identifier (RFC 6842)", async () => {
    const scene = await serverScene();
    const { options } = (await lease(scene, scene.guest(1), { clientIdentifier: "01:02:03" }))!.packet;
    expect(options).toMatchObject({
      clientIdentifier: "01:02:03",
      domainName: "example.org",
      broadcastAddress: "10.0.0.255",
    });
  });

  test("is answered by broadcast where it cannot take anything else", async () => {
    const scene = await serverScene();
    const guest = scene.guest(1);
    guest.say({ messageType: "discover" }, { broadcast: true });
    await scene.clock.advance(10);
    expect(guest.last()).toMatchObject({ destination: "255.255.255.255", destinationMac: BROADCAST_MAC });
  });

  test("gets its lease in two messages where both want that (RFC 4039)", async () => {
    for (const rapidCommit of [true, false]) {
      const scene = await serverScene({ rapidCommit });
      const guest = scene.guest(1);
      guest.say({ messageType: "discover", rapidCommit: true });
      await scene.clock.advance(10);
      const { options } = guest.last()!.packet;
      expect([options.messageType, options.rapidCommit]).toEqual(rapidCommit ? ["ack", true] : ["offer", undefined]);
      expect(scene.leases.at("10.0.0.10") !== undefined).toBe(rapidCommit);
    }
  });

  test("gets the default route among the classless ones, for it then ignores the routers (RFC 3442)", async () => {
    const routes = [{ destination: "10.9.0.0/16", via: "10.0.0.2" }];
    const scene = await serverScene({ options: { routers: [ROUTER], classlessStaticRoutes: routes } });
    const ack = await lease(scene, scene.guest(1));
    expect(ack?.packet.options.classlessStaticRoutes).toEqual([...routes, { destination: "0.0.0.0/0", via: ROUTER }]);
  });

  test("is told where to boot from", async () => {
    const scene = await serverScene({ boot: { nextServer: "10.0.0.2", file: "pxelinux.0", serverName: "boot" } });
    const ack = await lease(scene, scene.guest(1));
    expect(ack?.packet).toMatchObject({ siaddr: "10.0.0.2", file: "pxelinux.0", sname: "boot" });
  });

  test("gets another address than everybody else, until there is none", async () => {
    const scene = await serverScene();
    const addresses = new Set<string | undefined>();
    for (let number = 0; number < 20; number++) addresses.add((await lease(scene, scene.guest(number)))?.packet.yiaddr);
    expect(addresses.size).toBe(20);
    expect(await lease(scene, scene.guest(20))).toBeUndefined();
    expect(scene.events.at(-1)).toEqual({ event: "noAddress", mac: guestMac(20), port: undefined });
    // One is given back, and goes to who waits for it.
    const given = scene.leases.of(`mac ${guestMac(3)}`)?.address;
    scene.guest(3).say({ messageType: "release" }, { ciaddr: given });
    await scene.clock.advance(10);
    expect((await lease(scene, scene.guest(20)))?.packet.yiaddr).toBe(given);
  });

  test("gets the address again that it had, as long as nobody else needs it", async () => {
    const scene = await serverScene();
    const guest = scene.guest(1);
    const first = (await lease(scene, guest))?.packet.yiaddr;
    for (let number = 2; number < 10; number++) await lease(scene, scene.guest(number));
    await scene.clock.advance(2 * HOUR);
    await lease(scene, scene.guest(77));
    expect((await lease(scene, guest))?.packet.yiaddr).toBe(first);
  });

  test("finds the ranges free again when leases have ended and nothing was given back", async () => {
    const scene = await serverScene();
    for (let number = 0; number < 20; number++) await lease(scene, scene.guest(number));
    await scene.clock.advance(2 * HOUR);
    expect((await lease(scene, scene.guest(50)))?.packet.yiaddr).toBe("10.0.0.10");
  });

  test("is not offered an address that somebody answers for, and waits for no probe", async () => {
    const clock = simulatedClock();
    const scene = await serverScene({}, { clock });
    const squatter = scene.wire.join("52:54:00:00:00:99");
    const taken = encodeArp({
      operation: "reply",
      senderMac: squatter.mac,
      senderAddress: "10.0.0.10",
      targetMac: SERVER_MAC,
      targetAddress: "0.0.0.0",
    });
    squatter.send(taken);
    await clock.advance(1);
    const ack = await lease(scene, scene.guest(1));
    expect(ack?.packet.yiaddr).toBe("10.0.0.11");
    expect(scene.events[0]).toEqual({ event: "conflict", mac: squatter.mac, address: "10.0.0.10" });
  });
});

describe("a client that has an address", () => {
  test("renews it, rebinds it, and confirms it after a reboot", async () => {
    const scene = await serverScene();
    const guest = scene.guest(1);
    const address = (await lease(scene, guest))?.packet.yiaddr;
    for (const [options, header] of [
      [{}, { ciaddr: address }],
      [{ requestedAddress: address }, {}],
    ] as const) {
      await scene.clock.advance(HOUR / 2);
      guest.say({ messageType: "request", ...options }, header);
      await scene.clock.advance(10);
      expect(guest.last()?.packet).toMatchObject({ yiaddr: address, options: { messageType: "ack", leaseTime: HOUR } });
      expect(scene.leases.at(address!)?.until).toBeGreaterThan(scene.clock.now() + HOUR - 1000);
    }
  });

  test("that asks again at once gets what is left, and nothing is written", async () => {
    const storage = leasesInMemory();
    const clock = simulatedClock();
    const scene = await serverScene({}, { clock, leases: await openLeaseTable(storage, clock) });
    const guest = scene.guest(1);
    await lease(scene, guest);
    const written = storage.content;
    await clock.advance(1500);
    guest.say({ messageType: "request" }, { ciaddr: "10.0.0.10" });
    await clock.advance(10);
    expect(guest.last()?.packet.options.leaseTime).toBe(HOUR - 2000);
    expect(storage.content).toBe(written);
  });

  test("is refused one that is another's, outside the ranges or of another subnet, by broadcast", async () => {
    const scene = await serverScene();
    await lease(scene, scene.guest(1));
    for (const requestedAddress of ["10.0.0.10", "10.0.0.200", "10.0.0.255", ROUTER, "192.168.1.5"]) {
      const guest = scene.guest(2);
      guest.say({ messageType: "request", requestedAddress });
      await scene.clock.advance(10);
      expect(guest.last()).toMatchObject({
        destination: "255.255.255.255",
        packet: { yiaddr: undefined, options: { messageType: "nak", serverIdentifier: ROUTER } },
      });
    }
  });

  test("keeps a free one that the server has forgotten", async () => {
    const scene = await serverScene();
    const guest = scene.guest(1);
    guest.say({ messageType: "request", requestedAddress: "10.0.0.25" });
    await scene.clock.advance(10);
    expect(guest.last()?.packet).toMatchObject({ yiaddr: "10.0.0.25", options: { messageType: "ack" } });
  });

  test("keeps one that the server has forgotten although it was seen to use it", async () => {
    const scene = await serverScene();
    const guest = scene.guest(1);
    scene.wire.join(guest.mac).send(
      encodeArp({
        operation: "request",
        senderMac: guest.mac,
        senderAddress: "10.0.0.25",
        targetMac: SERVER_MAC,
        targetAddress: ROUTER,
      }),
    );
    await scene.clock.advance(10);
    guest.say({ messageType: "request" }, { ciaddr: "10.0.0.25" });
    await scene.clock.advance(10);
    expect(guest.last()?.packet.options.messageType).toBe("ack");
  });

  test("that says somebody else is there gets another, and the address is left alone for a while", async () => {
    const scene = await serverScene();
    const guest = scene.guest(1);
    await lease(scene, guest);
    guest.say({ messageType: "decline", requestedAddress: "10.0.0.10", serverIdentifier: ROUTER });
    await scene.clock.advance(10);
    expect(scene.events.at(-1)).toEqual({ event: "decline", mac: guest.mac, address: "10.0.0.10" });
    expect((await lease(scene, guest))?.packet.yiaddr).not.toBe("10.0.0.10");
  });

  test("cannot make the server give up all its addresses by declining them", async () => {
    const scene = await serverScene();
    const guest = scene.guest(1);
    for (let time = 0; time < 30; time++) {
      const ack = await lease(scene, guest);
      guest.say({ messageType: "decline", requestedAddress: ack?.packet.yiaddr, serverIdentifier: ROUTER });
      await scene.clock.advance(10);
    }
    expect(scene.events.filter(({ event }) => event === "decline").length).toBe(4);
    expect(await lease(scene, scene.guest(2))).toBeDefined();
  });

  test("of its own is told the options, and given nothing", async () => {
    const scene = await serverScene();
    const guest = scene.guest(1);
    guest.say({ messageType: "inform" }, { ciaddr: "10.0.0.77" });
    await scene.clock.advance(10);
    const heard = guest.last();
    expect(heard).toMatchObject({ destination: "10.0.0.77", packet: { yiaddr: undefined, ciaddr: "10.0.0.77" } });
    expect(heard?.packet.options.leaseTime).toBeUndefined();
    expect([...scene.leases.all()]).toEqual([]);
  });
});
