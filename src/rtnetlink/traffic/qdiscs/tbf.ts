import { attributes } from "../../../netlink/codecs/attributes.js";
import { pad, raw } from "../../../netlink/codecs/codec.js";
import { InputError } from "../../../base/errors.js";
import { u16, u32 } from "../../../netlink/codecs/numbers.js";
import { bitRate, byteSize } from "../../../netlink/codecs/quantities.js";
import { struct } from "../../../netlink/codecs/struct.js";
import { type OptionValues, required, restated } from "../options-by-kind.js";
import { bytesIn, NO_RATE, rateOf, type Ratespec, ratespec, ratespecOf, ticksOf } from "./ratespec.js";

/** struct tc_tbf_qopt (linux/pkt_sched.h): the buckets are ticks at their rates. */
export const tbfParameters = struct("tc_tbf_qopt", {
  rate: ratespec,
  peakrate: ratespec,
  limit: byteSize,
  buffer: u32,
  mtu: u32,
});

/** The token bucket filter (TCA_TBF_*, linux/pkt_sched.h). */
export const tbfTable = attributes("TCA_TBF", () => ({
  parms: [1, tbfParameters, "rates, buckets and queue"],
  rtab: [2, raw, "times at the rate, which the kernel no longer reads"],
  ptab: [3, raw, "times at the peak rate, which the kernel no longer reads"],
  rate64: [4, bitRate, "the rate, where 32 bits do not hold it"],
  prate64: [5, bitRate, "the peak rate, where 32 bits do not hold it"],
  burst: [6, byteSize, "bytes in the bucket"],
  pburst: [7, byteSize, "bytes in the peak rate's bucket"],
  pad: [8, pad, "padding"],
}));

/** Options of a tbf. */
export const tbfOptions = {
  rate: [bitRate, "what passes in the long run"],
  burst: [byteSize, "bytes that pass at once; at least one frame"],
  limit: [byteSize, "bytes that may wait"],
  peakrate: [bitRate, "what passes while the burst lasts; above the rate"],
  pburst: [byteSize, "bytes that pass at once at the peak rate; at least one frame"],
  mpu: [u16, "bytes that a smaller frame counts as"],
  overhead: [u16, "bytes that each frame counts in addition"],
} as const;

/** Options of a tbf. The burst is kept in ticks of 64 ns: beyond 125 Mbit/s it reads back rounded to whole ticks. */
export type TbfOptions = OptionValues<typeof tbfOptions>;

/** The kernel makes a bucket for one frame of the burst's size, with what each frame counts in addition (psched_l2t_ns). */
function burstIn(ticks: number, rate: number, { overhead }: Ratespec): number {
  return Math.max(0, Math.ceil(bytesIn(ticks, rate)) - overhead);
}

/** The token bucket filter: lets pass what a rate allows, and keeps the rest waiting. */
export const tbf = restated(tbfTable, tbfOptions, {
  toWire({ limit, peakrate, pburst, ...options }) {
    const rate = required(options.rate, "rate", "bits per second");
    const burst = required(options.burst, "burst", "bytes that pass at once");
    const { spec, rate64 } = ratespecOf(rate, options);
    const buffer = ticksOf(burst, rate, "burst");
    const waiting = required(limit, "limit", "bytes that may wait");
    if (peakrate === undefined) {
      if (pburst !== undefined) throw new InputError("it belongs to a peakrate", "pburst");
      return { parms: { rate: spec, peakrate: NO_RATE, limit: waiting, buffer, mtu: 0 }, rate64, burst };
    }
    const peak = ratespecOf(peakrate, options);
    const least = required(pburst, "pburst", "bytes that pass at once at the peak rate");
    const mtu = ticksOf(least, peakrate, "pburst");
    return {
      parms: { rate: spec, peakrate: peak.spec, limit: waiting, buffer, mtu },
      rate64,
      prate64: peak.rate64,
      burst,
      pburst: least,
    };
  },
  fromWire({ parms, rate64, prate64 }) {
    const rate = parms && rateOf(parms.rate, rate64);
    if (parms === undefined || rate === undefined) return undefined;
    const peakrate = rateOf(parms.peakrate, prate64);
    return {
      rate,
      burst: burstIn(parms.buffer, rate, parms.rate),
      limit: parms.limit,
      peakrate,
      pburst: peakrate === undefined ? undefined : burstIn(parms.mtu, peakrate, parms.peakrate),
      mpu: parms.rate.mpu || undefined,
      overhead: parms.rate.overhead || undefined,
    };
  },
});
