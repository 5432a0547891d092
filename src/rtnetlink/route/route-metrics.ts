import { attributes, type Values } from "../../netlink/codecs/attributes.js";
import { type Codec, mapped, rounded, text } from "../../netlink/codecs/codec.js";
import { InputError, quoted } from "../../base/errors.js";
import { flag32, isWithin, limited, milliseconds, u32 } from "../../netlink/codecs/numbers.js";
import { parseDuration } from "../../netlink/codecs/duration.js";
import { bits } from "../../netlink/codecs/words.js";

/** Milliseconds, as a 32-bit number of parts of one. */
function partsOfMillisecond(parts: number): Codec<number> {
  const most = (2 ** 32 - 1) / parts;
  const codec = mapped<number, number>(u32, {
    words: "DURATION",
    toWire(value) {
      if (!isWithin(value, 0, most)) throw new InputError(`${quoted(value)} is not a duration from 0 to ${most} ms`);
      return Math.round(value * parts);
    },
    fromWire: (wire) => wire / parts,
    parse: parseDuration,
  });
  return rounded(codec, `1/${parts} of a millisecond`);
}

/** What TCP and others are told of a route (RTAX_*, linux/rtnetlink.h). Durations are milliseconds, sizes bytes. */
export const routeMetrics = attributes("RTAX", () => ({
  lock: [
    1,
    bits(u32, {
      mtu: 1 << 2,
      window: 1 << 3,
      rtt: 1 << 4,
      rttvar: 1 << 5,
      ssthresh: 1 << 6,
      cwnd: 1 << 7,
      advmss: 1 << 8,
      reordering: 1 << 9,
      hoplimit: 1 << 10,
      initcwnd: 1 << 11,
      features: 1 << 12,
      rtoMin: 1 << 13,
      initrwnd: 1 << 14,
      quickack: 1 << 15,
      ccAlgo: 1 << 16,
      fastopenNoCookie: 1 << 17,
    }),
    "metrics that the kernel does not adapt",
  ],
  mtu: [2, limited(u32, 0, 65520), "largest packet"],
  window: [3, u32, "largest window that is advertised"],
  rtt: [4, partsOfMillisecond(8), "first estimate of the round trip"],
  rttvar: [5, partsOfMillisecond(4), "first estimate of its variance"],
  ssthresh: [6, u32, "first slow start threshold, in segments"],
  cwnd: [7, u32, "largest congestion window, in segments; it must be locked"],
  advmss: [8, limited(u32, 0, 65495), "segment size that is advertised"],
  reordering: [9, u32, "reordering that is expected, in segments"],
  hoplimit: [10, limited(u32, 0, 255), "hop limit of packets"],
  initcwnd: [11, u32, "first congestion window, in segments"],
  features: [
    12,
    bits(u32, { ecn: 1 << 0, sack: 1 << 1, timestamp: 1 << 2, allfrag: 1 << 3, tcpUsecTs: 1 << 4 }),
    "features that are asked for",
  ],
  rtoMin: [13, milliseconds, "shortest time until something is sent again"],
  initrwnd: [14, u32, "first receive window, in segments"],
  quickack: [15, flag32, "acknowledge at once", { since: "3.11" }],
  ccAlgo: [16, text(15), "congestion control, such as cubic", { since: "4.0" }],
  fastopenNoCookie: [17, flag32, "TCP Fast Open without a cookie", { since: "4.15" }],
}));

/** Metrics of a route. */
export type RouteMetrics = Values<typeof routeMetrics>;
