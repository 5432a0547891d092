import { InputError } from "../../base/errors.js";
import type { Draft } from "../draft/draft.js";
import type { Entry } from "../draft/entry.js";
import type { Options } from "../draft/options.js";
import { milliseconds, number, numbered, seconds, text, wordsOf, yesNo } from "../syntax/values.js";

const MODES = ["balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb"];
export const bondMode = numbered(...MODES);
export const hashPolicy = numbered("layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac");
export const arpValidate = numbered("none", "active", "backup", "all", "filter", "filterActive", "filterBackup");

/** The bonding driver's own words (Documentation/networking/bonding.rst), which most files use. */
export const bondOptions: Options = {
  mode: ["mode", bondMode],
  miimon: ["miimon", milliseconds],
  updelay: ["updelay", milliseconds],
  downdelay: ["downdelay", milliseconds],
  use_carrier: ["useCarrier", yesNo],
  arp_interval: ["arpInterval", milliseconds],
  arp_ip_target: ["arpIpTarget", (value) => wordsOf(value).map((word) => word.replace(/^\+/, ""))],
  ns_ip6_target: ["nsIp6Target", wordsOf],
  arp_validate: ["arpValidate", (value) => arpValidate(value.replace("_", ""))],
  arp_all_targets: ["arpAllTargets", numbered("any", "all")],
  arp_missed_max: ["missedMax", number],
  primary: ["primary", text],
  active_slave: ["activePort", text],
  primary_reselect: ["primaryReselect", numbered("always", "better", "failure")],
  fail_over_mac: ["failOverMac", numbered("none", "active", "follow")],
  xmit_hash_policy: ["xmitHashPolicy", hashPolicy],
  resend_igmp: ["resendIgmp", number],
  num_grat_arp: ["numPeerNotif", number],
  num_unsol_na: ["numPeerNotif", number],
  all_slaves_active: ["allPortsActive", yesNo],
  min_links: ["minLinks", number],
  lp_interval: ["lpInterval", seconds],
  packets_per_slave: ["packetsPerPort", number],
  lacp_rate: ["lacpRate", numbered("slow", "fast")],
  lacp_active: ["lacpActive", yesNo],
  ad_select: ["adSelect", numbered("stable", "bandwidth", "count")],
  ad_actor_sys_prio: ["adActorSysPrio", number],
  ad_user_port_key: ["adUserPortKey", number],
  ad_actor_system: ["adActorSystem", text],
  tlb_dynamic_lb: ["tlbDynamicLb", yesNo],
  peer_notif_delay: ["peerNotifDelay", milliseconds],
};

/** A kernel option such as "miimon=100" that stands in a line with others. */
export function setOption(draft: Draft, entry: Entry, path: readonly string[], options: Options, word: string): void {
  const [name = "", ...rest] = word.split("=");
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  draft.reading(entry, () => {
    if (option === undefined || rest.length === 0) throw new InputError(`${word}: a declaration has no such option`);
    draft.set(entry, [...path, option[0]], option[1](rest.join("=")));
  });
}
