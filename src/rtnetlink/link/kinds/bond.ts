import { attributes, type Values } from "../../../netlink/codecs/attributes.js";
import { readOnly, unreported } from "../../../netlink/codecs/codec.js";
import { ipv4, ipv6, mac } from "../../../netlink/codecs/internet.js";
import { indexed, nest } from "../../../netlink/codecs/nests.js";
import { flag8, milliseconds, seconds, u16, u32, u8 } from "../../../netlink/codecs/numbers.js";
import { words } from "../../../netlink/codecs/words.js";

/** How a bond spreads frames over its ports (BOND_MODE_*, linux/if_bonding.h). */
export const bondMode = words(u8, {
  "balance-rr": 0,
  "active-backup": 1,
  "balance-xor": 2,
  broadcast: 3,
  "802.3ad": 4,
  "balance-tlb": 5,
  "balance-alb": 6,
});

/** What a frame's port is chosen by (BOND_XMIT_POLICY_*, linux/if_bonding.h). */
const hashPolicy = words(u8, {
  layer2: 0,
  "layer3+4": 1,
  "layer2+3": 2,
  "encap2+3": 3,
  "encap3+4": 4,
  "vlan+srcmac": 5,
});

/** Numbers of drivers/net/bonding/bond_options.c, as those of the other enumerations that no header has. */
const arpValidate = words(u32, {
  none: 0,
  active: 1,
  backup: 2,
  all: 3,
  filter: 4,
  filterActive: 5,
  filterBackup: 6,
});

/** The active aggregator of a bond in mode 802.3ad (IFLA_BOND_AD_INFO_*, linux/if_link.h). */
export const bondAdInfo = attributes("IFLA_BOND_AD_INFO", () => ({
  aggregator: [1, u16, "the aggregator's id"],
  numPorts: [2, u16, "ports in it"],
  actorKey: [3, u16, "this side's key"],
  partnerKey: [4, u16, "the other side's key"],
  partnerMac: [5, mac, "the other side's system"],
}));

const PRIVILEGED = "reported to who has CAP_NET_ADMIN in the first user namespace alone";

/** Options of a bond (IFLA_BOND_*, linux/if_link.h). Durations are milliseconds. */
export const bond = attributes("IFLA_BOND", () => ({
  mode: [1, bondMode, "how frames are spread over the ports; only while it is down and has none"],
  activePort: [
    2,
    unreported(u32, "the port in use, which the bond may change at once"),
    "index of the port in use, 0 to choose anew",
    "IFLA_BOND_ACTIVE_SLAVE",
  ],
  miimon: [3, milliseconds, "between looks at the ports' carrier, 0 for none"],
  updelay: [4, milliseconds, "before a carrier that came is trusted; a multiple of miimon"],
  downdelay: [5, milliseconds, "before a carrier that went is believed gone; a multiple of miimon"],
  useCarrier: [6, flag8, "ask the driver's carrier, not the MII registers"],
  arpInterval: [7, milliseconds, "between ARP probes, 0 for none"],
  arpIpTarget: [8, indexed(ipv4), "whom ARP probes ask, at most 16"],
  arpValidate: [9, arpValidate, "which ports' ARP probes and answers are checked"],
  arpAllTargets: [10, words(u32, { any: 0, all: 1 }), "how many targets must answer"],
  primary: [
    11,
    unreported(u32, "reported while it is a port (drivers/net/bonding/bond_netlink.c)"),
    "index of the port that is preferred, 0 for none",
  ],
  primaryReselect: [12, words(u8, { always: 0, better: 1, failure: 2 }), "when the primary port takes over again"],
  failOverMac: [13, words(u8, { none: 0, active: 1, follow: 2 }), "whose MAC the ports have; only while it has none"],
  xmitHashPolicy: [14, hashPolicy, "what a frame's port is chosen by"],
  resendIgmp: [15, u32, "IGMP reports sent after a failover, at most 255"],
  numPeerNotif: [16, u8, "gratuitous ARPs and unsolicited advertisements sent after a failover"],
  allPortsActive: [17, flag8, "frames that come in at backup ports are taken, too", "IFLA_BOND_ALL_SLAVES_ACTIVE"],
  minLinks: [18, u32, "ports that must be up for the bond to have a carrier"],
  lpInterval: [19, seconds, "between learning packets to each port's switch"],
  packetsPerPort: [20, u32, "frames through a port before the next, 0 for random", "IFLA_BOND_PACKETS_PER_SLAVE"],
  lacpRate: [21, words(u8, { slow: 0, fast: 1 }), "how often the partner is asked to send", "IFLA_BOND_AD_LACP_RATE"],
  adSelect: [22, words(u8, { stable: 0, bandwidth: 1, count: 2, actorPortPrio: 3 }), "how the aggregator is chosen"],
  adInfo: [23, readOnly(nest(bondAdInfo)), "the active aggregator"],
  adActorSysPrio: [24, unreported(u16, PRIVILEGED), "the system priority, 1 to 65535"],
  adUserPortKey: [25, unreported(u16, PRIVILEGED), "the upper part of the port key, 0 to 1023"],
  adActorSystem: [26, unreported(mac, PRIVILEGED), "the system's MAC; zeros for the bond's own"],
  tlbDynamicLb: [27, flag8, "balance-tlb spreads by load"],
  peerNotifDelay: [28, milliseconds, "between notifications of a failover; a multiple of miimon"],
  lacpActive: [29, flag8, "LACP frames are sent without being asked for", "IFLA_BOND_AD_LACP_ACTIVE"],
  missedMax: [30, u8, "ARP probes without an answer before a port is down, 1 to 255"],
  nsIp6Target: [31, indexed(ipv6), "whom neighbour solicitations ask, at most 16"],
  coupledControl: [32, flag8, "collecting and distributing start together"],
  broadcastNeigh: [33, flag8, "ARP and neighbour discovery are sent through every port"],
  lacpStrict: [34, flag8, "no carrier without an LACP partner"],
}));

/** Options of a bond; durations are milliseconds. */
export type BondOptions = Values<typeof bond>;
