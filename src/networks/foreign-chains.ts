import type { Host } from "../host/host.js";
import { NetlinkError } from "../kernel/error.js";
import type { Change } from "../netfilter/messages/change.js";
import * as nft from "../netfilter/index.js";
import type { Clause } from "../netfilter/rules/clause.js";
import { type ResolvedNetwork, ownDns, usesDnsmasq } from "./definition.js";

/** A chain of somebody else that drops or refuses what it does not know; no rule in a table of one's own helps against it. */
export interface ForeignDrop {
  /** Such as "chain FORWARD of table ip filter". */
  readonly chain: string;
  readonly hook: "forward" | "input";
}

type Rules = Pick<Host, "netfilter">;
type ListedRule = nft.Ruleset["rules"][number];

/** A chain that drops, and the chain in which a rule of ours helps: for Docker's, that which it leaves to others. */
interface Dropping {
  readonly place: nft.ChainReference;
  readonly hook: ForeignDrop["hook"];
  readonly helps: nft.ChainReference;
}

const OWN_TABLE = "linkwright";
/** Of ICMPv6: who has an address, and who says so (RFC 4861). */
const [SOLICITATION, ADVERTISEMENT] = [135, 136];
const FOR_OTHERS = "DOCKER-USER";

function text({ place: { family, table, chain } }: Dropping): string {
  return `chain ${chain} of table ${family} ${table}`;
}

/** The mark of a network's rules in chains of others. */
function markOf({ name }: Pick<ResolvedNetwork, "name">): string {
  return `linkwright: network ${name}`;
}

function commentOf({ expressions = [], userdata }: ListedRule): string | undefined {
  return nft.iptablesCommentIn(expressions) ?? nft.commentIn(userdata);
}

/** Whether a rule ends all packets that come to it, as a policy does: firewalld's chains end so. */
function isFinal({ expressions = [] }: ListedRule): boolean {
  const ends = expressions.at(-1);
  const isDrop = ends?.name === "immediate" && ends.data.data?.verdict?.code === "drop";
  const counts = expressions.slice(0, -1).every(({ name }) => name === "counter" || name === "log");
  return counts && (isDrop || ends?.name === "reject");
}

function isMarked(rule: ListedRule, plan: ResolvedNetwork): boolean {
  return commentOf(rule) === markOf(plan);
}

/** The chains of others that see what a network's guests send: what is asked of them does not grow with the networks. */
async function chainsOfOthers({ netfilter }: Rules, plan: ResolvedNetwork): Promise<nft.ListedBaseChain[]> {
  const own = plan.subnets.map(({ subnet }) => (subnet.family === "inet" ? "ip" : "ip6"));
  const others = (await netfilter.tables()).filter(({ name }) => name !== OWN_TABLE).map(({ family }) => family);
  const families = (["inet", ...new Set(own)] as const).filter((family) => others.includes(family));
  const chains = await Promise.all(families.map((family) => netfilter.baseChains({ family })));
  const hooks = plan.mode === "host-only" ? ["input"] : ["forward", "input"];
  return chains.flat().filter(({ table, hook }) => table !== OWN_TABLE && hooks.includes(hook));
}

/** The chains of others that drop or refuse what their own rules do not accept, and in which a network has no rule. */
async function dropping(host: Rules, plan: ResolvedNetwork): Promise<Dropping[]> {
  if (plan.subnets.length === 0) return [];
  const found: Dropping[] = [];
  for (const { family, table, chain, hook, policy } of await chainsOfOthers(host, plan)) {
    const place = { family, table, chain };
    const rules = await host.netfilter.rulesOf(place);
    const last = rules.at(-1);
    if (policy !== "drop" && (last === undefined || !isFinal(last))) continue;
    const left = { ...place, chain: FOR_OTHERS };
    // Docker's own has a rule at least, which leaves it.
    const leftRules = hook === "forward" ? await host.netfilter.rulesOf(left) : [];
    const isLeft = leftRules.length > 0;
    if ((isLeft ? leftRules : rules).some((rule) => isMarked(rule, plan))) continue;
    found.push({ place, hook: hook as ForeignDrop["hook"], helps: isLeft ? left : place });
  }
  return found;
}

/**
 * The chains of others that may drop or refuse what a network lets pass, and in which it has no rule: a packet has to be accepted by each
 * chain at a hook.
 */
export async function foreignDrops(host: Rules, plan: ResolvedNetwork): Promise<ForeignDrop[]> {
  return (await dropping(host, plan)).map((each) => ({ chain: text(each), hook: each.hook }));
}

/** Chains of iptables have its names, and comments that it reads. */
function isOfIptables({ table, chain }: nft.ChainReference): boolean {
  return table === "filter" && chain === chain.toUpperCase();
}

/** What guests ask this machine for, and only that where it is not for them as a whole: names, addresses of a dnsmasq, its MAC by IPv6. */
function services(plan: ResolvedNetwork, family: nft.ChainReference["family"]): Clause[] {
  const ports = [
    ...(ownDns(plan) !== undefined || usesDnsmasq(plan)
      ? [nft.is("udpDestinationPort", 53), nft.is("tcpDestinationPort", 53)]
      : []),
    ...(usesDnsmasq(plan) ? [nft.is("udpDestinationPort", 67)] : []),
  ];
  const hasSix = family !== "ip" && plan.subnets.some(({ subnet }) => subnet.family === "inet6");
  return [...ports, ...(hasSix ? [SOLICITATION, ADVERTISEMENT].map((type) => nft.is("icmpv6Type", type)) : [])];
}

/** What is accepted of a network, each by a rule of its own. */
function accepted({ hook, helps }: Dropping, plan: ResolvedNetwork): Clause[][] {
  const from = nft.iifname(plan.bridge);
  if (hook === "forward") return [[from], [nft.oifname(plan.bridge)]];
  return plan.mode === "host-only" ? [[from]] : services(plan, helps.family).map((service) => [from, service]);
}

/**
 * Rules that accept a network before all others of a chain. What of it is not to pass, the network's own chains refuse, and the chains
 * of others that are still to come.
 */
function acceptance(drop: Dropping, plan: ResolvedNetwork): Change[] {
  const mark = markOf(plan);
  const { helps } = drop;
  return accepted(drop, plan).flatMap((ways) =>
    isOfIptables(helps)
      ? nft.addRule(helps, [...ways, nft.iptablesComment(mark), nft.counter(), nft.accept()], { before: "first" })
      : nft.addRule(helps, [...ways, nft.counter(), nft.accept()], { before: "first", comment: mark }),
  );
}

/** Who owns a table lets nobody else change it; what is gone needs no rule. */
function isOthersDoing(error: unknown): boolean {
  return error instanceof NetlinkError && ["EPERM", "ENOENT"].includes(error.code);
}

/**
 * Has chains of others that drop accept a network: at forward, and at input what guests ask this machine for, of mode "host-only" all, for
 * that is what it is there for. Chains whose table nobody but its owner may change stay as they are, and `foreignDrops` goes on naming them. True where a rule was missing.
 */
export async function adopt(host: Rules, plan: ResolvedNetwork): Promise<boolean> {
  if (plan.firewall !== "adopt") return false;
  const chains = new Map((await dropping(host, plan)).map((each) => [JSON.stringify(each.helps), each]));
  let isChanged = false;
  for (const each of chains.values()) {
    const changes = acceptance(each, plan);
    if (changes.length === 0) continue;
    try {
      await host.netfilter.commit(changes);
      isChanged = true;
    } catch (error) {
      if (!isOthersDoing(error)) throw error;
    }
  }
  return isChanged;
}

/** Removes a network's rules from chains of others, wherever they are. */
export async function release(host: Rules, plan: ResolvedNetwork): Promise<void> {
  if (plan.firewall !== "adopt") return;
  await host.netfilter.transact(({ rules }) =>
    rules
      .filter((rule) => rule.table !== OWN_TABLE && isMarked(rule, plan))
      .map(({ family, table = "", chain = "", handle = 0 }) => nft.removeRule({ family, table, chain, handle })),
  );
}
