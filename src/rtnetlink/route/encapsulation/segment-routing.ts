import { attributes } from "../../../netlink/codecs/attributes.js";
import type { Bytes, Writer } from "../../../netlink/codecs/bytes.js";
import { type Codec, pad, text, unspoken } from "../../../netlink/codecs/codec.js";
import { InputError } from "../../../base/errors.js";
import { checkObject } from "../../../base/input.js";
import { ipv4, ipv6 } from "../../../netlink/codecs/internet.js";
import { nest } from "../../../netlink/codecs/nests.js";
import { count64, u32, u8 } from "../../../netlink/codecs/numbers.js";
import { bits, words } from "../../../netlink/codecs/words.js";

/** What becomes of a packet that gets segments (SEG6_IPTUN_MODE_*, linux/seg6_iptunnel.h). */
export const segmentMode = words(u32, { inline: 0, encap: 1, l2encap: 2, encapRed: 3, l2encapRed: 4 });

const HEADER_SIZE = 8;
const ADDRESS_SIZE = 16;
const ROUTING_TYPE = 4;
const MOST_SEGMENTS = 127;
const NO_SIBLINGS = {};
const NOWHERE = "::";

function checkSegments(segments: unknown): asserts segments is readonly string[] {
  if (!Array.isArray(segments) || segments.length === 0 || segments.length > MOST_SEGMENTS)
    throw new InputError(`not a list of 1 to ${MOST_SEGMENTS} IPv6 addresses`);
}

/** struct ipv6_sr_hdr (linux/seg6.h; RFC 8754, 2): the last segment comes first. */
function writeHeader(writer: Writer, segments: readonly string[]): void {
  const last = segments.length - 1;
  for (const byte of [0, segments.length * 2, ROUTING_TYPE, last, last, 0, 0, 0]) writer.u8(byte);
  for (const segment of [...segments].reverse()) ipv6.write(writer, segment, NO_SIBLINGS);
}

/** Undefined for a header with more than segments in it, such as a signature. */
function readHeader(bytes: Bytes, offset: number, length: number): string[] | undefined {
  const count = (length - HEADER_SIZE) / ADDRESS_SIZE;
  const { buffer } = bytes;
  const plain = buffer[offset + 4] === count - 1 && buffer[offset + 5] === 0 && buffer.readUInt16BE(offset + 6) === 0;
  if (!Number.isInteger(count) || count < 1 || buffer[offset + 2] !== ROUTING_TYPE || !plain) return undefined;
  return Array.from({ length: count }, (_, place) => {
    const at = offset + HEADER_SIZE + (count - 1 - place) * ADDRESS_SIZE;
    return ipv6.read(bytes, at, ADDRESS_SIZE, NO_SIBLINGS)!;
  });
}

/** The segments that packets pass, the first one first. */
export const segmentList: Codec<readonly string[]> = {
  type: "struct ipv6_sr_hdr",
  words: "IPv6,…",
  write(writer, segments) {
    checkSegments(segments);
    writeHeader(writer, segments);
  },
  read: (bytes, offset, length) => (length < HEADER_SIZE ? undefined : readHeader(bytes, offset, length)),
  parse: (word) => word.split(",").map((part) => ipv6.parse(part)),
};

/** Segments, and how packets get them. */
export interface Segments {
  mode: NonNullable<ReturnType<typeof segmentMode.parse>>;
  /** The segments that packets pass, the first one first; with `inline`, the packet's own destination follows. */
  segments: readonly string[];
}

/** struct seg6_iptunnel_encap (linux/seg6_iptunnel.h). Inline, a place is kept for the packet's own destination. */
const segments: Codec<Segments> & { readonly fields: object } = {
  type: "struct seg6_iptunnel_encap",
  fields: { mode: segmentMode, segments: segmentList },
  words: "",
  write(writer, value) {
    checkObject(value);
    const { mode, segments: list } = value;
    checkSegments(list);
    segmentMode.write(writer, mode, NO_SIBLINGS);
    writeHeader(writer, mode === "inline" ? [...list, NOWHERE] : list);
  },
  read(bytes, offset, length) {
    if (length < 4 + HEADER_SIZE) return undefined;
    const mode = segmentMode.read(bytes, offset, 4, NO_SIBLINGS);
    const list = readHeader(bytes, offset + 4, length - 4);
    if (mode === undefined || list === undefined) return undefined;
    return { mode, segments: mode === "inline" && list.at(-1) === NOWHERE ? list.slice(0, -1) : list };
  },
  parse: unspoken("struct"),
};

/** Segments that packets get (SEG6_IPTUNNEL_*, linux/seg6_iptunnel.h). */
export const segmentEncapsulation = attributes("SEG6_IPTUNNEL", () => ({
  srh: [1, segments, "the segments, and how packets get them"],
}));

/** What is done with a packet at its segment (SEG6_LOCAL_ACTION_*, linux/seg6_local.h; RFC 8986, 4). */
export const segmentAction = words(u32, {
  end: 1,
  endX: 2,
  endT: 3,
  endDx2: 4,
  endDx6: 5,
  endDx4: 6,
  endDt6: 7,
  endDt4: 8,
  endB6: 9,
  endB6Encap: 10,
  endBm: 11,
  endS: 12,
  endAs: 13,
  endAm: 14,
  endBpf: 15,
  endDt46: 16,
});

/** What a segment has counted (SEG6_LOCAL_CNT_*, linux/seg6_local.h). Given as zeros, it is to count. */
export const segmentCounters = attributes("SEG6_LOCAL_CNT", () => ({
  pad: [1, pad, "padding"],
  packets: [2, count64, "packets"],
  bytes: [3, count64, "their bytes"],
  errors: [4, count64, "packets that were dropped"],
}));

/** How the segments' header is treated (SEG6_LOCAL_FLV_OP_*, linux/seg6_local.h; RFC 8986, 4.16): a bit each. */
export const segmentFlavour = bits(u32, { psp: 1 << 1, usp: 1 << 2, usd: 1 << 3, nextCsid: 1 << 4 });

/** The flavours of an action (SEG6_LOCAL_FLV_*, linux/seg6_local.h). */
export const segmentFlavours = attributes("SEG6_LOCAL_FLV", () => ({
  operation: [1, segmentFlavour, "the flavours"],
  lcblockBits: [2, u8, "bits of the block of a compressed segment"],
  lcnodeFnBits: [3, u8, "bits of its node and function"],
}));

/** The program of a segment (SEG6_LOCAL_BPF_PROG_*, linux/seg6_local.h). */
export const localSegmentProgram = attributes("SEG6_LOCAL_BPF_PROG", () => ({
  prog: [1, u32, "its descriptor when it is given, its id when it is reported", "SEG6_LOCAL_BPF_PROG"],
  name: [2, text(255), "what it is called"],
}));

/** A segment of this host (SEG6_LOCAL_*, linux/seg6_local.h). */
export const localSegment = attributes("SEG6_LOCAL", () => ({
  action: [1, segmentAction, "what is done with the packet"],
  srh: [2, segmentList, "further segments that it gets"],
  table: [3, u32, "the routing table that it goes by"],
  nh4: [4, ipv4, "the IPv4 gateway that it goes to"],
  nh6: [5, ipv6, "the IPv6 gateway that it goes to"],
  iif: [6, u32, "index of the link that it seems to come from"],
  oif: [7, u32, "index of the link that it leaves by"],
  bpf: [8, nest(localSegmentProgram), "the program that decides"],
  vrftable: [9, u32, "the table of the VRF that it goes by"],
  counters: [10, nest(segmentCounters), "what it has counted"],
  flavors: [11, nest(segmentFlavours), "how its header is treated"],
}));
