import fc from "fast-check";
import { hex, number, onOff, type Spoken, type SpokenKind, ticks, upTo, zeroOne } from "./spoken.js";

const routerNumber = (word: string): number => ["disabled", "tempQuery", "perm"].indexOf(word);

/** Bridges that are compared with `ip`. */
export const BRIDGES: readonly SpokenKind[] = [
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
  {
    kind: "bridge",
    fixed: { vlanFiltering: true },
    fixedWords: "vlan_filtering 1",
    options: {
      multiBoolopt: {
        values: fc.record({ mcastVlanSnooping: fc.boolean() }),
        key: "mcast_vlan_snooping",
        printed: ({ mcastVlanSnooping }: { mcastVlanSnooping: boolean }) => Number(mcastVlanSnooping),
        words: ({ mcastVlanSnooping }: { mcastVlanSnooping: boolean }) =>
          `mcast_vlan_snooping ${Number(mcastVlanSnooping)}`,
      },
    },
  },
];

const STATES = ["disabled", "listening", "learning", "forwarding", "blocking"];
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
  bcastFlood: port("bcast_flood"),
  state: {
    // Without a spanning tree, the kernel does not let a port stay in another.
    values: fc.constantFrom("disabled", "forwarding"),
    key: "state",
    words: (word: string) => `state ${STATES.indexOf(word)}`,
  },
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
