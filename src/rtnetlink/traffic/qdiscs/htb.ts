import { attributes } from "../../../netlink/codecs/attributes.js";
import { flag, pad, raw, readOnly } from "../../../netlink/codecs/codec.js";
import { limited, s32, u16, u32 } from "../../../netlink/codecs/numbers.js";
import { bitRate, byteSize } from "../../../netlink/codecs/quantities.js";
import { struct } from "../../../netlink/codecs/struct.js";
import { type OptionValues, required, restated } from "../options-by-kind.js";
import { formatHandle, parseHandle, trafficHandle } from "../traffic-handle.js";
import { bytesIn, rateOf, ratespec, ratespecOf, ticksOf } from "./ratespec.js";

/** struct tc_htb_opt (linux/pkt_sched.h): a class. The buckets are ticks at their rates. */
export const htbClassParameters = struct("tc_htb_opt", {
  rate: ratespec,
  ceil: ratespec,
  buffer: u32,
  cbuffer: u32,
  quantum: u32,
  level: u32,
  prio: u32,
});

/** struct tc_htb_glob (linux/pkt_sched.h): the qdisc. */
export const htbParameters = struct("tc_htb_glob", {
  version: u32,
  rate2quantum: u32,
  defcls: u32,
  debug: u32,
  directPkts: u32,
});

/** struct tc_htb_xstats (linux/pkt_sched.h): a class's own counters. */
export const htbStatistics = struct("tc_htb_xstats", {
  lends: u32,
  borrows: u32,
  giants: u32,
  tokens: s32,
  ctokens: s32,
});

/** The hierarchical token bucket and its classes (TCA_HTB_*, linux/pkt_sched.h). */
export const htbTable = attributes("TCA_HTB", () => ({
  parms: [1, htbClassParameters, "a class's rates and buckets"],
  init: [2, htbParameters, "the qdisc's settings"],
  ctab: [3, raw, "times at the ceiling, which the kernel no longer reads"],
  rtab: [4, raw, "times at the rate, which the kernel no longer reads"],
  directQlen: [5, u32, "packets that may wait outside of the classes"],
  rate64: [6, bitRate, "the rate, where 32 bits do not hold it"],
  ceil64: [7, bitRate, "the ceiling, where 32 bits do not hold it"],
  pad: [8, pad, "padding"],
  offload: [9, flag, "the device does the work"],
}));

/** TC_HTB_PROTOVER. */
const VERSION = 3;
/** What tc sets, too. */
const RATE_TO_QUANTUM = 10;

/** Options of an htb. */
export const htbOptions = {
  defcls: [
    trafficHandle,
    "the class of this qdisc of what no filter gives one, such as :30 or 1:30; without it, such frames pass unlimited",
  ],
  rate2quantum: [u32, "bytes per second of a class's rate for each byte of its quantum; 10 unless given"],
  directQlen: [u32, "packets that may wait outside of the classes"],
  offload: [flag, "the device does the work"],
  directPkts: [readOnly(u32), "packets that passed outside of the classes"],
} as const;

/** Options of an htb. */
export type HtbOptions = OptionValues<typeof htbOptions>;

/** The hierarchical token bucket. */
export const htb = restated(htbTable, htbOptions, {
  toWire: ({ defcls = "0:", rate2quantum = RATE_TO_QUANTUM, directQlen, offload }) => ({
    init: { version: VERSION, rate2quantum, defcls: parseHandle(defcls) % 0x10000, debug: 0, directPkts: 0 },
    directQlen,
    offload,
  }),
  fromWire({ init, directQlen, offload }) {
    if (init === undefined) return undefined;
    const { rate2quantum, defcls, directPkts } = init;
    return { defcls: defcls === 0 ? undefined : formatHandle(defcls), rate2quantum, directQlen, offload, directPkts };
  },
});

/** Options of a class of an htb. */
export const htbClassOptions = {
  rate: [bitRate, "what the class is sure to get"],
  ceil: [bitRate, "what it may borrow up to; the rate unless given"],
  burst: [byteSize, "bytes that pass at once; what the rate sends in 10 ms and one frame unless given"],
  cburst: [byteSize, "bytes that pass at once at the ceiling; the same of the ceiling unless given"],
  quantum: [u32, "bytes in one turn among classes that borrow; made from the rate unless given"],
  prio: [limited(u32, 0, 7), "who borrows first: 0 before 7"],
  mpu: [u16, "bytes that a smaller frame counts as"],
  overhead: [u16, "bytes that each frame counts in addition"],
  level: [readOnly(u32), "how far above the leaves the class is"],
} as const;

/** Options of a class of an htb. Bursts are kept in ticks of 64 ns: beyond 125 Mbit/s they read back rounded to whole ticks. */
export type HtbClassOptions = OptionValues<typeof htbClassOptions>;

/** A frame of the usual size, with its header. */
const FRAME = 1600;

function burstFor(rate: number): number {
  return Math.ceil(rate / 8 / 100) + FRAME;
}

/** A class of the hierarchical token bucket. */
export const htbClass = restated(htbTable, htbClassOptions, {
  toWire({ burst, cburst, quantum = 0, prio = 0, ...options }) {
    const rate = required(options.rate, "rate", "bits per second");
    const ceil = options.ceil ?? rate;
    const low = ratespecOf(rate, options);
    const high = ratespecOf(ceil, options);
    return {
      parms: {
        rate: low.spec,
        ceil: high.spec,
        buffer: ticksOf(burst ?? burstFor(rate), rate, "burst"),
        cbuffer: ticksOf(cburst ?? burstFor(ceil), ceil, "cburst"),
        quantum,
        level: 0,
        prio,
      },
      rate64: low.rate64,
      ceil64: high.rate64,
    };
  },
  fromWire({ parms, rate64, ceil64 }) {
    const rate = parms && rateOf(parms.rate, rate64);
    const ceil = parms && rateOf(parms.ceil, ceil64);
    if (parms === undefined || rate === undefined || ceil === undefined) return undefined;
    return {
      rate,
      ceil,
      burst: Math.floor(bytesIn(parms.buffer, rate)),
      cburst: Math.floor(bytesIn(parms.cbuffer, ceil)),
      quantum: parms.quantum,
      prio: parms.prio,
      mpu: parms.rate.mpu || undefined,
      overhead: parms.rate.overhead || undefined,
      level: parms.level,
    };
  },
});
