import { NetlinkError } from "../../kernel/error.js";
import { explained } from "./late-hints.js";

/** Why the kernel refuses a route or a next hop (net/ipv4/fib_semantics.c, net/ipv6/route.c, net/ipv4/nexthop.c). */
function wayHint({ code, kernelMessage = "" }: NetlinkError, { blackhole }: Wrapping): string | undefined {
  if (code === "ENETUNREACH" || code === "EHOSTUNREACH" || kernelMessage.includes("invalid gateway"))
    return "the gateway is on no link that is up: add an address of its network, or give the link and onlink";
  // One that leads nowhere stands on the loopback link.
  if (code === "ENETDOWN") return blackhole === true ? "bring lo up first" : "bring the link up first";
  if (code === "ENODEV" && kernelMessage === "") return "there is no such link in this network namespace";
  if (code === "EINVAL" && /(prefsrc|source) address/.test(kernelMessage))
    return "the source must be an address of this host";
  if (code === "EACCES") return "net.ipv6.conf.LINK.disable_ipv6 is 1";
  if (code === "EOPNOTSUPP" && kernelMessage === "") return "this kernel has no IPv6, or it is switched off";
  return undefined;
}

/** The kernel's option for each way to wrap packets, and its module. */
const ENCAPSULATION_OPTIONS: Record<string, string> = {
  mpls: "CONFIG_MPLS_IPTUNNEL, module mpls_iptunnel",
  ip: "CONFIG_LWTUNNEL",
  ila: "CONFIG_IPV6_ILA, module ila",
  ip6: "CONFIG_LWTUNNEL and CONFIG_IPV6",
  seg6: "CONFIG_IPV6_SEG6_LWTUNNEL",
  bpf: "CONFIG_LWTUNNEL_BPF",
  seg6Local: "CONFIG_IPV6_SEG6_LWTUNNEL",
  rpl: "CONFIG_IPV6_RPL_LWTUNNEL, since Linux 5.7",
  ioam6: "CONFIG_IPV6_IOAM6_LWTUNNEL, since Linux 5.15",
  xfrm: "CONFIG_XFRM_INTERFACE, module xfrm_interface, since Linux 6.1",
};

/** What was to be said of routes or next hops, as far as hints depend on it. */
export interface Wrapping {
  readonly encapsulation?: { readonly type: string | number } | undefined;
  readonly nexthops?: readonly Wrapping[] | undefined;
  readonly blackhole?: boolean | undefined;
}

function wrappingTypes({ encapsulation, nexthops = [] }: Wrapping): string[] {
  const own = encapsulation === undefined ? [] : [String(encapsulation.type)];
  return [...new Set([...own, ...nexthops.flatMap(wrappingTypes)])];
}

/** What a kernel lacks that cannot wrap packets as it is asked to (net/core/lwtunnel.c). */
function wrappingHint({ kernelMessage = "" }: NetlinkError, wrapping: Wrapping): string | undefined {
  if (!kernelMessage.startsWith("lwt encapsulation type not supported")) return undefined;
  const needs = wrappingTypes(wrapping).map((type) => `${type} needs ${ENCAPSULATION_OPTIONS[type] ?? "a newer one"}`);
  return `this kernel cannot wrap packets so: ${needs.join("; ")}`;
}

/** What a refused look-up met. */
const MET: Readonly<Record<string, string>> = {
  ENETUNREACH: "no route leads there",
  EHOSTUNREACH: "a route of type unreachable leads there, or none",
  EACCES: "a route of type prohibit leads there",
  EINVAL: "a route of type blackhole leads there",
};

const EXISTING: Readonly<Record<string, string>> = {
  RTM_NEWROUTE:
    "its table has a route to there with this metric: replace takes its place, another metric stands beside it",
  RTM_NEWNEXTHOP: "the id is taken; replace changes the next hop",
  RTM_NEWRULE: "there is such a rule already",
  RTM_NEWNEIGH: "the neighbour is known already; replace changes it",
};

function hintFor(error: NetlinkError, wrapping: Wrapping): string | undefined {
  const { code, syscall, kernelMessage } = error;
  if (code === "EEXIST") return EXISTING[syscall];
  if (syscall === "RTM_NEWROUTE" || syscall === "RTM_NEWNEXTHOP")
    return wrappingHint(error, wrapping) ?? wayHint(error, wrapping);
  if (syscall === "RTM_DELROUTE" && code === "ESRCH")
    return kernelMessage === "FIB table does not exist"
      ? "nothing has been put into that table"
      : "no route in the table has all of this";
  if (syscall === "RTM_GETROUTE" && kernelMessage === undefined) return MET[code];
  if (syscall.endsWith("NEXTHOP") && code === "ENOENT") return "there is no such next hop";
  if (syscall === "RTM_DELNEIGH" && code === "ENOENT") return "there is no such neighbour";
  if (syscall === "RTM_NEWNEIGH" && kernelMessage === "Invalid link address")
    return "its length is not that of the link's own";
  return undefined;
}

/** Awaits a request about routes, rules, neighbours or next hops; what it rejects with gets a hint where the cause is known. */
export async function explainRouting<T>(request: Promise<T>, wrapping: Wrapping = {}): Promise<T> {
  try {
    return await explained(request);
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.hint !== undefined) throw error;
    const hint = hintFor(error, wrapping);
    throw hint === undefined ? error : error.with({ hint });
  }
}
