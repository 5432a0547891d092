import type { Host } from "../host/host.js";
import { NetlinkError } from "../kernel/error.js";
import type { Link } from "../rtnetlink/link/link.js";
import { openSegment } from "../dhcp/links/segment.js";
import { SERVER_PORT } from "../dhcp/ports.js";
import { discovery } from "../dhcp/server/other-servers.js";
import { arpProbe, decodeArp } from "../dhcp/wire/arp.js";
import { decodeDhcpPacket } from "../dhcp/wire/dhcp-packet.js";
import { decodeIpv4Datagram } from "../dhcp/wire/ipv4.js";
import { ALL_ROUTERS, decodeIpv6Packet, encodeIpv6Packet, multicastMac, PROTOCOL_ICMPV6 } from "../dhcp/wire/ipv6.js";
import { decodeRouterAdvertisement, encodeRouterSolicitation } from "../dhcp/wire/router-advertisement.js";

/** Who said something: its address, and the MAC that it came from. */
export interface Speaker {
  readonly address: string;
  readonly mac: string;
}

/** What a bridge was heard to carry, from behind its ports. */
export interface Heard {
  /** Those that answered a DHCPDISCOVER, by their server identifier. */
  readonly servers: readonly Speaker[];
  /** Those that sent router advertisements. */
  readonly routers: readonly Speaker[];
  /** This host itself answers DHCP there. */
  readonly serves: boolean;
  /** Those that said that they have an address that was asked for. */
  readonly claims: readonly Speaker[];
  /** What was sent came back. */
  readonly echoes: boolean;
}

/** "::", which asks for router advertisements before it has an address (RFC 4861, 4.1). */
const NO_ADDRESS = "::";

function solicitation(sourceMac: string): Buffer {
  return encodeIpv6Packet({
    sourceMac,
    destinationMac: multicastMac(ALL_ROUTERS),
    source: NO_ADDRESS,
    destination: ALL_ROUTERS,
    protocol: PROTOCOL_ICMPV6,
    hopLimit: 255,
    payload: encodeRouterSolicitation({}),
  });
}

/** Whether somebody on this host has the DHCP server's port on a link, or on all links. */
async function isServed(host: Host, link: Link): Promise<boolean> {
  try {
    const frames = await host.openFrames(link, { udpPort: SERVER_PORT });
    await frames.close();
    return false;
  } catch (error) {
    if (error instanceof NetlinkError && error.code === "EADDRINUSE") return true;
    throw error;
  }
}

/**
 * Asks on a bridge for DHCP servers and routers, as a guest would that takes nothing, and who has some IPv4 addresses (RFC 5227), and
 * hears who answers within `time` milliseconds. What this host itself sends is not heard, unless it comes back.
 */
export async function listenOn(host: Host, bridge: Link, time: number, addresses: readonly string[]): Promise<Heard> {
  const serves = await isServed(host, bridge);
  const segment = await openSegment(host, bridge);
  const servers = new Map<string, Speaker>();
  const routers = new Map<string, Speaker>();
  const claims = new Map<string, Speaker>();
  let echoes = false;
  const forget = segment.receive((frame, { partialChecksum }) => {
    const datagram = decodeIpv4Datagram(frame, partialChecksum);
    const packet = datagram && decodeDhcpPacket(datagram.payload);
    const server = packet?.op === "reply" ? packet.options.serverIdentifier : undefined;
    if (server !== undefined) servers.set(server, { address: server, mac: datagram!.sourceMac });
    if (datagram?.sourceMac === segment.mac && packet?.op === "request") echoes = true;
    const arp = decodeArp(frame);
    if (arp !== undefined && arp.senderMac !== segment.mac && addresses.includes(arp.senderAddress))
      claims.set(`${arp.senderAddress} ${arp.senderMac}`, { address: arp.senderAddress, mac: arp.senderMac });
    const message = decodeIpv6Packet(frame, partialChecksum);
    if (message?.protocol === PROTOCOL_ICMPV6 && decodeRouterAdvertisement(message.payload) !== undefined)
      routers.set(message.source, { address: message.source, mac: message.sourceMac });
  });
  try {
    segment.send(discovery(segment.mac));
    segment.send(solicitation(segment.mac));
    for (const address of addresses) segment.send(arpProbe(segment.mac, address));
    await new Promise((resolve) => setTimeout(resolve, time));
    // What came by then is read, too, where this process had to wait for its turn.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    forget();
    await segment.close();
  }
  return {
    servers: [...servers.values()],
    routers: [...routers.values()],
    serves,
    claims: [...claims.values()],
    echoes,
  };
}
