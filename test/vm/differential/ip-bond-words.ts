import fc from "fast-check";
import type { BondOptions } from "../../../src/index.js";
import { address4, address6, number, type Spoken, type SpokenKind, upTo, zeroOne } from "./spoken.js";

const oneOf = (word: string, ...values: string[]): Spoken => number(word, word, fc.constantFrom(...values));
const times = (most: number): fc.Arbitrary<number> => upTo(most).map((count) => count * 100);
const onOff = (word: string, key: string): Spoken => ({
  values: fc.boolean(),
  key,
  printed: (value: boolean) => (value ? "on" : "off"),
  words: (value: boolean) => `${word} ${value ? "on" : "off"}`,
});
const list = (word: string, addresses: fc.Arbitrary<string>): Spoken => ({
  values: fc.uniqueArray(addresses, { minLength: 1, maxLength: 4 }),
  key: word,
  words: (targets: string[]) => `${word} ${targets.join(",")}`,
});

/** What bonds of every mode have. */
const common: SpokenKind["options"] = {
  resendIgmp: number("resend_igmp", "resend_igmp", upTo(255)),
  numPeerNotif: number("num_grat_arp", "num_peer_notif", upTo(255)),
  minLinks: number("min_links", "min_links", upTo(1000)),
  lpInterval: {
    values: upTo(100_000, 1).map((seconds) => seconds * 1000),
    key: "lp_interval",
    printed: (value: number) => value / 1000,
    words: (value: number) => `lp_interval ${value / 1000}`,
  },
  allPortsActive: zeroOne("all_slaves_active"),
  xmitHashPolicy: oneOf("xmit_hash_policy", "layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac"),
  failOverMac: oneOf("fail_over_mac", "none", "active", "follow"),
  primaryReselect: oneOf("primary_reselect", "always", "better", "failure"),
  adSelect: oneOf("ad_select", "stable", "bandwidth", "count"),
  arpAllTargets: oneOf("arp_all_targets", "any", "all"),
};
const byCarrier: SpokenKind["options"] = {
  miimon: number("miimon", "miimon", fc.constant(100)),
  updelay: number("updelay", "updelay", times(9)),
  downdelay: number("downdelay", "downdelay", times(9)),
  peerNotifDelay: number("peer_notify_delay", "peer_notify_delay", times(9)),
  useCarrier: zeroOne("use_carrier"),
};
const byArp: SpokenKind["options"] = {
  arpInterval: number("arp_interval", "arp_interval", upTo(1000, 1)),
  arpIpTarget: list("arp_ip_target", address4),
  nsIp6Target: list("ns_ip6_target", address6),
  missedMax: number("arp_missed_max", "arp_missed_max", upTo(255, 1)),
};
const arpValidate: Spoken = {
  values: fc.constantFrom("none", "active", "backup", "all", "filter", "filterActive", "filterBackup"),
  key: "arp_validate",
  printed: (word: string) => (word === "none" ? null : word.replace(/[A-Z]/, (letter) => `_${letter.toLowerCase()}`)),
  words: (word: string) => `arp_validate ${word.replace(/[A-Z]/, (letter) => `_${letter.toLowerCase()}`)}`,
};

function bond(mode: NonNullable<BondOptions["mode"]>, options: SpokenKind["options"], most = 1): SpokenKind {
  const modes = number("mode", "mode", fc.constant(mode));
  return { kind: "bond", most, options: { mode: modes, ...common, ...options } };
}

const packetsPerPort = number("packets_per_slave", "packets_per_slave", upTo(65_535));

/** Bonds of every mode that are compared with `ip`. */
export const BONDS: readonly SpokenKind[] = [
  bond("balance-rr", { ...byCarrier, packetsPerPort }),
  bond("active-backup", { ...byArp, arpValidate }, 3),
  bond("active-backup", byCarrier),
  bond("balance-xor", byArp),
  bond("broadcast", byCarrier),
  bond(
    "802.3ad",
    {
      ...byCarrier,
      lacpRate: number("lacp_rate", "ad_lacp_rate", fc.constantFrom("slow", "fast")),
      lacpActive: onOff("lacp_active", "ad_lacp_active"),
      adActorSysPrio: number("ad_actor_sys_prio", "ad_actor_sys_prio", upTo(65_535, 1)),
      adUserPortKey: number("ad_user_port_key", "ad_user_port_key", upTo(1023)),
      adActorSystem: number(
        "ad_actor_system",
        "ad_actor_system",
        upTo(255).map((last) => `02:00:00:00:00:${last.toString(16).padStart(2, "0")}`),
      ),
    },
    2,
  ),
  bond("balance-tlb", { ...byCarrier, tlbDynamicLb: zeroOne("tlb_dynamic_lb") }),
  bond("balance-alb", byCarrier),
];
