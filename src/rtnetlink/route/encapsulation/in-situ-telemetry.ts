import { attributes } from "../../../netlink/codecs/attributes.js";
import { mapped } from "../../../netlink/codecs/codec.js";
import { InputError } from "../../../base/errors.js";
import { ipv6 } from "../../../netlink/codecs/internet.js";
import { be16, be32, u32, u8 } from "../../../netlink/codecs/numbers.js";
import { parseSize } from "../../../netlink/codecs/quantities.js";
import { struct } from "../../../netlink/codecs/struct.js";
import { bits, words } from "../../../netlink/codecs/words.js";

/** How packets get the trace (IOAM6_IPTUNNEL_MODE_*, linux/ioam6_iptunnel.h). */
export const telemetryMode = words(u8, { inline: 1, encap: 2, auto: 3 });

/** What each host adds to a trace (RFC 9197, 4.4.1): the bits of struct ioam6_trace_hdr, linux/ioam6.h. */
export const traceType = bits(be32, {
  opaqueState: 2 ** 9,
  bufferOccupancy: 2 ** 20,
  namespaceDataWide: 2 ** 21,
  linksWide: 2 ** 22,
  hopLimitAndNodeWide: 2 ** 23,
  checksumComplement: 2 ** 24,
  queueDepth: 2 ** 25,
  namespaceData: 2 ** 26,
  transitDelay: 2 ** 27,
  timestampFraction: 2 ** 28,
  timestampSeconds: 2 ** 29,
  links: 2 ** 30,
  hopLimitAndNode: 2 ** 31,
});

const UNIT = 4;
const MOST_BYTES = 244;

/** Bytes, in whole 4 on the wire. */
const traceSize = mapped<number, number>(u8, {
  type: "u8 of 4 bytes",
  words: "SIZE",
  toWire(size) {
    if (!Number.isInteger(size / UNIT) || size < 0 || size > MOST_BYTES)
      throw new InputError(`${String(size)} is not a size up to ${MOST_BYTES} in whole ${UNIT} bytes`);
    return size / UNIT;
  },
  fromWire: (units) => (units & 0x7f) * UNIT,
  parse: parseSize,
});

/** struct ioam6_trace_hdr (linux/ioam6.h); how much a host adds follows from `type`. */
export const traceHeader = struct(
  "ioam6_trace_hdr",
  { namespaceId: be16, size: traceSize, type: traceType },
  { gaps: { size: 1 } },
);

/** A trace that packets of IPv6 get (IOAM6_IPTUNNEL_*, linux/ioam6_iptunnel.h; RFC 9486). */
export const telemetry = attributes("IOAM6_IPTUNNEL", () => ({
  mode: [1, telemetryMode, "whether it is put into packets, or into a header before them"],
  dst: [2, ipv6, "where that header leads; not of mode inline"],
  trace: [3, traceHeader, "the trace: its namespace, the room that it takes, and what each host adds"],
  freqK: [4, u32, "so many packets get it, of `freqN`"],
  freqN: [5, u32, "1 to 1000000; all packets get it unless both are given"],
  src: [6, ipv6, "where that header comes from; the kernel chooses unless given"],
}));
