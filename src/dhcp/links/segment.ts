import { InputError } from "../../base/errors.js";
import type { Host } from "../../host/host.js";
import { FILTER, type FilterInstruction, filterProgram, WHOLE } from "../../netlink/socket-filter.js";
import type { Resting } from "../../kernel/resting.js";
import type { Link } from "../../rtnetlink/link/link.js";
import type { LinkReference } from "../../rtnetlink/link/link-requests.js";
import type { Transport } from "../transport.js";

/** What the kernel knows of a frame that is not in it (SKF_AD_*, linux/filter.h). */
const PACKET_TYPE = 0xfffff000 + 4;
const VLAN_TAG_PRESENT = 0xfffff000 + 48;
/** PACKET_OUTGOING (linux/if_packet.h). */
const OUTGOING = 4;

/** ARPHRD_ETHER (linux/if_arp.h). */
const ARPHRD_ETHER = 1;
const ETHER_TYPE = 12;
const IP = 14;
const IP_PROTOCOL = IP + 9;
const IP_FRAGMENT = IP + 6;
const IP6_NEXT_HEADER = IP + 6;
const IP6_PAYLOAD = IP + 40;
const UDP = 17;
const ICMP6 = 58;
/** Router solicitations and advertisements (RFC 4861, 4.1 and 4.2). */
const FIRST_ROUTER_MESSAGE = 133;
const LAST_ROUTER_MESSAGE = 134;

/** Frames without a VLAN tag that others have sent: ARP, DHCPv4, DHCPv6 to servers, router solicitations and advertisements. */
const program: readonly FilterInstruction[] = [
  /*  0 */ [FILTER.loadWord, 0, 0, PACKET_TYPE],
  /*  1 */ [FILTER.equals, 24, 0, OUTGOING],
  /*  2 */ [FILTER.loadWord, 0, 0, VLAN_TAG_PRESENT],
  /*  3 */ [FILTER.equals, 0, 22, 0],
  /*  4 */ [FILTER.loadHalf, 0, 0, ETHER_TYPE],
  /*  5 */ [FILTER.equals, 19, 0, 0x0806],
  /*  6 */ [FILTER.equals, 0, 8, 0x0800],
  /*  7 */ [FILTER.loadByte, 0, 0, IP_PROTOCOL],
  /*  8 */ [FILTER.equals, 0, 17, UDP],
  /*  9 */ [FILTER.loadHalf, 0, 0, IP_FRAGMENT],
  /* 10 */ [FILTER.anyBit, 15, 0, 0x1fff],
  /* 11 */ [FILTER.loadHeaderLength, 0, 0, IP],
  /* 12 */ [FILTER.loadHalfIndexed, 0, 0, IP + 2],
  /* 13 */ [FILTER.equals, 11, 0, 67],
  /* 14 */ [FILTER.equals, 10, 11, 68],
  /* 15 */ [FILTER.equals, 0, 10, 0x86dd],
  /* 16 */ [FILTER.loadByte, 0, 0, IP6_NEXT_HEADER],
  /* 17 */ [FILTER.equals, 0, 4, ICMP6],
  /* 18 */ [FILTER.loadByte, 0, 0, IP6_PAYLOAD],
  /* 19 */ [FILTER.equals, 5, 0, FIRST_ROUTER_MESSAGE],
  /* 20 */ [FILTER.equals, 4, 0, LAST_ROUTER_MESSAGE],
  /* 21 */ [FILTER.return, 0, 0, 0],
  /* 22 */ [FILTER.equals, 0, 3, UDP],
  /* 23 */ [FILTER.loadHalf, 0, 0, IP6_PAYLOAD + 2],
  /* 24 */ [FILTER.equals, 0, 1, 547],
  /* 25 */ [FILTER.return, 0, 0, WHOLE],
  /* 26 */ [FILTER.return, 0, 0, 0],
];

/** A link's segment of Ethernet, to be closed. */
export interface Segment extends Transport {
  readonly link: Link;
  close(): Promise<void>;
}

/** Binds to a link; with `udpPort`, that port of UDP is held there. `rest`: where its sockets rest. */
export async function openSegment(
  host: Host,
  reference: LinkReference,
  udpPort?: number,
  rest?: Resting,
): Promise<Segment> {
  const link = await host.link(reference);
  const { address: mac } = link;
  if (mac === undefined || link.type !== ARPHRD_ETHER)
    throw new InputError(
      `${link.name} has no Ethernet address: DHCP and router advertisements need a link that has one`,
    );
  const frames = await host.openFrames(link, { filter: filterProgram(program), udpPort, rest });
  return { link, mac, send: frames.send, receive: frames.receive, close: frames.close };
}
