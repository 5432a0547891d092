import { attributes } from "../../../netlink/codecs/attributes.js";
import { flag32, limited, microseconds, u32, u8 } from "../../../netlink/codecs/numbers.js";
import { byteSize } from "../../../netlink/codecs/quantities.js";
import { struct } from "../../../netlink/codecs/struct.js";

/** A fair queue whose flows are kept short (TCA_FQ_CODEL_*, linux/pkt_sched.h). */
export const fqCodel = attributes("TCA_FQ_CODEL", () => ({
  target: [1, microseconds, "delay that is put up with; the kernel keeps it in steps of 1.024 µs"],
  limit: [2, u32, "packets that may wait"],
  interval: [3, microseconds, "how long the delay may last; the kernel keeps it in steps of 1.024 µs"],
  ecn: [4, flag32, "mark packets that know ECN instead of dropping them"],
  flows: [5, u32, "queues that flows are spread over; only on creation"],
  quantum: [6, limited(u32, 256, 2 ** 20), "bytes of one turn among the flows"],
  ceThreshold: [7, microseconds, "delay from which packets that know ECN are marked"],
  dropBatchSize: [8, u32, "most packets dropped at once when the limit is reached"],
  memoryLimit: [9, byteSize, "bytes that may wait"],
  ceThresholdSelector: [10, u8, "bits of the DS field for which ceThreshold holds, under the mask"],
  ceThresholdMask: [11, u8, "which bits of the DS field are compared"],
}));

/** struct tc_fq_codel_xstats of the qdisc (linux/pkt_sched.h): `type` is 0. */
export const fqCodelStatistics = struct("tc_fq_codel_xstats", {
  type: u32,
  maxpacket: u32,
  dropOverlimit: u32,
  ecnMark: u32,
  newFlowCount: u32,
  newFlowsLen: u32,
  oldFlowsLen: u32,
  ceMark: u32,
  memoryUsage: u32,
  dropOvermemory: u32,
});
