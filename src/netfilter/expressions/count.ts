import { attributes } from "../../netlink/codecs/attributes.js";
import { pad, text } from "../../netlink/codecs/codec.js";
import { be16, be32, beCount64 } from "../../netlink/codecs/numbers.js";
import { bits, words } from "../../netlink/codecs/words.js";

/** Counts packets (NFTA_COUNTER_*). */
export const counter = attributes("NFTA_COUNTER", () => ({
  bytes: [1, beCount64, "bytes so far"],
  packets: [2, beCount64, "packets so far"],
  pad: [3, pad, "padding"],
}));

/** Goes on only as often as a rate allows (NFTA_LIMIT_*). */
export const limit = attributes("NFTA_LIMIT", () => ({
  rate: [1, beCount64, "packets or bytes in each unit of time"],
  unit: [2, beCount64, "that time in seconds"],
  burst: [3, be32, "how many more at once"],
  type: [4, words(be32, { pkts: 0, pktBytes: 1 }), "packets or bytes"],
  flags: [5, bits(be32, { inv: 1 }), "go on only above the rate"],
  pad: [6, pad, "padding"],
}));

/** Goes on only as long as so many bytes are not used up (NFTA_QUOTA_*). */
export const quota = attributes("NFTA_QUOTA", () => ({
  bytes: [1, beCount64, "bytes that may pass"],
  flags: [2, bits(be32, { inv: 1, depleted: 2 }), "go on only above it; it is used up"],
  pad: [3, pad, "padding"],
  consumed: [4, beCount64, "bytes that have passed"],
}));

/** Goes on only as long as there are no more connections (NFTA_CONNLIMIT_*). */
export const connlimit = attributes("NFTA_CONNLIMIT", () => ({
  count: [1, be32, "how many connections"],
  flags: [2, bits(be32, { inv: 1 }), "go on only above it"],
}));

/** Remembers when a packet came last (NFTA_LAST_*). */
export const last = attributes("NFTA_LAST", () => ({
  set: [1, be32, "1 if one came at all"],
  msecs: [2, beCount64, "how many milliseconds ago"],
  pad: [3, pad, "padding"],
}));

/** Writes packets to a log (NFTA_LOG_*). */
export const log = attributes("NFTA_LOG", () => ({
  group: [1, be16, "group of NETLINK_NETFILTER's log; the kernel's log without one"],
  prefix: [2, text(127), "what stands before each"],
  snaplen: [3, be32, "how many bytes of a packet"],
  qthreshold: [4, be16, "packets that are sent together"],
  level: [
    5,
    words(be32, { emerg: 0, alert: 1, crit: 2, err: 3, warning: 4, notice: 5, info: 6, debug: 7, audit: 8 }),
    "level of the kernel's log",
  ],
  flags: [
    6,
    bits(be32, { tcpseq: 0x1, tcpopt: 0x2, ipopt: 0x4, uid: 0x8, nflog: 0x10, macdecode: 0x20 }),
    "what else is written",
  ],
}));
