import type { ChainReference, TableReference } from "../messages/change.js";
import { type Hook, hookName } from "./hooks.js";
import { type Listed, listChains } from "../listing.js";
import { checkEach } from "../../base/input.js";
import type { Netfilter } from "../netfilter.js";
import type { ChainValues } from "../messages/nf-tables.js";

/** A chain that sees packets at a hook. */
export interface ListedBaseChain extends ChainReference {
  type: string;
  hook: Hook;
  priority: number;
  policy: "accept" | "drop";
  /** The devices whose packets it sees, at ingress and egress. */
  devices?: readonly string[] | undefined;
  /** Packets and bytes that came to the policy, where they are counted. */
  counters?: { readonly packets: number; readonly bytes: number } | undefined;
}

/** The base chain that attributes report; undefined for a chain that is none. */
export function baseChainOf({
  family,
  table,
  name,
  hook,
  policy,
  type = "filter",
  counters,
}: Listed<ChainValues>): ListedBaseChain | undefined {
  if (table === undefined || name === undefined || hook?.hooknum === undefined) return undefined;
  const where = hookName(family, hook.hooknum);
  if (where === undefined) return undefined;
  const devices = hook.devs ?? (hook.dev === undefined ? undefined : [hook.dev]);
  return {
    ...{ family, table, chain: name, type, hook: where, priority: hook.priority ?? 0 },
    policy: policy === "drop" ? "drop" : "accept",
    ...(devices === undefined ? {} : { devices }),
    ...(counters === undefined ? {} : { counters: { packets: counters.packets ?? 0, bytes: counters.bytes ?? 0 } }),
  };
}

/** Lists the chains that see packets, in the order in which packets meet them at each hook. Rejects with NetlinkError. */
export async function listBaseChains(
  netfilter: Netfilter,
  filter?: Parameters<typeof listChains>[1],
): Promise<ListedBaseChain[]> {
  const chains = await listChains(netfilter, filter);
  return chains
    .map((chain) => baseChainOf(chain))
    .filter((chain) => chain !== undefined)
    .sort((one, other) => one.priority - other.priority);
}

/**
 * The chains of others that drop at forward or input whatever their own rules do not accept: a packet must be accepted by every chain at
 * a hook, so that accepting it in a table of one's own does not help. `own`: the tables that are not another's. Chains of
 * iptables-legacy are none of nftables and do not show here. Rejects with NetlinkError.
 */
export async function droppingElsewhere(
  netfilter: Netfilter,
  own: readonly TableReference[] = [],
): Promise<ListedBaseChain[]> {
  checkEach(own, ["family", "table"], "own");
  const isOwn = ({ family, table }: TableReference): boolean =>
    own.some((each) => each.family === family && each.table === table);
  return (await listBaseChains(netfilter)).filter(
    (chain) => chain.policy === "drop" && (chain.hook === "forward" || chain.hook === "input") && !isOwn(chain),
  );
}
