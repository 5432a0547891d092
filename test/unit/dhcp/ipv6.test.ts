import { describe, expect, test } from "vitest";
import { startDhcpv6Responder } from "../../../src/dhcp/ipv6/dhcpv6-responder.js";
import { startRouterAdvertiser } from "../../../src/dhcp/ipv6/router-advertiser.js";
import { decodeDhcpv6Message, encodeDhcpv6Message } from "../../../src/dhcp/wire/dhcpv6-message.js";
import { decodeIpv6Packet, encodeIpv6Packet, multicastMac } from "../../../src/dhcp/wire/ipv6.js";
import {
  decodeRouterAdvertisement,
  encodeRouterAdvertisement,
  encodeRouterSolicitation,
  type RouterAdvertisement,
} from "../../../src/dhcp/wire/router-advertisement.js";
import { guestMac, SERVER_MAC, type SimulatedClock, simulatedClock, simulatedWire, type Wire } from "./scene.js";

const LINK_LOCAL = "fe80::1";
const GUEST = "fe80::2";
const ADVERTISEMENT: RouterAdvertisement = {
  hopLimit: 64,
  managed: false,
  otherConfiguration: true,
  preference: "high",
  routerLifetime: 1_800_000,
  reachableTime: 0,
  retransTimer: 0,
  options: {
    mtu: 1400,
    prefixes: [
      { prefix: "fd00:1::/64", onLink: true, autonomous: true, validLifetime: 86_400_000, preferredLifetime: Infinity },
      { prefix: "fd00:2::/48", onLink: false, autonomous: false, validLifetime: 1000, preferredLifetime: 0 },
    ],
    recursiveDnsServers: [{ lifetime: 600_000, addresses: ["fd00:1::1", "2001:db8::53"] }],
    dnsSearchLists: [{ lifetime: 600_000, domains: ["example.org", "a.example"] }],
  },
};

/** Advertisements on the wire: when, and to whom. */
function advertisements(wire: Wire): { destination: string; routerLifetime: number }[] {
  return wire.frames.flatMap((frame) => {
    const packet = decodeIpv6Packet(frame);
    const found = packet && decodeRouterAdvertisement(packet.payload);
    return found === undefined ? [] : [{ destination: packet!.destination, routerLifetime: found.routerLifetime }];
  });
}

function solicit(wire: Wire, source: string, hopLimit = 255): void {
  const mac = guestMac(1);
  const payload = encodeRouterSolicitation(source === "::" ? {} : { sourceLinkLayerAddress: mac });
  const destination = "ff02::2";
  const destinationMac = multicastMac(destination);
  const packet = { sourceMac: mac, destinationMac, source, destination, protocol: 58, hopLimit, payload };
  wire.join(mac).send(encodeIpv6Packet(packet));
}

function advertiser(): {
  clock: SimulatedClock;
  wire: Wire;
  router: ReturnType<typeof startRouterAdvertiser>;
  others: unknown[];
} {
  const clock = simulatedClock();
  const wire = simulatedWire(clock);
  const others: unknown[] = [];
  const router = startRouterAdvertiser(
    { linkLocal: LINK_LOCAL, advertisement: ADVERTISEMENT },
    { transport: wire.join(SERVER_MAC), clock, random: () => 0.5, report: (event) => others.push(event) },
  );
  return { clock, wire, router, others };
}

describe("a router advertisement", () => {
  test("is read as it was written", () => {
    expect(decodeRouterAdvertisement(encodeRouterAdvertisement(ADVERTISEMENT))).toEqual(ADVERTISEMENT);
  });

  test("with an option of no length or past the end is not believed", () => {
    const bytes = encodeRouterAdvertisement(ADVERTISEMENT);
    for (const length of [0, 200]) {
      const broken = Buffer.from(bytes);
      broken[17] = length;
      expect(decodeRouterAdvertisement(broken)).toBeUndefined();
    }
  });

  test("is sent three times at first, at most 16 s apart, and then now and then, from the link-local address", async () => {
    const { clock, wire } = advertiser();
    await clock.advance(32_000);
    expect(advertisements(wire).length).toBe(3);
    await clock.advance(400_000);
    expect(advertisements(wire).length).toBe(4);
    const packet = decodeIpv6Packet(wire.frames[0]!)!;
    expect(packet).toMatchObject({
      source: LINK_LOCAL,
      destination: "ff02::1",
      hopLimit: 255,
      destinationMac: "33:33:00:00:00:01",
    });
    expect(decodeRouterAdvertisement(packet.payload)?.options.sourceLinkLayerAddress).toBe(SERVER_MAC);
  });

  test("answers who asks: at once where he has an address, to all where he has none, but not all the time", async () => {
    const { clock, wire } = advertiser();
    await clock.advance(100_000);
    const before = advertisements(wire).length;
    solicit(wire, GUEST);
    await clock.advance(1);
    expect(advertisements(wire).slice(before)).toMatchObject([{ destination: GUEST }]);
    for (let time = 0; time < 50; time++) solicit(wire, "::");
    await clock.advance(500);
    expect(advertisements(wire).slice(before + 1)).toMatchObject([{ destination: "ff02::1" }]);
    for (let time = 0; time < 50; time++) {
      solicit(wire, "::");
      await clock.advance(100);
    }
    expect(advertisements(wire).length - before - 2).toBeLessThanOrEqual(2);
  });

  test("answers nobody from behind a router", async () => {
    const { clock, wire } = advertiser();
    await clock.advance(100_000);
    const before = advertisements(wire).length;
    solicit(wire, GUEST, 64);
    await clock.advance(100);
    expect(advertisements(wire).length).toBe(before);
  });

  test("says at the end that there is no router any more, and tells of another one", async () => {
    const { clock, wire, router, others } = advertiser();
    const second = startRouterAdvertiser(
      { linkLocal: "fe80::9", advertisement: ADVERTISEMENT },
      { transport: wire.join("52:54:00:00:00:09"), clock },
    );
    await clock.advance(100);
    expect(others).toEqual([{ event: "otherRouter", address: "fe80::9", mac: "52:54:00:00:00:09" }]);
    second.stop();
    router.stop();
    expect(advertisements(wire).slice(-2)).toMatchObject([{ routerLifetime: 0 }, { routerLifetime: 0 }]);
    expect(clock.waiting).toBeLessThanOrEqual(4);
  });
});

describe("DHCPv6 without addresses", () => {
  async function ask(
    options: Parameters<typeof encodeDhcpv6Message>[0]["options"],
    type: "informationRequest" | "solicit" = "informationRequest",
  ) {
    const clock = simulatedClock();
    const wire = simulatedWire(clock);
    startDhcpv6Responder(
      { linkLocal: LINK_LOCAL, options: { dnsServers: ["fd00:1::1"], domainList: ["example.org"] } },
      wire.join(SERVER_MAC),
    );
    const message = encodeDhcpv6Message({ type, transactionId: 0xabcdef, options });
    const payload = Buffer.concat([Buffer.from([0x02, 0x22, 0x02, 0x23, 0, 8 + message.length, 0, 0]), message]);
    const guest = wire.join(guestMac(1));
    const destination = "ff02::1:2";
    guest.send(
      encodeIpv6Packet({
        sourceMac: guest.mac,
        destinationMac: multicastMac(destination),
        source: GUEST,
        destination,
        protocol: 17,
        hopLimit: 1,
        payload,
      }),
    );
    await clock.advance(10);
    const answer = wire.frames[1] && decodeIpv6Packet(wire.frames[1]);
    return answer && { ...answer, message: decodeDhcpv6Message(answer.payload.subarray(8)) };
  }

  test("answers a request for information with what is asked for", async () => {
    const clientId = "00:01:00:01:2a";
    const answer = await ask({ clientId, optionRequest: [23, 99] });
    expect(answer).toMatchObject({ source: LINK_LOCAL, destination: GUEST, destinationMac: guestMac(1) });
    expect(answer?.message).toEqual({
      type: "reply",
      transactionId: 0xabcdef,
      options: { clientId, serverId: `00:03:00:01:${SERVER_MAC}`, dnsServers: ["fd00:1::1"] },
    });
    expect((await ask({}))?.message?.options).toMatchObject({ domainList: ["example.org"] });
  });

  test("answers nothing else, and nobody who asks another server", async () => {
    expect(await ask({}, "solicit")).toBeUndefined();
    expect(await ask({ serverId: "00:03:00:01:01" })).toBeUndefined();
  });
});
