/*
 * What an errno means, and what to do: `hintFor`. Where that takes a look at other links, link-causes.ts and join-causes.ts do it;
 * routes, next hops, qdiscs and filters have hints of their own beside it, and the ioctls of TAPs in ../taps/tap.ts.
 * Others reach all this by late-hints.ts, which loads it with the first refusal.
 */
import { NetlinkError } from "../../kernel/error.js";
import { bondHint } from "./bond-hints.js";

export { findCause } from "./link-causes.js";

/** The kernel's option for each kind of link, and its module. */
const KIND_OPTIONS: Record<string, string> = {
  bond: "CONFIG_BONDING, module bonding",
  bridge: "CONFIG_BRIDGE, module bridge",
  dummy: "CONFIG_DUMMY, module dummy",
  erspan: "CONFIG_NET_IPGRE, module ip_gre",
  geneve: "CONFIG_GENEVE, module geneve",
  gre: "CONFIG_NET_IPGRE, module ip_gre",
  gretap: "CONFIG_NET_IPGRE, module ip_gre",
  ifb: "CONFIG_IFB, module ifb",
  ip6erspan: "CONFIG_IPV6_GRE, module ip6_gre",
  ip6gre: "CONFIG_IPV6_GRE, module ip6_gre",
  ip6gretap: "CONFIG_IPV6_GRE, module ip6_gre",
  ip6tnl: "CONFIG_IPV6_TUNNEL, module ip6_tunnel",
  ipip: "CONFIG_NET_IPIP, module ipip",
  ipvlan: "CONFIG_IPVLAN, module ipvlan",
  ipvtap: "CONFIG_IPVTAP, module ipvtap",
  macvlan: "CONFIG_MACVLAN, module macvlan",
  macvtap: "CONFIG_MACVTAP, module macvtap",
  netkit: "CONFIG_NETKIT, since Linux 6.7",
  nlmon: "CONFIG_NLMON, module nlmon",
  sit: "CONFIG_IPV6_SIT, module sit",
  team: "CONFIG_NET_TEAM, module team",
  tun: "CONFIG_TUN, module tun",
  veth: "CONFIG_VETH, module veth",
  vlan: "CONFIG_VLAN_8021Q, module 8021q",
  vrf: "CONFIG_NET_VRF, module vrf",
  vti: "CONFIG_NET_IPVTI, module ip_vti",
  vti6: "CONFIG_IPV6_VTI, module ip6_vti",
  vxlan: "CONFIG_VXLAN, module vxlan",
};

/** The kernel's option for attributes that some kernels lack. */
const ATTRIBUTE_OPTIONS: Record<string, string> = {
  vlanFiltering: "CONFIG_BRIDGE_VLAN_FILTERING",
  vlanProtocol: "CONFIG_BRIDGE_VLAN_FILTERING",
  vlanDefaultPvid: "CONFIG_BRIDGE_VLAN_FILTERING",
  vlanStatsEnabled: "CONFIG_BRIDGE_VLAN_FILTERING",
  vlanStatsPerPort: "CONFIG_BRIDGE_VLAN_FILTERING",
  mcastSnooping: "CONFIG_BRIDGE_IGMP_SNOOPING",
  mcastQuerier: "CONFIG_BRIDGE_IGMP_SNOOPING",
  nfCallIptables: "CONFIG_BRIDGE_NETFILTER",
};

/** What a kernel needs for an option that it does not know. */
function optionHint(attribute: string): string {
  const option = ATTRIBUTE_OPTIONS[attribute.split(".").at(-1)!];
  return option === undefined
    ? "it is newer than this kernel, or not built into it"
    : `it needs a kernel with ${option}`;
}

/** What a bridge's timers, and a port's cost and priority, may be (net/bridge/br_private_stp.h): the kernel says no more than ERANGE. */
const RANGES: Record<string, Record<string, string>> = {
  "linkInfo.data": {
    forwardDelay: "while the spanning tree runs, it is 2s to 30s",
    helloTime: "it is 1s to 10s",
    maxAge: "it is 6s to 40s",
  },
  "linkInfo.slaveData": { cost: "it is 1 to 65535", priority: "it is 0 to 63" },
};

function rangesOf(path: string): Record<string, string> {
  return RANGES[path] ?? {};
}

function rangeOf({ code, kernelMessage, attribute = "" }: NetlinkError): string | undefined {
  if (code !== "ERANGE" && kernelMessage !== "the kernel took no notice of it") return undefined;
  const end = attribute.lastIndexOf(".");
  return rangesOf(attribute.slice(0, end))[attribute.slice(end + 1)];
}

const PRIVILEGE =
  "it needs CAP_NET_ADMIN in the user namespace that owns this network namespace; without root, start in namespaces " +
  "of your own: unshare --user --map-root-user --net";

const NEEDS_MIIMON = "a bond's delays need miimon";

/** Options that are refused with EPERM, as if it were for want of privilege. */
const DENIED: Record<string, string> = {
  queueId: "a port's queue is one of the bond's transmit queues, and no other port's",
  updelay: NEEDS_MIIMON,
  downdelay: NEEDS_MIIMON,
  peerNotifDelay: NEEDS_MIIMON,
};

/** What a request was to do, as far as hints depend on it. */
export interface Circumstances {
  readonly kind?: string | undefined;
  /** The name that a new link was to have. */
  readonly name?: string | undefined;
  /** A link that exists was to get another name. */
  readonly renamed?: boolean | undefined;
  /** The carrier was to be set. */
  readonly carrier?: boolean | undefined;
}

/** The hint for a refusal, by its code and by what was asked for: a new one is a line here. */
function hintFor(
  error: NetlinkError,
  { kind, name, renamed = false, carrier = false }: Circumstances,
  options: readonly string[] = [],
): string | undefined {
  const { code, syscall, kernelMessage, attribute } = error;
  const cure = bondHint(error) ?? rangeOf(error);
  if (cure !== undefined) return cure;
  if (code === "EPERM" && carrier) return `a TAP's carrier can be set only while it is open; otherwise ${PRIVILEGE}`;
  if (code === "EPERM" && kernelMessage === undefined) {
    const denied = options.find((option) => Object.hasOwn(DENIED, option));
    return denied === undefined ? PRIVILEGE : `${DENIED[denied]}; otherwise ${PRIVILEGE}`;
  }
  if (renamed && code === "EBUSY") return "before Linux 6.2, a link must be down to be renamed";
  if (kind !== undefined && code === "EOPNOTSUPP" && kernelMessage === "Unknown device type") {
    const option = KIND_OPTIONS[kind];
    return `this kernel has no links of kind ${kind}` + (option === undefined ? "" : `; it needs ${option}`);
  }
  if (name !== undefined && code === "EEXIST" && kernelMessage === undefined)
    return `a link named ${name} exists already`;
  if (syscall.endsWith("LINK") && code === "ENODEV") return "there is no such link in this network namespace";
  if (code === "EXFULL" || kernelMessage?.includes("ports limit")) return "a bridge has at most 1023 ports";
  if (attribute !== undefined && (code === "EOPNOTSUPP" || kernelMessage === "Unknown attribute type"))
    return optionHint(attribute);
  return vlanHint(code, syscall, attribute);
}

/** Why the kernel refuses what is about VLANs, where it does not say so (net/bridge/br_vlan.c). */
function vlanHint(code: string, syscall: string, attribute = ""): string | undefined {
  if (code === "EOPNOTSUPP" && /^RTM_...VLAN$/.test(syscall))
    return "it needs Linux 5.6 or newer with CONFIG_BRIDGE_VLAN_FILTERING";
  if (code === "EEXIST" && syscall === "RTM_NEWVLAN") return "another VLAN of the port is mapped to that tunnel";
  if (code === "EINVAL" && syscall === "RTM_GETVLAN") return "it is neither a bridge nor a port of one";
  if (code === "EINVAL" && attribute.endsWith("vlanDefaultPvid")) return "a VLAN is 1 to 4094, and 0 is none";
  if (code === "EBUSY" && attribute.endsWith("vlanStatsPerPort"))
    return "it changes only while no port has VLANs, and a port that joins gets the bridge's vlanDefaultPvid";
  return undefined;
}

/** Options among which one was refused, and where they are in the message. */
export interface Suspects {
  readonly path: "linkInfo.data" | "linkInfo.slaveData" | "globalOptions";
  readonly names: readonly string[];
  /** What of any link is changed beside them. */
  readonly besides?: readonly string[];
}

const SILENT_CODES = ["EOPNOTSUPP", "ERANGE", "EINVAL", "ENOENT", "EBUSY"];

/** The kernel does not always say which option it refuses: the only one, or one of several. */
function accuse(error: NetlinkError, { path, names, besides = [] }: Suspects): NetlinkError {
  const { attribute, kernelMessage, code, hint } = error;
  const isKnown = attribute !== undefined || kernelMessage !== undefined || hint !== undefined;
  if (isKnown || !SILENT_CODES.includes(code)) return error;
  const likely = code === "EOPNOTSUPP" ? ATTRIBUTE_OPTIONS : code === "ERANGE" ? rangesOf(path) : {};
  const optional = names.filter((name) => Object.hasOwn(likely, name));
  const [only, ...others] = optional.length === 1 ? optional : [...names, ...besides];
  if (only === undefined || names.length === 0) return error;
  if (others.length === 0) return error.with({ attribute: `${path}.${only}` });
  const needed = new Set(code === "EOPNOTSUPP" ? optional.map((name) => ATTRIBUTE_OPTIONS[name]) : []);
  const kernel = needed.size === 0 ? "" : `; this kernel may lack ${[...needed].join(" or ")}`;
  return error.with({ hint: `it is one of ${[...names, ...besides].join(", ")}${kernel}` });
}

/** Why the kernel does not take a port's spanning tree state (net/bridge/br_netlink.c). */
const STATE_REFUSALS: Record<string, string> = {
  EBUSY: "the kernel runs the bridge's spanning tree, and sets it itself: see stpState",
  ENETDOWN: "it can be set only while the port is up and has a carrier",
};

function accuseState(error: NetlinkError, { path, names }: Suspects): NetlinkError | undefined {
  const hint = STATE_REFUSALS[error.code];
  if (path !== "linkInfo.slaveData" || !names.includes("state") || hint === undefined) return undefined;
  return error.with({ attribute: `${path}.state`, hint });
}

/** The error, with a hint where the cause is known. */
export function explain(error: unknown, circumstances: Circumstances, suspects?: Suspects): unknown {
  if (!(error instanceof NetlinkError)) return error;
  const accused = suspects === undefined ? error : (accuseState(error, suspects) ?? accuse(error, suspects));
  const hint = accused.hint ?? hintFor(accused, circumstances, suspects?.names);
  return hint === accused.hint ? accused : accused.with({ hint });
}
