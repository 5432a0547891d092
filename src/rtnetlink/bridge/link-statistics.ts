import { attributes, type Values } from "../../netlink/codecs/attributes.js";
import { pad, readOnly, several } from "../../netlink/codecs/codec.js";
import type { MessageType } from "../../netlink/message.js";
import { nest } from "../../netlink/codecs/nests.js";
import { count64, flag8, u16, u32, u8 } from "../../netlink/codecs/numbers.js";
import { struct, type StructValues } from "../../netlink/codecs/struct.js";
import { bits } from "../../netlink/codecs/words.js";
import { vlanFlags } from "./bridge-vlan.js";
import { AF_MPLS } from "../protocol/families.js";
import { statistics64 } from "../link/link-attributes.js";
import { messageType } from "../protocol/message-types.js";

/** Which counters are asked for: IFLA_STATS_FILTER_BIT of IFLA_STATS_* (linux/if_link.h). */
export const statisticsFilter = bits(u32, {
  link64: 0x1,
  linkXstats: 0x2,
  linkXstatsPort: 0x4,
  linkOffloadXstats: 0x8,
  afSpec: 0x10,
});

/** struct if_stats_msg (linux/if_link.h): what stands before the attributes of counters. */
export const ifStatsMsg = struct(
  "if_stats_msg",
  { family: u8, index: u32, filterMask: statisticsFilter },
  { gaps: { index: 3 } },
);

/** struct bridge_vlan_xstats (linux/if_bridge.h): what passed in a VLAN. */
export const bridgeVlanCounters = struct(
  "bridge_vlan_xstats",
  { rxBytes: count64, rxPackets: count64, txBytes: count64, txPackets: count64, vid: u16, flags: vlanFlags },
  { tail: 4 },
);

/** Two counters of struct br_mcast_stats (BR_MCAST_DIR_*, linux/if_bridge.h). */
const bothWays = struct("both directions", { rx: count64, tx: count64 });

/** struct br_mcast_stats (linux/if_bridge.h): IGMP, MLD, and multicast itself. */
export const bridgeMulticastCounters = struct("br_mcast_stats", {
  igmpV1queries: bothWays,
  igmpV2queries: bothWays,
  igmpV3queries: bothWays,
  igmpLeaves: bothWays,
  igmpV1reports: bothWays,
  igmpV2reports: bothWays,
  igmpV3reports: bothWays,
  igmpParseErrors: count64,
  mldV1queries: bothWays,
  mldV2queries: bothWays,
  mldLeaves: bothWays,
  mldV1reports: bothWays,
  mldV2reports: bothWays,
  mldParseErrors: count64,
  mcastBytes: bothWays,
  mcastPackets: bothWays,
});

/** struct bridge_stp_xstats (linux/if_bridge.h): the spanning tree on a port. */
export const bridgeSpanningTreeCounters = struct("bridge_stp_xstats", {
  transitionBlk: count64,
  transitionFwd: count64,
  rxBpdu: count64,
  txBpdu: count64,
  rxTcn: count64,
  txTcn: count64,
});

/** Counters of a bridge, or of one of its ports (BRIDGE_XSTATS_*, linux/if_bridge.h). */
export const bridgeCounters = attributes("BRIDGE_XSTATS", () => ({
  vlan: [1, readOnly(several(bridgeVlanCounters)), "what passed, a VLAN each"],
  mcast: [2, readOnly(bridgeMulticastCounters), "IGMP, MLD and multicast"],
  pad: [3, pad, "padding"],
  stp: [4, readOnly(bridgeSpanningTreeCounters), "the port's spanning tree"],
}));

/** Frames of the link aggregation protocol (BOND_3AD_STAT_*, linux/if_bonding.h). */
export const bondAggregationCounters = attributes("BOND_3AD_STAT", () => ({
  lacpduRx: [0, readOnly(count64), "LACP frames received"],
  lacpduTx: [1, readOnly(count64), "LACP frames sent"],
  lacpduUnknownRx: [2, readOnly(count64), "frames received of another protocol"],
  lacpduIllegalRx: [3, readOnly(count64), "frames received that cannot be right"],
  markerRx: [4, readOnly(count64), "markers received"],
  markerTx: [5, readOnly(count64), "markers sent"],
  markerRespRx: [6, readOnly(count64), "answers to markers received"],
  markerRespTx: [7, readOnly(count64), "answers to markers sent"],
  markerUnknownRx: [8, readOnly(count64), "markers received of an unknown kind"],
  pad: [9, pad, "padding"],
}));

/** Counters of a bond, or of one of its ports (BOND_XSTATS_*, linux/if_bonding.h). */
export const bondCounters = attributes("BOND_XSTATS", () => ({
  "3ad": [1, readOnly(nest(bondAggregationCounters)), "the link aggregation protocol", "BOND_XSTATS_3AD"],
}));

/** Counters of a kind of link (LINK_XSTATS_TYPE_*, linux/if_link.h). */
export const kindCounters = attributes("LINK_XSTATS_TYPE", () => ({
  bridge: [1, readOnly(nest(bridgeCounters)), "of a bridge"],
  bond: [2, readOnly(nest(bondCounters)), "of a bond"],
}));

/** struct rtnl_hw_stats64 (linux/if_link.h): what hardware forwarded by itself. */
export const hardwareCounters = struct("rtnl_hw_stats64", {
  rxPackets: count64,
  txPackets: count64,
  rxBytes: count64,
  txBytes: count64,
  rxErrors: count64,
  txErrors: count64,
  rxDropped: count64,
  txDropped: count64,
  multicast: count64,
});

/** Whether hardware counts (IFLA_OFFLOAD_XSTATS_HW_S_INFO_*, linux/if_link.h). */
export const hardwareCounting = attributes("IFLA_OFFLOAD_XSTATS_HW_S_INFO", () => ({
  request: [1, readOnly(flag8), "it has been asked to"],
  used: [2, readOnly(flag8), "it does"],
}));

const hardwareCountings = attributes("IFLA_OFFLOAD_XSTATS", () => ({
  l3Stats: [3, readOnly(nest(hardwareCounting)), "of routed packets", "IFLA_OFFLOAD_XSTATS_L3_STATS"],
}));

/** Counters of what is done by hardware (IFLA_OFFLOAD_XSTATS_*, linux/if_link.h). */
export const offloadCounters = attributes("IFLA_OFFLOAD_XSTATS", () => ({
  pad: [0, pad, "padding", "IFLA_OFFLOAD_XSTATS_UNSPEC"],
  cpuHit: [1, readOnly(statistics64), "what the processor saw all the same"],
  hwSInfo: [2, readOnly(nest(hardwareCountings)), "whether hardware counts"],
  l3Stats: [3, readOnly(hardwareCounters), "what it routed by itself", "IFLA_OFFLOAD_XSTATS_L3_STATS"],
}));

/** struct mpls_link_stats (linux/mpls.h). */
export const mplsLinkCounters = struct("mpls_link_stats", {
  rxPackets: count64,
  txPackets: count64,
  rxBytes: count64,
  txBytes: count64,
  rxErrors: count64,
  txErrors: count64,
  rxDropped: count64,
  txDropped: count64,
  rxNoroute: count64,
});

/** MPLS on a link (MPLS_STATS_*, linux/mpls.h). */
export const mplsCounters = attributes("MPLS_STATS", () => ({
  pad: [0, pad, "padding", "MPLS_STATS_UNSPEC"],
  link: [1, readOnly(mplsLinkCounters), "what passed"],
}));

const familyCounters = attributes("AF", () => ({
  mpls: [AF_MPLS, readOnly(nest(mplsCounters)), "MPLS"],
}));

/** Counters of a link (IFLA_STATS_*, linux/if_link.h). */
export const linkStatistics = attributes("IFLA_STATS", () => ({
  pad: [0, pad, "padding", "IFLA_STATS_UNSPEC"],
  link64: [1, readOnly(statistics64), "what every link counts", "IFLA_STATS_LINK_64"],
  linkXstats: [2, readOnly(nest(kindCounters)), "what its kind counts"],
  linkXstatsPort: [3, readOnly(nest(kindCounters)), "what its master counts of it", "IFLA_STATS_LINK_XSTATS_SLAVE"],
  linkOffloadXstats: [4, readOnly(nest(offloadCounters)), "what is done by hardware"],
  afSpec: [5, readOnly(nest(familyCounters)), "what address families count"],
}));

const offloadFilters = attributes("IFLA_STATS", () => ({
  linkOffloadXstats: [4, bits(u32, { cpuHit: 0x1, hwSInfo: 0x2, l3Stats: 0x4 }), "of what is done by hardware"],
}));

/** What is asked for, or switched, of counters (IFLA_STATS_GETSET_*, linux/if_link.h). */
export const statisticsRequest = attributes("IFLA_STATS_GETSET", () => ({
  getFilters: [1, nest(offloadFilters), "which counters of a group", "IFLA_STATS_GET_FILTERS"],
  setOffloadXstatsL3Stats: [
    2,
    flag8,
    "hardware counts what it routes by itself",
    "IFLA_STATS_SET_OFFLOAD_XSTATS_L3_STATS",
  ],
}));

/** The tables of counters. */
export const linkStatisticsTables = [
  linkStatistics,
  kindCounters,
  bridgeCounters,
  bondCounters,
  bondAggregationCounters,
  offloadCounters,
  hardwareCounting,
  mplsCounters,
  statisticsRequest,
] as const;

export type LinkStatisticsValues = Values<typeof linkStatistics>;
export type LinkStatisticsHeader = StructValues<(typeof ifStatsMsg)["fields"]>;

function requestType(
  name: string,
  type: number,
): MessageType<LinkStatisticsHeader, (typeof statisticsRequest)["entries"]> {
  return messageType({ name, type, header: ifStatsMsg, attributes: statisticsRequest });
}

export const RTM_NEWSTATS: MessageType<LinkStatisticsHeader, (typeof linkStatistics)["entries"]> = messageType({
  name: "RTM_NEWSTATS",
  type: 92,
  header: ifStatsMsg,
  attributes: linkStatistics,
});
/** Answered by RTM_NEWSTATS. */
export const RTM_GETSTATS = requestType("RTM_GETSTATS", 94);
export const RTM_SETSTATS = requestType("RTM_SETSTATS", 95);
