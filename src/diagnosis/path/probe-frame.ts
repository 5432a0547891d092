import { BROADCAST_MAC, encodeIpv4Datagram } from "../../dhcp/wire/ipv4.js";
import { FILTER, type FilterInstruction, filterProgram, WHOLE } from "../../netlink/socket-filter.js";
import type { Link } from "../../rtnetlink/link/link.js";
import { type Endpoint, entryFor, type Surroundings } from "./endpoint.js";

/** The port that throws away what it gets (RFC 863). */
const DISCARD = 9;
const SOURCE_PORT = 49_152;
/** For experiments (IEEE 802): nothing else is sent with it. */
const EXPERIMENTAL = 0x88b5;
const MARKER_SIZE = 16;
const SHORTEST = 60;

/** A frame that is told from all others. */
export interface ProbeFrame {
  readonly bytes: Buffer;
  readonly from: string;
  readonly to: string;
  /** It is a packet that this host would route. */
  readonly isRouted: boolean;
  /** What it is, in words. */
  readonly what: string;
  isIn(frame: Buffer): boolean;
}

/** Datagrams to the discard port, and frames of the experimental type: what a probe may have become on its way is among them. */
const program: readonly FilterInstruction[] = [
  /* 0 */ [FILTER.loadHalf, 0, 0, 12],
  /* 1 */ [FILTER.equals, 5, 0, EXPERIMENTAL],
  /* 2 */ [FILTER.equals, 0, 3, 0x0800],
  /* 3 */ [FILTER.loadHeaderLength, 0, 0, 14],
  /* 4 */ [FILTER.loadHalfIndexed, 0, 0, 14 + 2],
  /* 5 */ [FILTER.equals, 1, 0, DISCARD],
  /* 6 */ [FILTER.return, 0, 0, 0],
  /* 7 */ [FILTER.return, 0, 0, WHOLE],
];
export const probeFilter: Uint8Array = filterProgram(program);

const isIpv4 = (address: string | undefined): address is string => address?.includes(".") === true;

/** The IPv4 address of an end: its own, or one that the host knows of its MAC. */
function addressOf(
  { neighbours, addressesOf }: Surroundings,
  end: Endpoint,
  mac: string | undefined,
): string | undefined {
  if (isIpv4(end.address)) return end.address;
  if (end.isHost === true && end.link !== undefined)
    return addressesOf(end.link)
      .find(({ family }) => family === "inet")
      ?.address.split("/")[0];
  return neighbours.find(({ lladdr, address }) => lladdr === mac && isIpv4(address))?.address;
}

/** The MAC that a bridge has heard behind a port last. */
function heardBehind({ fdb }: Surroundings, link: Link | undefined): string | undefined {
  return fdb.find((entry) => entry.index === link?.index && entry.master !== undefined && entry.local !== true)
    ?.address;
}

/** The MAC that the sender writes to: the other end's on its own segment, else this host's, which routes. */
function destinationOf(around: Surroundings, start: Endpoint, goal: Endpoint): string {
  const segment = around.links.find(({ index }) => index === start.link?.master) ?? start.link;
  if (goal.isHost === true) return segment?.address ?? goal.mac ?? BROADCAST_MAC;
  const mac = goal.mac ?? heardBehind(around, goal.link);
  const isBridged = segment?.kind === "bridge";
  const isNear = mac !== undefined && (!isBridged || entryFor(around, segment.index, mac) !== undefined);
  if (isNear || goal.address === undefined) return mac ?? BROADCAST_MAC;
  return segment?.address ?? BROADCAST_MAC;
}

function locallyMadeMac(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(5));
  return `02:${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`;
}

function tagged(frame: Buffer, vlan: number): Buffer {
  if (vlan === 0) return frame;
  const tag = Buffer.alloc(4);
  tag.writeUInt16BE(0x8100, 0);
  tag.writeUInt16BE(vlan, 2);
  return Buffer.concat([frame.subarray(0, 12), tag, frame.subarray(12)]);
}

/**
 * A frame as the one end would send it to the other: a datagram to the discard port, where the IPv4 addresses of both are known, and
 * else one of the experimental type, which no firewall knows.
 */
export function probeFrame(
  around: Surroundings,
  start: Endpoint,
  goal: Endpoint,
  { vlan, sentTo }: { readonly vlan: number; readonly sentTo?: string | undefined },
): ProbeFrame {
  const own = start.isHost === true ? start.link?.address : undefined;
  const from = start.mac ?? own ?? heardBehind(around, start.link) ?? locallyMadeMac();
  const to = sentTo ?? destinationOf(around, start, goal);
  const marker = Buffer.from(crypto.getRandomValues(new Uint8Array(MARKER_SIZE)));
  const [source, destination] = [addressOf(around, start, from), addressOf(around, goal, goal.mac ?? to)];
  const isIn = (frame: Buffer): boolean => frame.includes(marker);
  if (source !== undefined && destination !== undefined) {
    const datagram = encodeIpv4Datagram({
      sourceMac: from,
      destinationMac: to,
      source,
      destination,
      sourcePort: SOURCE_PORT,
      destinationPort: DISCARD,
      payload: marker,
    });
    const what = `UDP from ${source} to ${destination}, port ${DISCARD}, by ${from} to ${to}`;
    return { bytes: tagged(datagram, vlan), from, to, isRouted: true, what, isIn };
  }
  const bytes = Buffer.alloc(SHORTEST);
  for (const [place, mac] of [to, from].entries()) bytes.write(mac.replaceAll(":", ""), place * 6, "hex");
  bytes.writeUInt16BE(EXPERIMENTAL, 12);
  bytes.set(marker, 14);
  const what = `a frame of type 0x${EXPERIMENTAL.toString(16)}, by ${from} to ${to}`;
  return { bytes: tagged(bytes, vlan), from, to, isRouted: false, what, isIn };
}
