import type { Host } from "../host/host.js";
import { NetlinkError } from "../kernel/error.js";
import type { Change } from "../netfilter/messages/change.js";
import type { Clause } from "../netfilter/rules/clause.js";
import * as nft from "../netfilter/index.js";
import { makesBridge, type ResolvedNetwork, type PortForward, portsOf } from "./definition.js";

/** The table that all networks share. */
export const TABLE = { family: "inet", table: "linkwright" } as const;

/** Verdict maps: what comes from a network, goes to it, and comes from it to this machine, by its bridge; its connections, by their source. */
const byBridge = { key: "ifname", data: "verdict" } as const;
const MAPS = {
  from: byBridge,
  to: byBridge,
  input: byBridge,
  sources4: { key: "ipv4Addr", data: "verdict", flags: ["interval"] },
  sources6: { key: "ipv6Addr", data: "verdict", flags: ["interval"] },
} as const;
type MapName = keyof typeof MAPS;

/** The entry of a network in a map, and the chain that it leads to. */
interface Entry {
  readonly map: MapName;
  readonly key: string;
  readonly chain: string;
}

/** A chain of a network with its rules. */
interface Chain {
  readonly name: string;
  readonly base?: nft.BaseChain;
  readonly rules: readonly (readonly Clause[])[];
}

const inTable = (chain: string) => ({ ...TABLE, chain });
const known = (): Clause => nft.connectionState("established", "related");
const forwarded = (): Clause => nft.is("ctStatus", "dstNat");
const leave = nft.returnVerdict;

/** What the rules are changed by: a host, or what stands in its place. */
type Rules = Pick<Host, "netfilter">;

/** The table without a network. Chains pass what none of their rules refuses: others may still refuse it. */
export function emptyTable(flags?: nft.TableSettings["flags"]): Change[] {
  return [
    nft.addTable({ ...TABLE, flags }, { exclusive: true }),
    ...Object.entries(MAPS).flatMap(([set, shape]) => nft.addSet({ ...TABLE, set, ...shape })),
    nft.addChain({ ...inTable("forward"), base: { hook: "forward", priority: "filter" } }),
    nft.addRule(inTable("forward"), [nft.verdictMap("from", "iifname")]),
    nft.addRule(inTable("forward"), [nft.verdictMap("to", "oifname")]),
    nft.addChain({ ...inTable("input"), base: { hook: "input", priority: "filter" } }),
    nft.addRule(inTable("input"), [nft.verdictMap("input", "iifname")]),
    nft.addChain({ ...inTable("postrouting"), base: { type: "nat", hook: "postrouting", priority: "srcnat" } }),
    nft.addRule(inTable("postrouting"), [nft.verdictMap("sources4", "ip4Source")]),
    nft.addRule(inTable("postrouting"), [nft.verdictMap("sources6", "ip6Source")]),
  ].flat();
}

/** What guests may send: where guests are among themselves, nobody is asked. */
function fromGuests({ mode, bridge, subnets, outgoing }: ResolvedNetwork): Clause[][] {
  const among: Clause[] = [nft.oifname(bridge), leave()];
  if (mode === "isolated") return [among, [nft.drop()]];
  if (mode === "host-only") return [among, [nft.reject()]];
  const four = subnets.find(({ subnet }) => subnet.family === "inet");
  const six = subnets.find(({ subnet }) => subnet.family === "inet6");
  const others = (family: "ip" | "ip6", own: Clause | undefined): Clause[] => [
    nft.is("nfproto", family),
    ...(own === undefined ? [] : [nft.not(own)]),
    nft.drop(),
  ];
  return [
    among,
    others("ip", four && nft.is("ip4Source", four.text)),
    others("ip6", six && nft.is("ip6Source", six.text)),
    [known(), leave()],
    ...(outgoing === undefined ? [] : [[nft.not(nft.oifname(outgoing)), nft.reject()]]),
  ];
}

/** What guests are sent. */
function toGuests({ mode, bridge, outgoing }: ResolvedNetwork): Clause[][] {
  const among: Clause[] = [nft.iifname(bridge), leave()];
  if (mode === "isolated") return [among, [nft.drop()]];
  if (mode === "host-only") return [among, [nft.reject()]];
  const refuse: Clause[] = [nft.reject()];
  if (mode === "nat") return [among, [known(), leave()], [forwarded(), leave()], refuse];
  return outgoing === undefined ? [] : [among, [known(), leave()], [nft.iifname(outgoing), leave()], refuse];
}

/** What becomes of the source of a guest's connection. A guest that reaches another by a forward must get its answers by the same way. */
function sourceOfGuests(
  { mode, bridge, outgoing, natSource, natPorts }: ResolvedNetwork,
  { text, subnet }: ResolvedNetwork["subnets"][number],
): Clause[][] {
  const hairpin: Clause[] = [nft.oifname(bridge), forwarded(), nft.masquerade()];
  if (mode !== "nat") return [hairpin];
  const four = subnet.family === "inet";
  const everybody = four
    ? nft.is("ip4Destination", ["224.0.0.0/4", "255.255.255.255"])
    : nft.is("ip6Destination", "ff00::/8");
  const translated = (how?: nft.Translation): Clause =>
    four && natSource !== undefined ? nft.snatTo(natSource, how) : nft.masquerade(how);
  const out = outgoing === undefined ? [] : [nft.oifname(outgoing)];
  const withPorts = natPorts === undefined ? [] : (["tcp", "udp"] as const);
  return [
    hairpin,
    [nft.is(four ? "ip4Destination" : "ip6Destination", text), leave()],
    [everybody, leave()],
    ...withPorts.map((protocol) => [...out, nft.is("l4proto", protocol), translated({ ports: natPorts })]),
    [...out, translated()],
  ];
}

/** A forward's rule; `own`: of connections that this machine makes itself. */
function forwardRule(forward: PortForward, own: boolean): Clause[] {
  const { protocol, port, to, toPort, address } = forward;
  const six = to.includes(":");
  const destination = six ? "ip6Destination" : "ip4Destination";
  const here =
    address === undefined
      ? [nft.is("nfproto", six ? "ip6" : "ip"), nft.is("fibDestinationType", "local")]
      : [nft.is(destination, address)];
  // What is sent from the loopback's address cannot leave by another link.
  const beyondLoopback = own ? [nft.not(nft.is(destination, six ? "::1" : "127.0.0.0/8"))] : [];
  const ports = toPort === undefined || toPort === portsOf(forward).first ? {} : { ports: toPort };
  return [...here, ...beyondLoopback, nft.destinationPort(protocol, port), nft.dnatTo(to, ports)];
}

const FORWARD_CHAINS = [
  { name: "forwards", hook: "prerouting" },
  { name: "own-forwards", hook: "output" },
] as const;

function forwardChains({ name, forwards = [] }: ResolvedNetwork): Chain[] {
  if (forwards.length === 0) return [];
  return FORWARD_CHAINS.map(({ name: kind, hook }) => ({
    name: `${kind}-${name}`,
    base: { type: "nat", hook, priority: "dstnat" },
    rules: forwards.map((forward) => forwardRule(forward, hook === "output")),
  }));
}

/** Modes in which the firewall is none of the network's. */
function isLeftAlone(plan: ResolvedNetwork): boolean {
  return plan.mode === "open" || !makesBridge(plan);
}

function sourceMap(family: "inet" | "inet6"): MapName {
  return family === "inet" ? "sources4" : "sources6";
}

function contentOf(plan: ResolvedNetwork): { chains: Chain[]; entries: Entry[] } {
  if (isLeftAlone(plan)) return { chains: [], entries: [] };
  const { name, bridge, mode, subnets } = plan;
  const sources = mode === "isolated" || mode === "host-only" ? [] : subnets;
  const reached: [MapName, string, readonly (readonly Clause[])[]][] = [
    ["from", bridge, fromGuests(plan)],
    ["to", bridge, toGuests(plan)],
    ...(mode === "isolated" ? [["input", bridge, [[nft.drop()]]] satisfies [MapName, string, Clause[][]]] : []),
    ...sources.map((each): [MapName, string, Clause[][]] => [
      sourceMap(each.subnet.family),
      each.text,
      sourceOfGuests(plan, each),
    ]),
  ];
  return {
    chains: [...reached.map(([map, , rules]) => ({ name: `${map}-${name}`, rules })), ...forwardChains(plan)],
    entries: reached.map(([map, key]) => ({ map, key, chain: `${map}-${name}` })),
  };
}

function addChains(chains: readonly Chain[]): Change[] {
  return chains.flatMap(({ name, base, rules }) => [
    nft.addChain({ ...inTable(name), base }),
    ...rules.flatMap((rule) => nft.addRule(inTable(name), rule)),
  ]);
}

/** What puts a network's rules into the table. */
export function additions(plan: ResolvedNetwork): Change[] {
  const { chains, entries } = contentOf(plan);
  return [
    ...addChains(chains),
    ...entries.flatMap(({ map, key, chain }) =>
      nft.addElements({ ...TABLE, set: map }, MAPS[map], [{ key, data: { jump: chain } }]),
    ),
  ];
}

/** What takes them out of it. */
export function removals(plan: ResolvedNetwork): Change[] {
  const { chains, entries } = contentOf(plan);
  return [
    ...entries.flatMap(({ map, key, chain }) =>
      nft.removeElements({ ...TABLE, set: map }, MAPS[map], [{ key, data: { jump: chain } }]),
    ),
    ...chains.map(({ name }) => nft.removeChain(inTable(name))),
  ];
}

function isMissing(error: unknown): boolean {
  return error instanceof NetlinkError && error.code === "ENOENT";
}

async function isTableThere(host: Rules): Promise<boolean> {
  return (await host.netfilter.tables()).some(({ family, name }) => family === TABLE.family && name === TABLE.table);
}

/**
 * Puts a network's rules in place, all or none: with the table, where there is none yet. That is asked before, for a change that is refused
 * takes the kernel a grace period.
 */
export async function putUp(host: Rules, plan: ResolvedNetwork): Promise<void> {
  const changes = additions(plan);
  if (changes.length === 0) return;
  const whole = [...emptyTable(), ...changes];
  try {
    await host.netfilter.commit((await isTableThere(host)) ? changes : whole);
  } catch (error) {
    // Another program has flushed it just now.
    if (!isMissing(error)) throw error;
    await host.netfilter.commit(whole);
  }
}

/** What writes the table anew with all of these networks, at once; `isThere`: in the place of the one that there is. */
export function replacement(
  plans: readonly ResolvedNetwork[],
  isThere: boolean,
  flags?: nft.TableSettings["flags"],
): Change[] {
  const changes = plans.flatMap(additions);
  return [...(isThere ? [nft.removeTable(TABLE)] : []), ...(changes.length === 0 ? [] : emptyTable(flags)), ...changes];
}

/** Takes a network's rules away, as far as they are there; with the last network, at once, the table. */
export async function takeDown(host: Rules, plan: ResolvedNetwork, isLast: boolean): Promise<void> {
  if (isLeftAlone(plan) || !(await isTableThere(host))) return;
  if (isLast) return takeDownWhatIsThere(host, plan);
  try {
    await host.netfilter.commit(removals(plan));
  } catch (error) {
    if (!isMissing(error)) throw error;
    await takeDownWhatIsThere(host, plan);
  }
}

/** Whether the firewall of a network has rules in the table. */
export function hasRules(plan: ResolvedNetwork): boolean {
  return !isLeftAlone(plan);
}

/** Chains that are there without a network. */
const BASE = ["forward", "input", "postrouting"];

async function takeDownWhatIsThere(host: Rules, plan: ResolvedNetwork): Promise<void> {
  const { chains, entries } = contentOf(plan);
  const own = [...BASE, ...chains.map(({ name }) => name)];
  await host.netfilter.transact((ruleset) => {
    if (ruleset.tables.length === 0) return [];
    // Nor is anything else in it that is not ours.
    if (ruleset.chains.every(({ name = "" }) => own.includes(name))) return [nft.removeTable(TABLE)];
    return [
      ...ruleset.sets.flatMap((set) =>
        entries
          .filter(
            ({ map, chain }) =>
              map === set.name && nft.elementsOf(set, set.elements).some(({ data }) => leadsTo(data, chain)),
          )
          .flatMap(({ map, key, chain }) =>
            nft.removeElements({ ...TABLE, set: map }, MAPS[map], [{ key, data: { jump: chain } }]),
          ),
      ),
      ...chains
        .filter(({ name }) => ruleset.chains.some((chain) => chain.name === name))
        .map(({ name }) => nft.removeChain(inTable(name))),
    ];
  }, TABLE);
}

function leadsTo(data: unknown, chain: string): boolean {
  return typeof data === "object" && data !== null && "jump" in data && data.jump === chain;
}

/** Puts a network's rules in the place of those that it has, at once. */
export async function replaceRules(host: Rules, before: ResolvedNetwork, after: ResolvedNetwork): Promise<void> {
  if (isLeftAlone(after)) return;
  try {
    await host.netfilter.commit([...removals(before), ...additions(after)]);
  } catch (error) {
    if (!isMissing(error)) throw error;
    await takeDownWhatIsThere(host, before);
    await putUp(host, after);
  }
}

/** Puts one list of forwards in the place of another, at once. */
export async function changeForwards(host: Rules, before: ResolvedNetwork, after: ResolvedNetwork): Promise<void> {
  await host.netfilter.commit([
    ...forwardChains(before).map(({ name }) => nft.removeChain(inTable(name))),
    ...addChains(forwardChains(after)),
  ]);
}

/** Forgets the connections that a forward has, or would have, translated: the next packet of each is looked at anew. */
export async function forgetForwarded(host: Rules, forwards: readonly PortForward[]): Promise<void> {
  for (const forward of forwards) {
    const { first, last } = portsOf(forward);
    const family = forward.to.includes(":") ? "ip6" : "ip";
    const { protocol } = forward;
    const tracked = first === last ? [] : await host.netfilter.connections({ family, protocol });
    const ports = new Set(
      first === last
        ? [first]
        : tracked.flatMap(({ original, reply }) => [original.destinationPort, reply.destinationPort]),
    );
    for (const port of ports)
      if (port !== undefined && port >= first && port <= last)
        await host.netfilter.forgetConnections({ family, protocol, port });
  }
}
