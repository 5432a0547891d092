import fc, { type Arbitrary } from "fast-check";
import { TUNNELS } from "./ip-tunnel-words.js";
import {
  address4,
  address6,
  either,
  hex,
  number,
  onOff,
  type Spoken,
  type SpokenKind,
  ticks,
  upTo,
  zeroOne,
} from "./spoken.js";

const VLAN_FLAGS = { gvrp: "GVRP", looseBinding: "LOOSE_BINDING", mvrp: "MVRP", bridgeBinding: "BRIDGE_BINDING" };
const flagWord = (name: string): string => name.replace(/[A-Z]/g, "_$&").toLowerCase();

interface Mapping {
  readonly from: number;
  readonly to: number;
}

const maps = (from: Arbitrary<number>, to: Arbitrary<number>): Arbitrary<Mapping[]> =>
  fc.uniqueArray(fc.record({ from, to }), { selector: (map) => map.from, minLength: 1, maxLength: 4 });
const mapWords = (word: string) => (list: readonly Mapping[]) =>
  `${word} ${list.map(({ from, to }) => `${from}:${to}`).join(" ")}`;

const routerNumber = (word: string): number => ["disabled", "tempQuery", "perm"].indexOf(word);

/** Every kind that is compared with `ip`. */
export const KINDS: readonly SpokenKind[] = [
  {
    kind: "vlan",
    below: "eth0",
    options: {
      id: number("id", "id", fc.constant(0)),
      protocol: number("protocol", "protocol", fc.constantFrom("802.1Q", "802.1ad")),
      flags: {
        values: fc.record({
          gvrp: fc.boolean(),
          looseBinding: fc.boolean(),
          mvrp: fc.boolean(),
          bridgeBinding: fc.boolean(),
        }),
        key: "flags",
        printed: (flags: Record<string, boolean>) => [
          "REORDER_HDR",
          ...Object.entries(VLAN_FLAGS)
            .filter(([name]) => flags[name])
            .map(([, word]) => word),
        ],
        words: (flags: Record<string, boolean>) =>
          Object.entries(flags)
            .map(([name, on]) => `${flagWord(name)} ${on ? "on" : "off"}`)
            .join(" "),
      },
      ingressQos: { values: maps(upTo(7), upTo(100, 1)), key: "ingress_qos", words: mapWords("ingress-qos-map") },
      egressQos: { values: maps(upTo(15), upTo(7, 1)), key: "egress_qos", words: mapWords("egress-qos-map") },
    },
  },
  {
    kind: "macvlan",
    below: "eth0",
    options: {
      mode: number("mode", "mode", fc.constantFrom("private", "vepa", "bridge")),
      bcQueueLen: number("bcqueuelen", "bcqueuelen", upTo(5000, 1)),
    },
  },
  {
    kind: "vxlan",
    fixed: { remote: "192.0.2.2" },
    fixedWords: "remote 192.0.2.2",
    options: {
      id: number("id", "id", fc.constant(0)),
      port: number("dstport", "port", upTo(60000, 1000)),
      local: number("local", "local", address4),
      ttl: number("ttl", "ttl", upTo(255, 1)),
      learning: { values: fc.boolean(), key: "learning", words: (on: boolean) => (on ? "learning" : "nolearning") },
      ageing: {
        values: upTo(600, 1).map((seconds) => seconds * 1000),
        key: "ageing",
        printed: (value: number) => value / 1000,
        words: (value: number) => `ageing ${value / 1000}`,
      },
      limit: number("maxaddress", "limit", upTo(5000, 1)),
      portRange: {
        values: fc.record({ low: upTo(2000, 1000), high: upTo(4000, 3000) }),
        key: "port_range",
        words: ({ low, high }: { low: number; high: number }) => `srcport ${low} ${high}`,
      },
      udpCsum: { values: fc.boolean(), key: "udp_csum", words: (on: boolean) => (on ? "udpcsum" : "noudpcsum") },
      df: number("df", "df", fc.constantFrom("set", "inherit")),
    },
  },
  {
    kind: "geneve",
    fixed: { remote: "192.0.2.2" },
    fixedWords: "remote 192.0.2.2",
    options: {
      id: number("id", "id", fc.constant(0)),
      port: number("dstport", "port", upTo(60000, 1000)),
      ttl: number("ttl", "ttl", upTo(255, 1)),
      df: number("df", "df", fc.constantFrom("set", "inherit")),
      udpCsum: { values: fc.boolean(), key: "udp_csum", words: (on: boolean) => (on ? "udpcsum" : "noudpcsum") },
    },
  },
  {
    kind: "gre",
    fixed: { remote: "192.0.2.2" },
    fixedWords: "remote 192.0.2.2",
    options: {
      local: number("local", "local", address4),
      ttl: number("ttl", "ttl", upTo(255, 1)),
      ikey: {
        values: upTo(255, 1),
        key: "ikey",
        printed: (key: number) => `0.0.0.${key}`,
        words: (key: number) => `ikey ${key}`,
      },
    },
  },
  {
    kind: "macvtap",
    below: "eth0",
    options: { mode: number("mode", "mode", fc.constantFrom("private", "vepa", "bridge")) },
  },
  {
    kind: "ipvlan",
    below: "eth1",
    most: 1,
    options: {
      mode: number("mode", "mode", fc.constantFrom("l2", "l3", "l3s")),
      flags: {
        values: fc.constantFrom(["private"], ["vepa"]),
        key: "private",
        printed: ([word]: string[]) => (word === "private" ? true : undefined),
        words: ([word]: string[]) => word!,
      },
    },
  },
  {
    kind: "vxlan",
    options: {
      id: number("id", "id", fc.constant(0)),
      port: number("dstport", "port", upTo(60000, 1000)),
      local6: number("local", "local6", address6),
      remote6: number("remote", "remote6", address6),
      label: hex("flowlabel", "label", upTo(0xfffff, 1)),
      udpZeroCsum6Tx: either("udp6zerocsumtx", "noudp6zerocsumtx", "udp_zero_csum6_tx"),
      udpZeroCsum6Rx: either("udp6zerocsumrx", "noudp6zerocsumrx", "udp_zero_csum6_rx"),
    },
  },
  {
    kind: "vxlan",
    options: {
      collectMetadata: { values: fc.constant(true), key: "external", words: () => "external" },
      port: number("dstport", "port", upTo(60000, 1000)),
      gbp: { values: fc.constant(true), key: "gbp", words: () => "gbp" },
    },
  },
  ...TUNNELS,
  { kind: "vrf", options: { table: number("table", "table", upTo(1_000_000, 300)) } },
  {
    kind: "bridge",
    options: {
      forwardDelay: ticks("forward_delay", 2, 30),
      helloTime: ticks("hello_time", 1, 10),
      maxAge: ticks("max_age", 6, 40),
      ageingTime: ticks("ageing_time", 1, 1000),
      priority: number("priority", "priority", upTo(65535)),
      vlanFiltering: zeroOne("vlan_filtering"),
      vlanProtocol: number("vlan_protocol", "vlan_protocol", fc.constantFrom("802.1Q", "802.1ad")),
      mcastRouter: {
        values: fc.constantFrom("disabled", "tempQuery", "perm"),
        key: "mcast_router",
        printed: routerNumber,
        words: (word: string) => `mcast_router ${routerNumber(word)}`,
      },
      mcastSnooping: zeroOne("mcast_snooping"),
      mcastLastMemberIntvl: ticks("mcast_last_member_interval", 1, 60, "mcast_last_member_intvl"),
      mcastMembershipIntvl: ticks("mcast_membership_interval", 1, 600, "mcast_membership_intvl"),
      mcastQuerierIntvl: ticks("mcast_querier_interval", 1, 600, "mcast_querier_intvl"),
      mcastQueryIntvl: ticks("mcast_query_interval", 1, 600, "mcast_query_intvl"),
      mcastQueryResponseIntvl: ticks("mcast_query_response_interval", 1, 60, "mcast_query_response_intvl"),
      mcastStartupQueryIntvl: ticks("mcast_startup_query_interval", 1, 60, "mcast_startup_query_intvl"),
      nfCallIptables: zeroOne("nf_call_iptables"),
      nfCallIp6tables: zeroOne("nf_call_ip6tables"),
      nfCallArptables: zeroOne("nf_call_arptables"),
      groupFwdMask: hex(
        "group_fwd_mask",
        "group_fwd_mask",
        upTo(0x1fff).map((mask) => mask * 8),
      ),
      groupAddr: number(
        "group_address",
        "group_addr",
        upTo(15, 4).map((last) => `01:80:c2:00:00:0${last.toString(16)}`),
      ),
      stpState: {
        values: fc.constantFrom("off", "kernel"),
        key: "stp_state",
        printed: (word: string) => Number(word === "kernel"),
        words: (word: string) => `stp_state ${Number(word === "kernel")}`,
      },
      vlanStatsPerPort: zeroOne("vlan_stats_per_port"),
      multiBoolopt: {
        values: fc.record({ noLlLearn: fc.boolean() }),
        key: "no_linklocal_learn",
        printed: ({ noLlLearn }: { noLlLearn: boolean }) => Number(noLlLearn),
        words: ({ noLlLearn }: { noLlLearn: boolean }) => `no_linklocal_learn ${Number(noLlLearn)}`,
      },
      mcastQueryUseIfaddr: zeroOne("mcast_query_use_ifaddr"),
      mcastQuerier: zeroOne("mcast_querier"),
      mcastHashMax: number("mcast_hash_max", "mcast_hash_max", fc.constantFrom(512, 1024, 4096)),
      mcastLastMemberCnt: number("mcast_last_member_count", "mcast_last_member_cnt", upTo(10, 1)),
      mcastStartupQueryCnt: number("mcast_startup_query_count", "mcast_startup_query_cnt", upTo(10, 1)),
      mcastIgmpVersion: number("mcast_igmp_version", "mcast_igmp_version", fc.constantFrom(2, 3)),
      mcastMldVersion: number("mcast_mld_version", "mcast_mld_version", fc.constantFrom(1, 2)),
      vlanDefaultPvid: number("vlan_default_pvid", "vlan_default_pvid", upTo(4094, 1)),
      vlanStatsEnabled: zeroOne("vlan_stats_enabled"),
      mcastStatsEnabled: zeroOne("mcast_stats_enabled"),
    },
  },
];

const port = (word: string, key = word): Spoken => ({ values: fc.boolean(), key, words: onOff(word) });

/** The options of a bridge's port. */
export const PORT_OPTIONS: Readonly<Record<string, Spoken>> = {
  priority: number("priority", "priority", upTo(63)),
  cost: number("cost", "cost", upTo(65535, 1)),
  mode: port("hairpin"),
  guard: port("guard"),
  protect: port("root_block"),
  fastLeave: port("fastleave"),
  learning: port("learning"),
  unicastFlood: port("flood"),
  proxyarp: port("proxy_arp"),
  proxyarpWifi: port("proxy_arp_wifi"),
  mcastFlood: port("mcast_flood"),
  mcastToUcast: port("mcast_to_unicast"),
  neighSuppress: port("neigh_suppress"),
  vlanTunnel: port("vlan_tunnel"),
  isolated: port("isolated"),
  locked: port("locked"),
  groupFwdMask: hex(
    "group_fwd_mask",
    "group_fwd_mask",
    upTo(0x1fff, 1).map((mask) => mask * 8),
  ),
  multicastRouter: {
    values: fc.constantFrom("disabled", "tempQuery", "perm"),
    key: "multicast_router",
    printed: routerNumber,
    words: (word: string) => `mcast_router ${routerNumber(word)}`,
  },
};
