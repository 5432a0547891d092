import { attributes, type Values } from "../../netlink/codecs/attributes.js";
import { type Codec, pad, readOnly, text } from "../../netlink/codecs/codec.js";
import type { MessageType } from "../../netlink/message.js";
import { nest } from "../../netlink/codecs/nests.js";
import { count64, milliseconds, u16, u32, u8 } from "../../netlink/codecs/numbers.js";
import { parseDuration } from "../../netlink/codecs/duration.js";
import { struct, type StructValues } from "../../netlink/codecs/struct.js";
import { messageType } from "../protocol/message-types.js";

/** struct ndtmsg (linux/neighbour.h). */
export const ndtmsg = struct("ndtmsg", { family: u8 }, { tail: 3 });

/** struct ndt_config (linux/neighbour.h). Times are milliseconds since then. */
export const neighbourTableConfig = struct("ndt_config", {
  keyLen: u16,
  entrySize: u16,
  entries: u32,
  lastFlush: milliseconds,
  lastRand: milliseconds,
  hashRnd: u32,
  hashMask: u32,
  hashChainGc: u32,
  proxyQlen: u32,
});

/** struct ndt_stats (linux/neighbour.h); kernels before 4.3 lack the last. */
export const neighbourTableCounters = struct(
  "ndt_stats",
  {
    allocs: count64,
    destroys: count64,
    hashGrows: count64,
    resFailed: count64,
    lookups: count64,
    hits: count64,
    rcvProbesMcast: count64,
    rcvProbesUcast: count64,
    periodicGcRuns: count64,
    forcedGcRuns: count64,
    tableFulls: count64,
  },
  { optional: 1 },
);

/** Milliseconds, in 64 bits. */
const milliseconds64: Codec<number> = { ...count64, words: "DURATION", parse: parseDuration };

/** How neighbours are looked for, on one link or by default (NDTPA_*, linux/neighbour.h). Durations are milliseconds. */
export const neighbourParameters = attributes("NDTPA", () => ({
  ifindex: [1, u32, "index of the link; absent for the default"],
  refcnt: [2, readOnly(u32), "who refers to them"],
  reachableTime: [3, readOnly(milliseconds64), "how long an answer is trusted, as it was last drawn"],
  baseReachableTime: [4, milliseconds64, "how long an answer is trusted, on average"],
  retransTime: [5, milliseconds64, "between probes"],
  gcStaletime: [6, milliseconds64, "after which an entry may be thrown away"],
  delayProbeTime: [7, milliseconds64, "before a first probe"],
  queueLen: [8, u32, "packets that wait for an answer, as the kernel computes them"],
  appProbes: [9, u32, "probes by a program"],
  ucastProbes: [10, u32, "unicast probes"],
  mcastProbes: [11, u32, "multicast probes"],
  anycastDelay: [12, milliseconds64, "most time before a solicitation to an anycast address is answered"],
  proxyDelay: [13, milliseconds64, "most time before one to a proxy is answered"],
  proxyQlen: [14, u32, "requests to a proxy that wait"],
  locktime: [15, milliseconds64, "least time before an entry is replaced"],
  queueLenbytes: [16, u32, "bytes that wait for an answer", { since: "3.3" }],
  mcastReprobes: [17, u32, "multicast probes after unicast ones failed", { since: "4.1" }],
  pad: [18, pad, "padding"],
  intervalProbeTime: [
    19,
    milliseconds64,
    "between probes of managed entries",
    { name: "NDTPA_INTERVAL_PROBE_TIME_MS", since: "6.0" },
  ],
}));

/** A table of neighbours: one for each family (NDTA_*, linux/neighbour.h). Durations are milliseconds. */
export const neighbourTable = attributes("NDTA", () => ({
  name: [1, text(), "such as arp_cache"],
  thresh1: [2, u32, "entries that are never thrown away", "NDTA_THRESH1"],
  thresh2: [3, u32, "entries above which they are, after 5 s", "NDTA_THRESH2"],
  thresh3: [4, u32, "most entries", "NDTA_THRESH3"],
  config: [5, readOnly(neighbourTableConfig), "what it looks like now"],
  parms: [6, nest(neighbourParameters), "how neighbours are looked for"],
  stats: [7, readOnly(neighbourTableCounters), "counters"],
  gcInterval: [8, milliseconds64, "between looks for what may be thrown away"],
  pad: [9, pad, "padding"],
}));

export type NeighbourTableValues = Values<typeof neighbourTable>;
export type NeighbourTableHeader = StructValues<(typeof ndtmsg)["fields"]>;

function tableMessage(
  name: string,
  type: number,
): MessageType<NeighbourTableHeader, (typeof neighbourTable)["entries"]> {
  return messageType({ name, type, header: ndtmsg, attributes: neighbourTable });
}

export const RTM_NEWNEIGHTBL = tableMessage("RTM_NEWNEIGHTBL", 64);
export const RTM_GETNEIGHTBL = tableMessage("RTM_GETNEIGHTBL", 66);
export const RTM_SETNEIGHTBL = tableMessage("RTM_SETNEIGHTBL", 67);
