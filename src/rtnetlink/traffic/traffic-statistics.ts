import { attributes, type Values } from "../../netlink/codecs/attributes.js";
import { pad, readOnly, superseded } from "../../netlink/codecs/codec.js";
import { count64, s8, u32, u8 } from "../../netlink/codecs/numbers.js";
import { struct } from "../../netlink/codecs/struct.js";

/** struct gnet_stats_basic (linux/gen_stats.h). */
export const basicStatistics = struct("gnet_stats_basic", { bytes: count64, packets: u32 });

/** struct gnet_stats_rate_est (linux/gen_stats.h): bytes and packets per second. */
export const rateEstimate = struct("gnet_stats_rate_est", { bps: u32, pps: u32 });

/** struct gnet_stats_rate_est64 (linux/gen_stats.h): bytes and packets per second. */
export const rateEstimate64 = struct("gnet_stats_rate_est64", { bps: count64, pps: count64 });

/** struct gnet_stats_queue (linux/gen_stats.h). */
export const queueStatistics = struct("gnet_stats_queue", {
  qlen: u32,
  backlog: u32,
  drops: u32,
  requeues: u32,
  overlimits: u32,
});

/** struct gnet_estimator (linux/gen_stats.h): averages are made every 2^(interval + 2) quarters of a second. */
export const estimator = struct("gnet_estimator", { interval: s8, ewmaLog: u8 });

/** Counters of a qdisc, class or action (TCA_STATS_*, linux/gen_stats.h). */
export const statisticsTable = attributes("TCA_STATS", () => ({
  basic: [1, readOnly(basicStatistics), "what passed"],
  rateEst: [2, readOnly(rateEstimate), "what passes in a second, in 32 bits"],
  queue: [3, readOnly(queueStatistics), "what waits and what was dropped"],
  app: [4, superseded, "the kind's own counters: xstats, too"],
  rateEst64: [5, readOnly(rateEstimate64), "what passes in a second"],
  pad: [6, pad, "padding"],
  basicHw: [7, readOnly(basicStatistics), "what passed in hardware"],
  pkt64: [8, readOnly(count64), "packets that passed, in 64 bits"],
}));

/** What a qdisc, a class or an action has counted. */
export interface TrafficStatistics {
  /** What passed. */
  bytes: number;
  packets: number;
  drops: number;
  /** How often something had to wait or was dropped because a rate was exceeded. */
  overlimits: number;
  requeues: number;
  /** Packets that wait. */
  qlen: number;
  /** Bytes that wait. */
  backlog: number;
  /** Bits per second, where an estimator runs. */
  rate?: number | undefined;
  /** Packets per second, where an estimator runs. */
  packetRate?: number | undefined;
}

/** Counters in one object. */
export function statisticsOf(values: Values<typeof statisticsTable> | undefined): TrafficStatistics | undefined {
  if (values?.basic === undefined) return undefined;
  const { basic, queue, pkt64 } = values;
  const estimate = values.rateEst64 ?? values.rateEst;
  const { drops = 0, overlimits = 0, requeues = 0, qlen = 0, backlog = 0 } = queue ?? {};
  return {
    bytes: basic.bytes,
    packets: pkt64 ?? basic.packets,
    ...{ drops, overlimits, requeues, qlen, backlog },
    rate: estimate && estimate.bps * 8,
    packetRate: estimate?.pps,
  };
}
