import { u32 } from "../../src/netlink/codecs/numbers.js";
import { bits } from "../../src/netlink/codecs/words.js";
import * as message from "../../src/netlink/message.js";
import type { Codec } from "../../src/netlink/codecs/codec.js";
import {
  flagWords,
  IFF_ATTACH_QUEUE,
  IFF_DETACH_QUEUE,
  tapIoctls,
  type Offload,
} from "../../src/host/taps/tap-options.js";
import { addressAttributes, ifaddrmsg, inet6AddressFlags, scope } from "../../src/rtnetlink/address/address.js";
import { bridgeFamily } from "../../src/rtnetlink/bridge/bridge-link.js";
import { vlanDump, vlanFlags, vlanTunnel } from "../../src/rtnetlink/bridge/bridge-vlan.js";
import * as families from "../../src/rtnetlink/protocol/families.js";
import { bond } from "../../src/rtnetlink/link/kinds/bond.js";
import { bondPort, lacpState } from "../../src/rtnetlink/link/kinds/bond-port.js";
import { bridge, multicastRouter } from "../../src/rtnetlink/link/kinds/bridge.js";
import { bridgePort } from "../../src/rtnetlink/link/kinds/bridge-port.js";
import { tun } from "../../src/rtnetlink/link/kinds/tun.js";
import { extMask, linkFlags, linkInet6, plainLink, xdp } from "../../src/rtnetlink/link/link-attributes.js";
import {
  fdbExtAttributes,
  neighbourFlags,
  neighbourFlagsExt,
  neighbourState,
} from "../../src/rtnetlink/neighbour/neighbour.js";
import { encapsulationType } from "../../src/rtnetlink/route/encapsulation/encapsulation.js";
import {
  checksumMode,
  identifierType,
  locatorHook,
} from "../../src/rtnetlink/route/encapsulation/identifier-locator.js";
import { telemetryMode } from "../../src/rtnetlink/route/encapsulation/in-situ-telemetry.js";
import { nexthopAttributes } from "../../src/rtnetlink/nexthop/nexthop.js";
import { routeMetrics } from "../../src/rtnetlink/route/route-metrics.js";
import {
  LOOKUP_FLAGS,
  nexthopFlags,
  pathFlags,
  routeFlags,
  routePreference,
  routeProtocol,
  routeTable,
  routeTable8,
  routeType,
} from "../../src/rtnetlink/route/route-words.js";
import { fibRuleHeader } from "../../src/rtnetlink/rule/rule.js";
import { segmentAction, segmentFlavour, segmentMode } from "../../src/rtnetlink/route/encapsulation/segment-routing.js";
import { tunnelFlags } from "../../src/rtnetlink/route/encapsulation/tunnel-encapsulation.js";
import { routeAttributes } from "../../src/rtnetlink/route/route.js";
import { filterMode, multicastFlags, multicastState } from "../../src/rtnetlink/bridge/mdb.js";
import { portRequest, portResponse } from "../../src/rtnetlink/link/port-profile.js";
import { vfLinkStateWord } from "../../src/rtnetlink/link/virtual-functions.js";
import { messages } from "../../src/rtnetlink/messages.js";
import { describeTables } from "../../src/rtnetlink/tables.js";
import { bridgeProtocolGroups } from "./bridge-protocols.js";
import { kindGroups } from "./kinds.js";
import { statisticsGroups } from "./statistics.js";
import type { AttributeTable } from "../../src/netlink/codecs/attributes.js";
import { dropAttributes, inPort } from "../../src/genetlink/drop-monitor.js";
import { familyAttributes, groupAttributes } from "../../src/genetlink/generic.js";
import { netfilterGroups, tableGroups as groupsOf } from "./netfilter-constants.js";
import { trafficGroups } from "./traffic-constants.js";
import {
  type Constant,
  constant,
  type Group,
  screaming,
  switchGroup,
  wireNumber,
  wordGroup,
  wordsOf,
} from "./word-groups.js";
import { NL_POLICY_TYPE_ATTR, NLMSGERR_ATTR } from "../unit/netlink/fake-kernel.js";

/** Not numbered by the kernel's own enum. */
const WITHOUT_MAXIMUM = ["AF"];

/** The headers have the places of these bits. */
function segmentFlavours(): Constant[] {
  const { constants } = wordGroup("SEG6_LOCAL_FLV_OP_", segmentFlavour);
  return constants.map(({ name, value }) => constant(name, value, `1 << ${name}`));
}

/** The headers have two enumerations of one field, and a slip of the pen in the first. */
function portResponses(): Group {
  const { constants } = wordGroup("", portResponse);
  const named = constants.map(({ name, value }) => {
    const full = name.replace(/^(VDP|PROFILE)_/, "PORT_$1_RESPONSE_").replace("VERSION_VIOLATION", "VERSION_VIOALTION");
    return constant(full, value);
  });
  return { title: "PORT_VDP_RESPONSE_*, PORT_PROFILE_RESPONSE_*", constants: named };
}

function tableGroups(): Group[] {
  return describeTables().map(({ space, attributes }) => ({
    title: `${space}_*`,
    constants: attributes.map(({ name, number }) => constant(name, number)),
    maximum: WITHOUT_MAXIMUM.includes(space) ? undefined : `${space}_MAX`,
  }));
}

function exported(title: string, module: object, pattern: RegExp): Group {
  const constants = Object.entries(module)
    .filter(([name, value]) => pattern.test(name) && typeof value === "number")
    .map(([name, value]) => constant(name, value as number));
  return { title, constants };
}

function numbered(prefix: string, table: Record<string, number>): Group {
  const constants = Object.entries(table).map(([name, value]) => constant(`${prefix}_${name}`, value));
  return { title: `${prefix}_*`, constants, maximum: `${prefix}_MAX` };
}

function tunFlags(): Constant[] {
  const bits = Array.from({ length: 32 }, (_, bit) => 2 ** bit);
  return [
    ...bits.flatMap((mask) => flagWords(mask).map((name) => constant(name, mask))),
    constant("IFF_ATTACH_QUEUE", IFF_ATTACH_QUEUE),
    constant("IFF_DETACH_QUEUE", IFF_DETACH_QUEUE),
  ];
}

const OFFLOADS: Record<Offload, string> = {
  csum: "TUN_F_CSUM",
  tso4: "TUN_F_TSO4",
  tso6: "TUN_F_TSO6",
  tsoEcn: "TUN_F_TSO_ECN",
  ufo: "TUN_F_UFO",
  uso4: "TUN_F_USO4",
  uso6: "TUN_F_USO6",
};

function offloads(): Constant[] {
  return Object.entries(OFFLOADS).map(([word, name]) =>
    constant(name, tapIoctls({ offload: [word as Offload] })[1] as number),
  );
}

function metricLocks(): Constant[] {
  const lock = routeMetrics.entries.lock[1] as Codec<unknown>;
  return wordsOf(lock).map((word) => {
    const name = `RTAX_${screaming(word)}`;
    return constant(name, wireNumber(lock, [word]), `1 << ${name}`);
  });
}

function tunnelFlagConstants(): Constant[] {
  return wordsOf(tunnelFlags as Codec<unknown>).map((word) => {
    const name = `TUNNEL_${screaming(word)}`;
    return constant(name, wireNumber(tunnelFlags as Codec<unknown>, [word]), `__be16_to_cpu(${name})`);
  });
}

/** Every constant that is known here and that the headers have, too. */
export function groups(): Group[] {
  return [
    ...tableGroups(),
    {
      title: "RTM_*",
      constants: Object.values(messages).map(({ name, type }) => constant(name, type)),
      maximum: "RTM_MAX",
    },
    exported("NLMSG_*", message, /^NLMSG_/),
    exported("NLM_F_*", message, /^NLM_F_/),
    numbered("NLMSGERR_ATTR", NLMSGERR_ATTR),
    numbered("NL_POLICY_TYPE_ATTR", NL_POLICY_TYPE_ATTR),
    exported("AF_*", families, /^AF_/),
    wordGroup("IFF_", linkFlags),
    wordGroup("RTEXT_FILTER_", extMask),
    wordGroup("IFA_F_", addressAttributes.entries.flags[1]),
    wordGroup("IFA_F_", inet6AddressFlags),
    wordGroup("IFA_F_", ifaddrmsg.fields.flags),
    wordGroup("RT_SCOPE_", scope, { global: "RT_SCOPE_UNIVERSE" }),
    wordGroup("IF_OPER_", plainLink.entries.operstate[1]),
    wordGroup("IF_LINK_MODE_", plainLink.entries.linkmode[1]),
    wordGroup("XDP_ATTACHED_", xdp.entries.attached[1]),
    wordGroup("IN6_ADDR_GEN_MODE_", linkInet6.entries.addrGenMode[1]),
    wordGroup("BRIDGE_FLAGS_", bridgeFamily.entries.flags[1]),
    wordGroup("BRIDGE_MODE_", bridgeFamily.entries.mode[1]),
    wordGroup("BRIDGE_VLAN_INFO_", vlanFlags),
    wordGroup("BRIDGE_VLANDB_DUMPF_", vlanDump.entries.flags[1]),
    wordGroup("RTM_", vlanTunnel.entries.cmd[1], { delete: "RTM_DELLINK", set: "RTM_SETLINK" }),
    wordGroup("BOND_MODE_", bond.entries.mode[1], {
      "balance-rr": "BOND_MODE_ROUNDROBIN",
      "active-backup": "BOND_MODE_ACTIVEBACKUP",
      "balance-xor": "BOND_MODE_XOR",
      "802.3ad": "BOND_MODE_8023AD",
      "balance-tlb": "BOND_MODE_TLB",
      "balance-alb": "BOND_MODE_ALB",
    }),
    wordGroup("BOND_XMIT_POLICY_", bond.entries.xmitHashPolicy[1], {
      "layer3+4": "BOND_XMIT_POLICY_LAYER34",
      "layer2+3": "BOND_XMIT_POLICY_LAYER23",
      "encap2+3": "BOND_XMIT_POLICY_ENCAP23",
      "encap3+4": "BOND_XMIT_POLICY_ENCAP34",
      "vlan+srcmac": "BOND_XMIT_POLICY_VLAN_SRCMAC",
    }),
    wordGroup("BOND_STATE_", bondPort.entries.state[1]),
    wordGroup("BOND_LINK_", bondPort.entries.miiStatus[1], {
      goingDown: "BOND_LINK_FAIL",
      goingBack: "BOND_LINK_BACK",
    }),
    wordGroup("LACP_STATE_", lacpState),
    wordGroup("BR_STATE_", bridgePort.entries.state[1]),
    wordGroup("MDB_RTR_TYPE_", multicastRouter),
    wordGroup("IFF_", tun.entries.type[1]),
    wordGroup("ETH_P_", bridge.entries.vlanProtocol[1], { "802.1Q": "ETH_P_8021Q", "802.1ad": "ETH_P_8021AD" }),
    wordGroup("BR_STP_MODE_", bridge.entries.stpMode[1]),
    wordGroup("MDB_", multicastState),
    wordGroup("MDB_FLAGS_", multicastFlags),
    wordGroup("MCAST_", filterMode),
    wordGroup("NUD_", neighbourState),
    wordGroup("NTF_", neighbourFlags),
    wordGroup("NTF_EXT_", neighbourFlagsExt),
    wordGroup("FDB_NOTIFY_", fdbExtAttributes.entries.activityNotify[1], {
      notify: "FDB_NOTIFY_BIT",
      inactive: "FDB_NOTIFY_INACTIVE_BIT",
    }),
    wordGroup("RTN_", routeType),
    { ...wordGroup("RTPROT_", routeProtocol), sparse: true },
    wordGroup("RT_TABLE_", routeTable),
    wordGroup("RT_TABLE_", routeTable8),
    wordGroup("RTNH_F_", pathFlags),
    wordGroup("RTNH_F_", nexthopFlags),
    wordGroup("RTM_F_", routeFlags, {
      ...Object.fromEntries(wordsOf(pathFlags as Codec<unknown>).map((word) => [word, `RTNH_F_${word.toUpperCase()}`])),
      rtOffload: "RTM_F_OFFLOAD",
      rtTrap: "RTM_F_TRAP",
      rtOffloadFailed: "RTM_F_OFFLOAD_FAILED",
    }),
    wordGroup("RTCF_", bits(u32, LOOKUP_FLAGS), { rtNotify: "RTCF_NOTIFY" }),
    wordGroup("ICMPV6_ROUTER_PREF_", routePreference),
    wordGroup("RT_DEL_REASON_", routeAttributes.entries.delReason[1]),
    wordGroup("RTAX_FEATURE_", routeMetrics.entries.features[1]),
    { title: "RTAX_LOCK", constants: metricLocks() },
    wordGroup("LWTUNNEL_ENCAP_", encapsulationType),
    { title: "TUNNEL_*", constants: tunnelFlagConstants() },
    wordGroup("ILA_CSUM_", checksumMode),
    wordGroup("ILA_ATYPE_", identifierType, {
      virtV4: "ILA_ATYPE_VIRT_V4",
      rsvd1: "ILA_ATYPE_RSVD_1",
      rsvd2: "ILA_ATYPE_RSVD_2",
    }),
    wordGroup("ILA_HOOK_", locatorHook),
    wordGroup("IOAM6_IPTUNNEL_MODE_", telemetryMode),
    wordGroup("SEG6_IPTUN_MODE_", segmentMode),
    wordGroup("SEG6_LOCAL_ACTION_", segmentAction),
    { title: "SEG6_LOCAL_FLV_OP_*", constants: segmentFlavours() },
    wordGroup("FR_ACT_", fibRuleHeader.fields.action),
    wordGroup("FIB_RULE_", fibRuleHeader.fields.flags),
    wordGroup("NEXTHOP_GRP_TYPE_", nexthopAttributes.entries.groupType[1]),
    wordGroup("NHA_OP_FLAG_", nexthopAttributes.entries.opFlags[1], {
      respGrpResvd0: "NHA_OP_FLAG_RESP_GRP_RESVD_0",
    }),
    switchGroup("BR_BOOLOPT_", bridge.entries.multiBoolopt[1], {
      names: { fdbLocalVlan0: "BR_BOOLOPT_FDB_LOCAL_VLAN_0" },
      expressionOf: (name) => `1 << ${name}`,
    }),
    ...bridgeProtocolGroups(),
    ...statisticsGroups(),
    ...kindGroups(),
    wordGroup("IFLA_VF_LINK_STATE_", vfLinkStateWord),
    wordGroup("PORT_REQUEST_", portRequest),
    portResponses(),
    ...trafficGroups(),
    ...netfilterGroups(),
    ...groupsOf([familyAttributes, groupAttributes, dropAttributes, inPort] as AttributeTable[]),
    { title: "TUNSETIFF", constants: tunFlags() },
    { title: "TUN_F_*", constants: offloads() },
  ];
}
