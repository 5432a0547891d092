import type { Codec } from "../../src/netlink/codecs/codec.js";
import {
  bridgeMulticastCounters,
  bridgeSpanningTreeCounters,
  bridgeVlanCounters,
  hardwareCounters,
  ifStatsMsg,
  mplsLinkCounters,
  statisticsFilter,
  statisticsRequest,
} from "../../src/rtnetlink/bridge/link-statistics.js";
import { rtgenmsg } from "../../src/rtnetlink/link/namespace-id.js";
import { ndtmsg, neighbourTableConfig, neighbourTableCounters } from "../../src/rtnetlink/neighbour/neighbour-table.js";
import { netconfmsg, settingsOwner } from "../../src/rtnetlink/address/netconf.js";
import { prefixCacheinfo, prefixmsg } from "../../src/rtnetlink/address/router-prefix.js";
import { type Layout, layoutOf, snake } from "./structs.js";
import { type Constant, constant, type Group, screaming, wireNumber, wordGroup, wordsOf } from "./word-groups.js";

/** The bits that stand for attributes of which the headers have the numbers. */
function filterBits(codec: Codec<unknown>, nameOf: (word: string) => string): Constant[] {
  return wordsOf(codec).map((word) =>
    constant(nameOf(word), wireNumber(codec, [word]), `IFLA_STATS_FILTER_BIT(${nameOf(word)})`),
  );
}

/** The words of counters and of settings that are told of. */
export function statisticsGroups(): Group[] {
  const names: Record<string, string> = { link64: "LINK_64", linkXstatsPort: "LINK_XSTATS_SLAVE" };
  const filters = statisticsRequest.entries.getFilters[1].nested!({}) as unknown as {
    entries: { linkOffloadXstats: [number, Codec<unknown>] };
  };
  const offload: Record<string, string> = { hwSInfo: "HW_S_INFO", l3Stats: "L3_STATS" };
  return [
    {
      title: "IFLA_STATS_FILTER_BIT",
      constants: [
        ...filterBits(statisticsFilter, (word) => `IFLA_STATS_${names[word] ?? screaming(word)}`),
        ...filterBits(
          filters.entries.linkOffloadXstats[1],
          (word) => `IFLA_OFFLOAD_XSTATS_${offload[word] ?? screaming(word)}`,
        ),
      ],
    },
    wordGroup("NETCONFA_IFINDEX_", settingsOwner),
  ];
}

function counters(struct: Parameters<typeof layoutOf>[1], name: string): Layout {
  return layoutOf(name, struct, Object.keys(struct.fields).map(snake));
}

/** The structs of counters, and of the messages whose tables stand beside them. */
export function statisticsLayouts(): Layout[] {
  return [
    layoutOf("struct if_stats_msg", ifStatsMsg, ["family", "ifindex", "filter_mask"]),
    counters(bridgeVlanCounters, "struct bridge_vlan_xstats"),
    counters(bridgeMulticastCounters, "struct br_mcast_stats"),
    counters(bridgeSpanningTreeCounters, "struct bridge_stp_xstats"),
    counters(hardwareCounters, "struct rtnl_hw_stats64"),
    counters(mplsLinkCounters, "struct mpls_link_stats"),
    layoutOf("struct rtgenmsg", rtgenmsg, ["rtgen_family"]),
    layoutOf("struct ndtmsg", ndtmsg, ["ndtm_family"]),
    layoutOf(
      "struct ndt_config",
      neighbourTableConfig,
      Object.keys(neighbourTableConfig.fields).map((field) => `ndtc_${snake(field)}`),
    ),
    layoutOf(
      "struct ndt_stats",
      neighbourTableCounters,
      Object.keys(neighbourTableCounters.fields).map((field) => `ndts_${snake(field)}`),
    ),
    layoutOf("struct prefixmsg", prefixmsg, [
      "prefix_family",
      "prefix_ifindex",
      "prefix_type",
      "prefix_len",
      "prefix_flags",
    ]),
    layoutOf("struct prefix_cacheinfo", prefixCacheinfo, ["preferred_time", "valid_time"]),
    layoutOf("struct netconfmsg", netconfmsg, ["ncm_family"]),
  ];
}
