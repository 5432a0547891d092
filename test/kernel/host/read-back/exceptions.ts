import type { AttributeTable } from "../../../../src/netlink/codecs/attributes.js";
import { tables } from "../../../../src/rtnetlink/tables.js";
import { linkKinds, portKinds } from "../../../../src/rtnetlink/link/kinds/index.js";

/** What the tables say that the kernel does not report, by its name. */
function unreported(): Record<string, string> {
  const tables = [...Object.values(linkKinds), ...Object.values(portKinds)] as readonly AttributeTable[];
  return Object.fromEntries(
    tables.flatMap((table) =>
      Object.entries(table.entries).flatMap(([name, [, codec]]) =>
        codec.unreported === undefined ? [] : [[table.kernelName(name), codec.unreported]],
      ),
    ),
  );
}

/** Attributes that are not read back, by the kernel's name or the setter's, and why. */
export const WRITE_ONLY: Readonly<Record<string, string>> = {
  ...unreported(),
  IFLA_IFNAME: "a rename: the link is found by its new name",
  IFLA_LINK: "the link below is given when a link is created",
  IFLA_LINKINFO: "the options of kinds and ports, which are set by themselves",
  IFLA_MASTER: "joining a master has tests of its own",
  IFLA_PROP_LIST: "alternative names have tests of their own",
  IFLA_ALT_IFNAME: "asks for a link",
  IFLA_EXT_MASK: "asks for more of a link",
  IFLA_NET_NS_PID: "moves the link to another namespace",
  IFLA_NET_NS_FD: "moves the link to another namespace",
  IFLA_NEW_NETNSID: "moves the link to another namespace",
  IFLA_NEW_IFINDEX: "moves the link to another namespace",
  IFLA_TARGET_NETNSID: "asks another namespace",
  IFLA_LINK_NETNSID: "says which namespace the link below is in",
  IFLA_XDP: "a program's descriptor, of which the kernel reports the program's id",
  IFLA_PROTO_DOWN_REASON: "a mask and its bits, of which the kernel reports the bits",
  "fdb.dontRefresh": "an order",
  "fdb.via": "a link by name, of which the index is reported; it has tests of its own",
  "mdb.via": "a link by name, of which the index is reported; it has tests of its own",
  "mdb.srcList": "it belongs to a groupMode; it has tests of its own",
  BRIDGE_VLANDB_GOPTS_ID: "which VLAN is meant",
  BRIDGE_VLANDB_GOPTS_RANGE: "which VLANs are meant",
  NFTA_SET_ID: "a number within the batch",
  NFTA_EXTHDR_SREG: "what writes a header, in place of dreg",
  NFTA_LAST_MSECS: "belongs to what was counted",
  NFTA_LOG_SNAPLEN: "belongs to a group",
  NFTA_LOG_QTHRESHOLD: "belongs to a group",
  NFTA_MASQ_REG_PROTO_MAX: "belongs to regProtoMin",
  NFTA_REDIR_REG_PROTO_MAX: "belongs to regProtoMin",
  NFTA_PAYLOAD_CSUM_TYPE: "belongs to what writes a packet, which has sreg",
  NFTA_PAYLOAD_CSUM_FLAGS: "belongs to what writes a packet, which has sreg",
  NFTA_PAYLOAD_CSUM_OFFSET: "belongs to what writes a packet, which has sreg",
  "route.family": "says which of the two default routes is meant",
  "route.onlink": "belongs to a gateway; it has tests of its own",
  "rule.family": "says which of the two tables is meant",
  "nexthop.onlink": "belongs to a gateway; it has tests of its own",
  "nexthop.groupType": "belongs to a group; resilient groups have tests of their own",
  "nexthop.resGroup": "belongs to a group; resilient groups have tests of their own",
  "nexthop.hwStatsEnable": "belongs to a group, and to hardware",
};
/** Values, by an attribute's name and a word, that are an order or a choice, or hold for a while only. */
export const UNKEPT: Readonly<Record<string, string>> = {
  "address.flags=nodad": "of IPv4 it holds of every address (net/ipv4/devinet.c)",
  "address.flags=optimistic": "holds until duplicate address detection is over (net/ipv6/addrconf.c)",
  "route.table=unspec": "the kernel chooses the table",
  "route.type=unspec": "the kernel chooses the type",
  "route.protocol=unspec": "the kernel chooses the protocol of a route of IPv6",
  "neighbour.state=delay": "goes on to probe by itself",
  "neighbour.state=probe": "goes on to reachable or failed by itself",
  "fdb.flags=use": "an order: as if a frame had come",
  "fdb.flags=master": "whose table is meant",
  "fdb.flags=self": "whose table is meant",
  "mdb.groupMode=exclude": "holds unless sources are listed, and is reported only then (net/bridge/br_mdb.c)",
  "neighbour.flags=use": "an order: look for it now",
};

/** Attributes that come back as another value near the one that was set: by how much, and why. */
export const ROUNDED: Readonly<Record<string, { readonly by: number; readonly reason: string }>> = {
  TCA_FQ_CODEL_TARGET: { by: 0.002, reason: "steps of 1.024 µs (include/net/codel.h)" },
  TCA_FQ_CODEL_INTERVAL: { by: 0.002, reason: "steps of 1.024 µs (include/net/codel.h)" },
  TCA_FQ_CODEL_CE_THRESHOLD: { by: 0.002, reason: "steps of 1.024 µs (include/net/codel.h)" },
  "tbf.burst": { by: 8, reason: "bytes, kept as ticks of 64 ns at the rate" },
  sysctl: {
    by: 20,
    reason: "times of neighbours and the like, in milliseconds or hundredths of a second: the kernel's own ticks",
  },
  "tbf.rate, htb.rate, htb.ceil, police.rate": { by: 7, reason: "bits a second, kept as whole bytes" },
  "address.validLifetime": { by: 2000, reason: "it runs" },
  "address.preferredLifetime": { by: 2000, reason: "it runs" },
  "route.expires": { by: 2000, reason: "it runs" },
};

/** What the tables say of attributes whose values are rounded as they are written: by what they are rounded to, the kernel's names. */
export function inUnits(): Record<string, string> {
  const units: Record<string, string[]> = {};
  for (const table of tables)
    for (const [name, [, codec]] of Object.entries(table.entries))
      if (codec.rounded !== undefined && codec.readOnly !== true)
        (units[codec.rounded] ??= []).push(`\`${table.kernelName(name)}\``);
  return Object.fromEntries(
    Object.entries(units).map(([unit, names]) => [unit, [...new Set(names)].sort().join(", ")]),
  );
}

/** Lists that come back in another order, or with what the kernel adds, and why. */
export const WITH_MORE: Readonly<Record<string, string>> = {
  IFLA_MACVLAN_MACADDR_DATA: "the kernel keeps a table of hashes (drivers/net/macvlan.c)",
  IFLA_GRE_FLAGS: "the kernel adds what the tunnel can do: capXmit, capRcv, capPerPacket (net/ipv6/ip6_gre.c)",
  IFLA_IPTUN_FLAGS: "the kernel adds what the tunnel can do: capXmit, capRcv, capPerPacket (net/ipv6/ip6_tunnel.c)",
  IFLA_GRE_OFLAGS: "an erspan always has a key (net/ipv4/ip_gre.c)",
  TCA_FLOWER_ACT: "the kernel adds an action's number and its counters",
  TCA_MATCHALL_ACT: "the kernel adds an action's number and its counters",
  TCA_U32_ACT: "the kernel adds an action's number and its counters",
  TCA_FLOWER_FLAGS: "the kernel adds whether hardware has it",
  TCA_MATCHALL_FLAGS: "the kernel adds whether hardware has it",
  TCA_U32_FLAGS: "the kernel adds whether hardware has it",
  "address.flags": "the kernel adds permanent, secondary and others that it computes",
  "neighbour.flags": "the kernel adds what it computes",
  "fdb.flags": "self and master are where the entry is",
};

/** Tables of which the test sets no attribute by its kernel's name, and where else they are looked at, or why nowhere. */
export const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  "set by the setter's own names: `address.…`, `route.…`, `rule.…`, `nexthop.…`, `neighbour.…`, `fdb.…`, `mdb.…`, `vlan.…`":
    [...["IFA", "RTA", "FRA", "NHA", "NDA", "NFEA", "MDBE_ATTR", "BRIDGE_VLANDB_ENTRY"]],
  "set by the options of qdiscs, classes, filters and actions": [
    ...["TCA", "TCA_TBF", "TCA_HTB", "TCA_ACT", "TCA_POLICE", "TCA_GACT", "TCA_MIRRED", "TCA_FLOWER_KEY_CFM"],
  ],
  "set whole, as one attribute of another table": [
    ...["IFLA_INFO", "AF", "IFLA_INET6", "RTAX", "MPLS_IPTUNNEL", "LWTUNNEL_IP", "LWTUNNEL_IP6", "BRIDGE_VLANDB"],
    ...["BRIDGE_VLANDB_TINFO", "MDBA_SET"],
  ],
  "by tests of their own: `test/vm/links/encapsulations.test.ts`": [
    ...["LWTUNNEL_IP_OPTS", "LWTUNNEL_IP_OPT_GENEVE", "LWTUNNEL_IP_OPT_VXLAN", "LWTUNNEL_IP_OPT_ERSPAN", "ILA_ATTR"],
    ...["LWT_XFRM", "SEG6_IPTUNNEL", "SEG6_LOCAL", "SEG6_LOCAL_FLV"],
  ],
  "in bytes alone, for a program's descriptor or a kernel's option is needed: `test/unit/rtnetlink/encapsulations.test.ts`":
    [...["LWT_BPF", "LWT_BPF_PROG", "SEG6_LOCAL_BPF_PROG", "RPL_IPTUNNEL", "IOAM6_IPTUNNEL"]],
  "by tests of their own: `test/vm/functions/virtual-functions.test.ts`": ["IFLA_VF", "IFLA_VF_VLAN"],
  "by tests of their own: `test/vm/bridge/multicast.test.ts`": ["MDBE_SRC_LIST", "MDBE_SRCATTR"],
  "by tests of their own: `test/kernel/routing/nexthops.test.ts`": ["NHA_RES_GROUP"],
  "the other end of a pair, which is read by itself": ["VETH_INFO", "VXCAN_INFO"],
  "no setter takes them, but for `host.request`, which sends what it is told": [
    ...["IFLA_XDP", "IFLA_PROTO_DOWN_REASON", "IFLA_PORT", "IFLA_BRIDGE", "IFLA_BRIDGE_VLAN_TUNNEL"],
    ...["IFLA_BRIDGE_MST", "IFLA_BRIDGE_MST_ENTRY", "IFLA_BRIDGE_MRP", "IFLA_BRIDGE_MRP_INSTANCE"],
    ...["IFLA_BRIDGE_MRP_PORT_STATE", "IFLA_BRIDGE_MRP_PORT_ROLE", "IFLA_BRIDGE_MRP_RING_STATE"],
    ...["IFLA_BRIDGE_MRP_RING_ROLE", "IFLA_BRIDGE_MRP_START_TEST", "IFLA_BRIDGE_MRP_IN_STATE"],
    ...["IFLA_BRIDGE_MRP_IN_ROLE", "IFLA_BRIDGE_MRP_START_IN_TEST", "IFLA_BRIDGE_CFM", "IFLA_BRIDGE_CFM_MEP_CREATE"],
    ...["IFLA_BRIDGE_CFM_MEP_DELETE", "IFLA_BRIDGE_CFM_MEP_CONFIG", "IFLA_BRIDGE_CFM_CC_CONFIG"],
    ...["IFLA_BRIDGE_CFM_CC_PEER_MEP", "IFLA_BRIDGE_CFM_CC_RDI", "IFLA_BRIDGE_CFM_CC_CCM_TX", "TCA_STAB"],
    ...["IFLA_STATS_GETSET", "NETNSA", "NDTA", "NDTPA"],
  ],
  "reported, or asked for": [
    ...["IFLA_BOND_AD_INFO", "BRIDGE_QUERIER", "IFLA_VF_STATS", "SEG6_LOCAL_CNT", "NHA_RES_BUCKET"],
    ...["NHA_GROUP_STATS_ENTRY", "MDBA", "MDBA_MDB", "MDBA_MDB_ENTRY", "MDBA_MDB_EATTR", "MDBA_MDB_SRCLIST"],
    ...["MDBA_MDB_SRCATTR", "MDBA_ROUTER", "MDBA_ROUTER_PATTR", "IFLA_BRIDGE_MRP_INFO"],
    ...["IFLA_BRIDGE_CFM_MEP_STATUS", "IFLA_BRIDGE_CFM_CC_PEER_STATUS", "BRIDGE_VLANDB_DUMP", "TCA_ROOT", "NETCONFA"],
  ],
};
