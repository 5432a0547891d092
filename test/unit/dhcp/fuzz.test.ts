import { expect, test } from "vitest";
import { leasesInMemory } from "../../../src/dhcp/leases/lease-file.js";
import { openLeaseTable } from "../../../src/dhcp/leases/lease-table.js";
import { startDhcpClient } from "../../../src/dhcp/client/client.js";
import { startDhcpv6Responder } from "../../../src/dhcp/ipv6/dhcpv6-responder.js";
import { startRouterAdvertiser } from "../../../src/dhcp/ipv6/router-advertiser.js";
import { startDhcpServer } from "../../../src/dhcp/server/server.js";
import type { Transport } from "../../../src/dhcp/transport.js";
import type { DhcpOptions } from "../../../src/dhcp/wire/dhcp-options.js";
import { decodeDhcpPacket, encodeDhcpPacket } from "../../../src/dhcp/wire/dhcp-packet.js";
import { BROADCAST_MAC } from "../../../src/dhcp/wire/ethernet.js";
import { decodeIpv4Datagram, encodeIpv4Datagram } from "../../../src/dhcp/wire/ipv4.js";
import { encodeIpv6Packet } from "../../../src/dhcp/wire/ipv6.js";
import { encodeRouterAdvertisement, encodeRouterSolicitation } from "../../../src/dhcp/wire/router-advertisement.js";
import { arpAnnouncement } from "../../../src/dhcp/wire/arp.js";
import { guestMac, SERVER_MAC, SETTINGS, settled, simulatedClock } from "./scene.js";

/** LINKWRIGHT_DHCP_PACKETS: how many packets are tried. */
const PACKETS = Number(process.env.LINKWRIGHT_DHCP_PACKETS ?? 20_000);

/** Numbers that are the same each time (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

function dhcpPayload(options: DhcpOptions, op: "request" | "reply"): Buffer {
  return encodeDhcpPacket({ op, xid: 1, chaddr: guestMac(1), yiaddr: "10.0.0.10", options });
}

const PAYLOADS = [
  dhcpPayload(
    { messageType: "discover", parameterRequestList: [1, 3, 6], hostName: "blue", rapidCommit: true },
    "request",
  ),
  dhcpPayload({ messageType: "request", requestedAddress: "10.0.0.10", clientIdentifier: "01:02:03" }, "request"),
  dhcpPayload({ messageType: "decline", requestedAddress: "10.0.0.10", serverIdentifier: "10.0.0.1" }, "request"),
  dhcpPayload({ messageType: "ack", leaseTime: 60_000, domainSearch: ["a.example.org", "example.org"] }, "reply"),
  dhcpPayload(
    { messageType: "offer", serverIdentifier: "10.0.0.2", leaseTime: 60_000, vendorSpecific: Buffer.alloc(300) },
    "reply",
  ),
  dhcpPayload({ classlessStaticRoutes: [{ destination: "10.0.0.0/9", via: "10.0.0.1" }], messageType: "nak" }, "reply"),
];
const ICMP = [
  encodeRouterSolicitation({ sourceLinkLayerAddress: guestMac(1) }),
  encodeRouterAdvertisement({
    routerLifetime: 1000,
    options: { mtu: 1500, dnsSearchLists: [{ lifetime: 1000, domains: ["example.org"] }] },
  }),
];
const V6 = Buffer.from("02220223001a00000babcdef0001000400030001000600040017001800080002", "hex");

test("mangled packets crash nothing, and the same server gives a guest its lease afterwards", async () => {
  let last: Uint8Array | undefined;
  const listeners: ((frame: Uint8Array, about: object) => void)[] = [];
  const transport = (mac: string): Transport => ({
    mac,
    send: (frame) => void (last = frame),
    receive(listener) {
      listeners.push(listener);
      return () => undefined;
    },
  });
  const clock = simulatedClock();
  const leases = await openLeaseTable(leasesInMemory(), clock);
  startDhcpServer(SETTINGS, { transport: transport(SERVER_MAC), clock, leases });
  startDhcpClient({}, { transport: transport(guestMac(1)), clock, random: () => 1 / 2 ** 32 });
  const router = { linkLocal: "fe80::1", advertisement: { routerLifetime: 1000, options: {} } };
  startRouterAdvertiser(router, { transport: transport(SERVER_MAC), clock });
  startDhcpv6Responder({ linkLocal: "fe80::1", options: { dnsServers: ["fd00::1"] } }, transport(SERVER_MAC));

  const below = numbers(42);
  function mangled(bytes: Uint8Array): Buffer {
    const copy = Buffer.from(bytes);
    for (let times = below(6); times > 0; times--) {
      // Mostly where options are.
      const start = copy.length > 240 && below(3) > 0 ? 240 : 0;
      copy[start + below(copy.length - start)] = below(3) === 0 ? below(256) : [0, 1, 63, 192, 255][below(5)]!;
    }
    return below(4) === 0 ? copy.subarray(0, below(copy.length + 1)) : copy;
  }
  const v4 = {
    sourceMac: guestMac(1),
    destinationMac: BROADCAST_MAC,
    source: "0.0.0.0",
    destination: "255.255.255.255",
  };
  const v6 = { sourceMac: guestMac(1), destinationMac: SERVER_MAC, source: "fe80::2", destination: "fe80::1" };
  for (let count = 0; count < PACKETS; count++) {
    const kind = below(10);
    let frame: Buffer;
    if (kind < 6) {
      const payload = mangled(PAYLOADS[kind]!);
      const destinationPort = kind < 3 ? 67 : 68;
      frame = encodeIpv4Datagram({ ...v4, sourcePort: 68, destinationPort, payload });
    } else if (kind < 8) {
      const payload = Buffer.concat([mangled(ICMP[kind - 6]!), Buffer.alloc(8)]);
      frame = encodeIpv6Packet({ ...v6, protocol: 58, hopLimit: 255, payload });
    } else if (kind === 8)
      frame = encodeIpv6Packet({
        ...v6,
        protocol: 17,
        hopLimit: 1,
        payload: Buffer.concat([mangled(V6), Buffer.alloc(8)]),
      });
    else frame = mangled(arpAnnouncement(guestMac(2), "10.0.0.12"));
    if (below(8) === 0) frame = mangled(frame);
    const about = { partialChecksum: below(2) === 0 };
    for (const listener of listeners) listener(frame, about);
    if (count % 1000 === 0) {
      await settled();
      await clock.advance(1000);
    }
  }
  // What was leased or held back meanwhile has ended.
  await clock.advance(2 * 3_600_000);
  const chaddr = guestMac(900);
  const options: DhcpOptions = { messageType: "discover", rapidCommit: true };
  const payload = encodeDhcpPacket({ op: "request", xid: 9, chaddr, options });
  const discover = encodeIpv4Datagram({ ...v4, sourceMac: chaddr, sourcePort: 68, destinationPort: 67, payload });
  for (const listener of listeners) listener(discover, {});
  await settled();
  const answer = decodeDhcpPacket(decodeIpv4Datagram(last!)!.payload);
  expect(answer).toMatchObject({ chaddr: guestMac(900), options: { messageType: "ack" } });
  expect(Array.from(leases.all()).length).toBeLessThanOrEqual(20);
}, 600_000);
