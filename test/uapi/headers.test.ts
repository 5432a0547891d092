import { beforeAll, describe, expect, test } from "vitest";
import type { Codec } from "../../src/netlink/codecs/codec.js";
import { HEADER_SIZE } from "../../src/netlink/message.js";
import { addressCacheinfo, ifaddrmsg } from "../../src/rtnetlink/address/address.js";
import { bridgeVlanInfo, brVlanMsg } from "../../src/rtnetlink/bridge/bridge-vlan.js";
import { traceHeader } from "../../src/rtnetlink/route/encapsulation/in-situ-telemetry.js";
import { bridge, bridgeId } from "../../src/rtnetlink/link/kinds/bridge.js";
import { sourcePorts } from "../../src/rtnetlink/link/kinds/tunnels/port-range.js";
import { egressMapping, ingressMapping, vlan } from "../../src/rtnetlink/link/kinds/vlan.js";
import { alternativeName, ifinfomsg, linkName, statistics64 } from "../../src/rtnetlink/link/link-attributes.js";
import { brPortMsg, mdbEntry } from "../../src/rtnetlink/bridge/mdb.js";
import { ndmsg, neighbourCacheinfo } from "../../src/rtnetlink/neighbour/neighbour.js";
import { nexthopMember, nhmsg } from "../../src/rtnetlink/nexthop/nexthop.js";
import { rtnexthop } from "../../src/rtnetlink/route/path-attributes.js";
import { multicastStatistics, routeCacheinfo, rtmsg } from "../../src/rtnetlink/route/route.js";
import { fibRuleHeader, portRange, uidRange } from "../../src/rtnetlink/rule/rule.js";
import {
  vfBroadcast,
  vfLinkState,
  vfMac,
  vfRate,
  vfRssQueryEn,
  vfSpoofchk,
  vfTrust,
  vfTxRate,
  vfVlan,
  vfVlanInfo,
} from "../../src/rtnetlink/link/virtual-functions.js";
import { groups } from "./constants.js";
import { evaluate, whyNoCompiler } from "./headers.js";
import { statisticsLayouts } from "./statistics.js";
import { layoutOf, snake } from "./structs.js";
import { trafficLayouts } from "./traffic-layouts.js";

const reason = whyNoCompiler();
if (reason !== undefined) console.log(`skipped: ${reason}`);

const all = groups();
const titled = all.map((group) => [group.title, group] as const);
const structs = [
  layoutOf("struct ifinfomsg", ifinfomsg, ["ifi_family", "ifi_type", "ifi_index", "ifi_flags", "ifi_change"]),
  layoutOf("struct bridge_vlan_info", bridgeVlanInfo, ["flags", "vid"]),
  layoutOf("struct br_vlan_msg", brVlanMsg, ["family", "ifindex"]),
  layoutOf("struct ifla_vlan_qos_mapping", egressMapping, ["from", "to"]),
  layoutOf("struct ifla_vlan_qos_mapping", ingressMapping, ["from", "to"]),
  layoutOf("struct ifla_vxlan_port_range", sourcePorts, ["low", "high"]),
  layoutOf("struct ifaddrmsg", ifaddrmsg, ["ifa_family", "ifa_prefixlen", "ifa_flags", "ifa_scope", "ifa_index"]),
  layoutOf("struct ifa_cacheinfo", addressCacheinfo, ["ifa_prefered", "ifa_valid", "cstamp", "tstamp"]),
  layoutOf("struct br_port_msg", brPortMsg, ["family", "ifindex"]),
  layoutOf("struct br_mdb_entry", mdbEntry, ["ifindex", "state", "flags", "vid", "addr"]),
  layoutOf("struct ndmsg", ndmsg, ["ndm_family", "ndm_ifindex", "ndm_state", "ndm_flags", "ndm_type"]),
  layoutOf("struct nda_cacheinfo", neighbourCacheinfo, ["ndm_confirmed", "ndm_used", "ndm_updated", "ndm_refcnt"]),
  layoutOf("struct rtmsg", rtmsg, [
    "rtm_family",
    "rtm_dst_len",
    "rtm_src_len",
    "rtm_tos",
    "rtm_table",
    "rtm_protocol",
    "rtm_scope",
    "rtm_type",
    "rtm_flags",
  ]),
  layoutOf("struct rta_cacheinfo", routeCacheinfo, [
    "rta_clntref",
    "rta_lastuse",
    "rta_expires",
    "rta_error",
    "rta_used",
    "rta_id",
    "rta_ts",
    "rta_tsage",
  ]),
  layoutOf("struct rta_mfc_stats", multicastStatistics, ["mfcs_packets", "mfcs_bytes", "mfcs_wrong_if"]),
  layoutOf("struct rtnexthop", rtnexthop, ["rtnh_len", "rtnh_flags", "rtnh_hops", "rtnh_ifindex"]),
  layoutOf("struct fib_rule_hdr", fibRuleHeader, ["family", "dst_len", "src_len", "tos", "table", "action", "flags"]),
  layoutOf("struct fib_rule_port_range", portRange, ["start", "end"]),
  layoutOf("struct fib_rule_uid_range", uidRange, ["start", "end"]),
  layoutOf("struct nhmsg", nhmsg, ["nh_family", "nh_scope", "nh_protocol", "nh_flags"]),
  layoutOf("struct nexthop_grp", nexthopMember, ["id", "weight", "resvd1", "resvd2"]),
  layoutOf("struct ifla_vf_mac", vfMac, ["vf", "mac"]),
  layoutOf("struct ifla_vf_broadcast", vfBroadcast, ["broadcast"]),
  layoutOf("struct ifla_vf_vlan", vfVlan, ["vf", "vlan", "qos"]),
  layoutOf("struct ifla_vf_vlan_info", vfVlanInfo, ["vf", "vlan", "qos", "vlan_proto"]),
  layoutOf("struct ifla_vf_tx_rate", vfTxRate, ["vf", "rate"]),
  layoutOf("struct ifla_vf_rate", vfRate, ["vf", "min_tx_rate", "max_tx_rate"]),
  layoutOf("struct ifla_vf_spoofchk", vfSpoofchk, ["vf", "setting"]),
  layoutOf("struct ifla_vf_link_state", vfLinkState, ["vf", "link_state"]),
  layoutOf("struct ifla_vf_rss_query_en", vfRssQueryEn, ["vf", "setting"]),
  layoutOf("struct ifla_vf_trust", vfTrust, ["vf", "setting"]),
  ...trafficLayouts(),
  ...statisticsLayouts(),
  layoutOf("struct rtnl_link_stats64", statistics64, Object.keys(statistics64.fields).map(snake)),
];
const sizes: [expression: string, size: number][] = [
  ["sizeof(struct ifla_bridge_id)", bridgeId.size!],
  ["sizeof(struct br_boolopt_multi)", bridge.entries.multiBoolopt[1].size!],
  ["sizeof(struct ifla_vlan_flags)", vlan.entries.flags[1].size!],
  ["sizeof(struct ioam6_trace_hdr)", traceHeader.size],
  ["sizeof(struct nlmsghdr)", HEADER_SIZE],
  ["IFNAMSIZ - 1", mostBytes(linkName)],
  ["ALTIFNAMSIZ - 1", mostBytes(alternativeName)],
];

function mostBytes(codec: Codec<string>): number {
  for (let size = 0; ; size++) {
    try {
      codec.parse("x".repeat(size + 1));
    } catch {
      return size;
    }
  }
}

describe.skipIf(reason !== undefined)("against this machine's kernel headers", () => {
  let numbers: Map<string, number>;

  beforeAll(() => {
    numbers = evaluate([
      ...all.flatMap(({ constants, maximum }) => [...constants.map(({ expression }) => expression), maximum ?? "0"]),
      ...structs.flatMap(({ expressions }) => Object.keys(expressions)),
      ...sizes.map(([expression]) => expression),
    ]);
  }, 60_000);

  test.for(titled)("%s have the headers' numbers", ([, { constants }]) => {
    const known = constants.filter(({ expression }) => numbers.has(expression));
    const ours = Object.fromEntries(known.map(({ name, value }) => [name, value]));
    expect(ours).toEqual(Object.fromEntries(known.map(({ name, expression }) => [name, numbers.get(expression)])));
  });

  test.for(titled)("%s have nothing that the headers could know and do not", ([, { constants, maximum, sparse }]) => {
    const newer = constants.filter(({ expression }) => !numbers.has(expression));
    if (newer.length === 0) return;
    const known = constants.map(({ expression }) => numbers.get(expression) ?? -1);
    const highest = Math.max(numbers.get(maximum ?? "") ?? -1, ...known);
    console.log(`newer than these headers: ${newer.map(({ name, value }) => `${name} (${value})`).join(", ")}`);
    expect(newer.filter(({ value }) => sparse !== true && value <= highest)).toEqual([]);
  });

  test.for(structs.map((layout) => [layout.name, layout] as const))(
    "%s has the headers' layout",
    ([, { expressions }]) => {
      const theirs = Object.keys(expressions).filter((expression) => numbers.has(expression));
      expect(theirs.length).toBeGreaterThan(1);
      for (const expression of theirs) expect(numbers.get(expression), expression).toBe(expressions[expression]);
    },
  );

  test.for(sizes)("%s is what is written here", ([expression, size]) => {
    expect(numbers.get(expression)).toBe(size);
  });
});
