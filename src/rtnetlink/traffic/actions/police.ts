import { attributes } from "../../../netlink/codecs/attributes.js";
import { pad, raw, readOnly } from "../../../netlink/codecs/codec.js";
import { InputError } from "../../../base/errors.js";
import { count64, s32, u16, u32 } from "../../../netlink/codecs/numbers.js";
import { bitRate, byteSize } from "../../../netlink/codecs/quantities.js";
import { struct } from "../../../netlink/codecs/struct.js";
import { type OptionValues, required, restated } from "../options-by-kind.js";
import { bytesIn, NO_RATE, rateOf, ratespec, ratespecOf, rateTable, ticksOf } from "../qdiscs/ratespec.js";
import { actionResult, actionTimes } from "./results.js";

/** struct tc_police (linux/pkt_cls.h): the bucket is ticks at the rate. */
export const policeParameters = struct("tc_police", {
  index: u32,
  action: actionResult,
  limit: u32,
  burst: u32,
  mtu: byteSize,
  rate: ratespec,
  peakrate: ratespec,
  refcnt: s32,
  bindcnt: s32,
  capab: u32,
});

/** The action that enforces a rate (TCA_POLICE_*, linux/pkt_cls.h). */
export const policeTable = attributes("TCA_POLICE", () => ({
  tbf: [1, policeParameters, "rates and bucket, and what becomes of what exceeds them"],
  rate: [2, raw, "times at the rate, which the kernel asks for and does not use"],
  peakrate: [3, raw, "times at the peak rate, which the kernel asks for and does not use"],
  avrate: [4, u32, "an estimated rate from which everything exceeds, in bytes per second"],
  result: [5, actionResult, "what becomes of what does not exceed"],
  tm: [6, readOnly(actionTimes), "times"],
  pad: [7, pad, "padding"],
  rate64: [8, bitRate, "the rate, where 32 bits do not hold it"],
  peakrate64: [9, bitRate, "the peak rate, where 32 bits do not hold it"],
  pktrate64: [10, count64, "packets per second that pass"],
  pktburst64: [11, count64, "the packets' bucket, in ticks"],
}));

/** Options of a police. */
export const policeOptions = {
  rate: [bitRate, "what passes in the long run"],
  burst: [byteSize, "bytes that pass at once; a larger packet, or a GSO packet of a guest, never passes"],
  exceed: [actionResult, "what becomes of what exceeds the rate; drop unless given"],
  conform: [actionResult, "what becomes of the rest; pass unless given"],
  mtu: [byteSize, "a larger frame exceeds; 2040 unless given"],
  peakrate: [bitRate, "what passes while the burst lasts; above the rate"],
  avrate: [u32, "an estimated rate from which everything exceeds, in bytes per second"],
  mpu: [u16, "bytes that a smaller frame counts as"],
  overhead: [u16, "bytes that each frame counts in addition"],
  index: [u32, "number of the action; one that exists is shared"],
  refcnt: [readOnly(s32), "who refers to the action"],
  bindcnt: [readOnly(s32), "filters that have the action"],
  pktrate64: [readOnly(count64), "packets per second that pass"],
  tm: [readOnly(actionTimes), "times"],
} as const;

/** Options of a police. The burst is kept in ticks of 64 ns: beyond 125 Mbit/s it reads back rounded to whole ticks. */
export type PoliceOptions = OptionValues<typeof policeOptions>;

/** The action that enforces a rate. */
export const police = restated(policeTable, policeOptions, {
  toWire({ exceed = "drop", conform, mtu, peakrate, avrate, index = 0, ...options }) {
    const rate = required(options.rate, "rate", "bits per second");
    const burst = ticksOf(required(options.burst, "burst", "bytes that pass at once"), rate, "burst");
    if (peakrate !== undefined && mtu === undefined) throw new InputError("a peakrate needs it", "mtu");
    const low = ratespecOf(rate, options);
    const peak = peakrate === undefined ? { spec: NO_RATE, rate64: undefined } : ratespecOf(peakrate, options);
    const largest = peakrate === undefined ? (mtu ?? 0) : mtu!;
    return {
      tbf: {
        ...{ index, action: exceed, limit: 0, burst, mtu: largest, rate: low.spec, peakrate: peak.spec },
        ...{ refcnt: 0, bindcnt: 0, capab: 0 },
      },
      rate: rateTable(low.spec, rate),
      peakrate: peakrate === undefined ? undefined : rateTable(peak.spec, peakrate),
      avrate,
      result: conform,
      rate64: low.rate64,
      peakrate64: peak.rate64,
    };
  },
  fromWire({ tbf, result = "pass", avrate, rate64, peakrate64, pktrate64, tm }) {
    if (tbf === undefined) return undefined;
    const rate = rateOf(tbf.rate, rate64);
    return {
      rate,
      burst: rate === undefined ? undefined : Math.floor(bytesIn(tbf.burst, rate)),
      exceed: tbf.action,
      conform: result,
      mtu: tbf.mtu,
      peakrate: rateOf(tbf.peakrate, peakrate64),
      avrate,
      mpu: tbf.rate.mpu || undefined,
      overhead: tbf.rate.overhead || undefined,
      index: tbf.index,
      refcnt: tbf.refcnt,
      bindcnt: tbf.bindcnt,
      pktrate64,
      tm,
    };
  },
});
