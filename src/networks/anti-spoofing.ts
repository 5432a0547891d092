import { InputError, under } from "../base/errors.js";
import type { Host } from "../host/host.js";
import { NetlinkError } from "../kernel/error.js";
import type { Change } from "../netfilter/messages/change.js";
import type { Clause } from "../netfilter/rules/clause.js";
import type { Ruleset } from "../netfilter/listing.js";
import * as nft from "../netfilter/index.js";
import { checkUnicastMac } from "../netlink/codecs/internet.js";
import { linkLocalOf } from "./interface-identifier.js";
import { addressNumber } from "./subnet.js";

/** The table that guarded ports share. */
export const TABLE = { family: "bridge", table: "linkwright" } as const;
/** That of the ports which QEMU's programs guard: nobody owns it, so that they, who are not root, can change it. */
export const PROGRAMS_TABLE = { family: "bridge", table: "linkwright-qemu" } as const;
type Table = typeof TABLE | typeof PROGRAMS_TABLE;
const GUARD = "guard";

/** Which ports are guarded, by their links' indexes, and what each of them may say that it is. */
const SETS = {
  ports: { key: "ifaceIndex", data: "verdict" },
  macs: { key: ["ifaceIndex", "etherAddr"] },
  addresses4: { key: ["ifaceIndex", "ipv4Addr"] },
  addresses6: { key: ["ifaceIndex", "ipv6Addr"] },
} as const satisfies Record<string, nft.SetShape>;
type SetName = keyof typeof SETS;

/** A port, and who is behind it. */
export interface GuardedPort {
  /** The port of a bridge, by name. */
  readonly link: string;
  readonly mac: string;
  /** Its addresses of IPv4 and IPv6. The link-local one that its MAC makes (RFC 4291, appendix A) is always among them. */
  readonly addresses: readonly string[];
}

const is = nft.is;
const not = nft.not;

/** A guarded port by its link's index, which no other link ever gets: what is left of one that is gone is nobody's. */
export type IndexedPort = Omit<GuardedPort, "link"> & { readonly index: number };

/** What a port says is none of its own. */
const foreign = (set: SetName, selector: nft.SelectorName): Clause => not(nft.isIn(set, "iif", selector));

/** Two bytes behind the start of the network header have any of these bits. */
function anyBitAt(network: "ip" | "ip6", offset: number, bits: number): Clause {
  const mask = Uint8Array.of(bits >> 8, bits & 0xff);
  return {
    needs: [{ network }],
    expressions: [
      { name: "payload", data: { dreg: 1, base: "networkHeader", offset, len: 2 } },
      { name: "bitwise", data: { sreg: 1, dreg: 1, len: 2, mask: { value: mask }, xor: { value: new Uint8Array(2) } } },
      { name: "cmp", data: { sreg: 1, op: "neq", data: { value: new Uint8Array(2) } } },
    ],
  };
}

/** More fragments, or an offset (RFC 791). */
const fragment = anyBitAt("ip", 6, 0x3fff);
/** An offset. */
const laterFragment = anyBitAt("ip", 6, 0x1fff);
/** The same in the header that comes first behind that of IPv6 (RFC 8200, 4.5). */
const laterFragment6 = anyBitAt("ip6", 42, 0xfff8);

/** Headers of IPv6 behind which others come, by which a message can be hidden: hop by hop, routing, fragment, and the rest. */
const [HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION] = [0, 43, 44, 51];
const OTHER_EXTENSIONS = [60, 135, 139, 140, 253, 254];
/** Messages of ICMPv6 (RFC 2710, 3810, 4861). */
const [QUERY, REPORT, DONE, REPORT2] = [130, 131, 132, 143];
const [ROUTER_SOLICITATION, ROUTER_ADVERTISEMENT, SOLICITATION, ADVERTISEMENT, REDIRECT] = [133, 134, 135, 136, 137];
const RENUMBERING = 138;
const ND = [SOLICITATION, ADVERTISEMENT];
/** An option of neighbour discovery, by its type and its length of one: a MAC, or a nonce (RFC 7527). */
const [SOURCE_MAC, TARGET_MAC, NONCE] = [0x0101, 0x0201, 0x0e01];

const nowhere4 = (): Clause => is("ip4Source", "0.0.0.0");
const nowhere6 = (): Clause => is("ip6Source", "::");

type Drops = Readonly<Record<string, readonly (readonly Clause[])[]>>;

/**
 * What is dropped of that which comes from a guarded port, as far as the headers up to those of IP say. Each rule drops and none
 * accepts, so that no order of them lets anything through; what is left goes on to the rules of others.
 */
const networkDrops: Drops = {
  // A tag is a type of its own here, and so is RARP.
  "nothing but IP and ARP": [[not(is("etherType", ["ip", "arp", "ip6"]))]],
  "another's MAC": [[foreign("macs", "etherSource")]],
  "another in ARP": [
    [not(is("arpHardwareType", 1))],
    [not(is("arpProtocolType", "ip"))],
    [not(is("arpHardwareLength", 6))],
    [not(is("arpProtocolLength", 4))],
    [not(is("arpOperation", ["request", "reply"]))],
    [foreign("macs", "arpSourceEther")],
    [not(is("arpSourceIp", "0.0.0.0")), foreign("addresses4", "arpSourceIp")],
  ],
  "another's address of IPv4": [[not(nowhere4()), foreign("addresses4", "ip4Source")]],
  "no address, but for DHCP and IGMP, to everybody": [
    [nowhere4(), not(is("l4proto", ["udp", "igmp"]))],
    [nowhere4(), fragment],
    [nowhere4(), is("l4proto", "udp"), not(is("ip4Destination", "255.255.255.255"))],
  ],
  "another's address of IPv6": [[not(nowhere6()), foreign("addresses6", "ip6Source")]],
  "no address, but for whole ICMPv6": [
    [nowhere6(), not(is("l4proto", "icmpv6"))],
    [nowhere6(), is("ip6NextHeader", FRAGMENT)],
  ],
  "headers that hide others": [
    [is("ip6NextHeader", [ROUTING, ...OTHER_EXTENSIONS])],
    [
      is("ip6NextHeader", [HOP_BY_HOP, FRAGMENT, AUTHENTICATION]),
      is("ip6SecondHeader", [HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, ...OTHER_EXTENSIONS]),
    ],
  ],
};

/** The same of what is behind those headers; fragments that have but the rest of a packet say nothing there. */
const transportDrops: Drops = {
  "no address, but for DHCP": [[nowhere4(), not(is("udpDestinationPort", 67))]],
  "no address, but to find one of IPv6": [
    [nowhere6(), not(is("icmpv6Type", [REPORT, DONE, REPORT2, ROUTER_SOLICITATION, SOLICITATION]))],
  ],
  "a server of DHCP": [[is("udpSourcePort", [67, 547])], [is("udpDestinationPort", [68, 546])]],
  "DHCP for another MAC": [
    [foreign("macs", "dhcpClientEther"), is("udpDestinationPort", 67)],
    [fragment, is("udpDestinationPort", 67)],
  ],
  "ICMPv6 that is hidden": [
    // Hop by hop there is but the router alert of reports (RFC 2711).
    [is("ip6NextHeader", HOP_BY_HOP), not(is("l4proto", "icmpv6"))],
    [is("ip6NextHeader", HOP_BY_HOP), not(is("icmpv6Type", [REPORT, DONE, REPORT2]))],
    // RFC 6980
    [is("ip6NextHeader", FRAGMENT), is("icmpv6Type", `${QUERY}-${REPORT2}`)],
  ],
  "what routers say": [[is("icmpv6Type", [QUERY, ROUTER_ADVERTISEMENT, REDIRECT, RENUMBERING])]],
  "another as a neighbour": [
    [is("icmpv6Type", ADVERTISEMENT), foreign("addresses6", "ndTarget")],
    [nowhere6(), is("icmpv6Type", SOLICITATION), foreign("addresses6", "ndTarget")],
    [is("icmpv6Type", ND), not(is("ip6Length", [24, 32]))],
    [is("icmpv6Type", ND), is("ip6Length", 32), not(is("ndOption", [SOURCE_MAC, TARGET_MAC, NONCE]))],
    [is("icmpv6Type", ND), is("ndOption", [SOURCE_MAC, TARGET_MAC]), foreign("macs", "ndOptionEther")],
    [is("icmpv6Type", ROUTER_SOLICITATION), not(is("ip6Length", [8, 16]))],
    [is("icmpv6Type", ROUTER_SOLICITATION), is("ip6Length", 16), not(is("rsOption", SOURCE_MAC))],
    [is("icmpv6Type", ROUTER_SOLICITATION), is("ip6Length", 16), foreign("macs", "rsOptionEther")],
  ],
};

function dropping(guard: nft.ChainReference, drops: Drops): Change[] {
  return Object.entries(drops).flatMap(([comment, rules]) =>
    rules.flatMap((rule) => nft.addRule(guard, [...rule, nft.counter(), nft.drop()], { comment })),
  );
}

/** The table without a port. What a frame costs does not grow with the ports: each question is one look into a hash. */
export function emptyGuard(table: Table, flags?: nft.TableSettings["flags"]): Change[] {
  const [guard, prerouting] = [GUARD, "prerouting"].map((chain) => ({ ...table, chain })) as [
    nft.ChainReference,
    nft.ChainReference,
  ];
  return [
    nft.addTable({ ...table, flags }, { exclusive: true }),
    nft.addChain(guard),
    ...Object.entries(SETS).flatMap(([set, shape]) => nft.addSet({ ...table, set, ...shape })),
    ...dropping(guard, networkDrops),
    ...nft.addRule(guard, [laterFragment, nft.returnVerdict()]),
    ...nft.addRule(guard, [is("ip6NextHeader", FRAGMENT), laterFragment6, nft.returnVerdict()]),
    ...dropping(guard, transportDrops),
    // Before all others that see what a bridge takes in, for this machine and for other ports.
    nft.addChain({ ...prerouting, base: { hook: "prerouting", priority: "dstnat" } }),
    ...nft.addRule(prerouting, [nft.verdictMap("ports", "iif")]),
  ];
}

type Element = nft.SetElement;

function elementsOf({ index, mac, addresses }: IndexedPort): Record<SetName, Element[]> {
  const all = [...new Set([...addresses, linkLocalOf(mac)])];
  const keys = (of: readonly string[]): Element[] => of.map((each) => ({ key: [index, each] }));
  return {
    ports: [{ key: index, data: { jump: GUARD } }],
    macs: keys([mac]),
    addresses4: keys(all.filter((each) => !each.includes(":"))),
    addresses6: keys(all.filter((each) => each.includes(":"))),
  };
}

type SetWork = typeof nft.addElements;

function changeElements(work: SetWork, table: Table, port: IndexedPort): Change[] {
  return Object.entries(elementsOf(port)).flatMap(([set, some]) => work({ ...table, set }, SETS[set as SetName], some));
}

/** What has a port be guarded, beside all that it was guarded by. */
export function guardAdditions(table: Table, port: IndexedPort): Change[] {
  return changeElements(nft.addElements, table, port);
}

/** What takes that back, whether it is there or not: what is added first can be removed. */
export function guardRemovals(table: Table, port: IndexedPort): Change[] {
  return [...guardAdditions(table, port), ...changeElements(nft.removeElements, table, port)];
}

/** What writes a table anew with all of these ports, at once; `isThere`: in the place of the one that there is. */
export function guardReplacement(
  table: Table,
  ports: readonly IndexedPort[],
  isThere: boolean,
  flags?: nft.TableSettings["flags"],
): Change[] {
  const changes = ports.flatMap((port) => guardAdditions(table, port));
  return [
    ...(isThere ? [nft.removeTable(table)] : []),
    ...(changes.length === 0 ? [] : emptyGuard(table, flags)),
    ...changes,
  ];
}

/** The elements that are there, of each set. */
function present({ sets }: Ruleset): [name: SetName, elements: Element[]][] {
  return (Object.keys(SETS) as SetName[]).map((name) => {
    const set = sets.find((each) => each.name === name);
    return [name, set === undefined ? [] : [...nft.elementsOf(set, set.elements)]];
  });
}

function indexIn({ key }: Element): number {
  return Number(Array.isArray(key) ? key[0] : key);
}

/** Takes away all that is there of the links that are not to stay. */
function removals(table: Table, ruleset: Ruleset, stays: (index: number) => boolean): Change[] {
  return present(ruleset).flatMap(([set, elements]) =>
    nft.removeElements(
      { ...table, set },
      SETS[set],
      elements.filter((element) => !stays(indexIn(element))).map(({ key, data }) => ({ key, data })),
    ),
  );
}

/** Throws InputError for what is no guest's. */
export function checkGuarded({ mac, addresses }: Omit<GuardedPort, "link">): void {
  under("mac", () => checkUnicastMac(mac));
  for (const [place, address] of addresses.entries()) {
    const number = under(`addresses.${place}`, () => addressNumber(address));
    if (address.includes("/") || number === 0n) throw new InputError(`${address} is no guest's`, `addresses.${place}`);
  }
}

type Rules = Pick<Host, "netfilter">;

/**
 * From now on, whatever comes from a bridge's port is dropped that says it is somebody else: in its MAC, its addresses of IPv4 and
 * IPv6, or in what it says in ARP and neighbour discovery; and so is what servers of DHCP and routers say, RARP, and frames with a VLAN
 * tag. All at once, whatever was known of the port before. It is kept by the link's index: of links that are gone, it goes with the next
 * call. Rejects with InputError for what is no guest's address, and as the kernel refuses.
 */
export async function guardPort(host: Host, { link, ...behind }: GuardedPort, rules: Rules = host): Promise<void> {
  const { index } = await host.link(link, { only: ["name"] });
  await guardIndexed(host, { index, ...behind }, rules);
}

async function guardIndexed(host: Host, port: IndexedPort, { netfilter }: Rules): Promise<void> {
  checkGuarded(port);
  await netfilter.transact(async (ruleset) => {
    const there = await indexesThere(host, ruleset);
    const isOther = (each: number): boolean => each !== port.index && there.has(each);
    return [
      ...(ruleset.tables.length === 0 ? emptyGuard(TABLE) : removals(TABLE, ruleset, isOther)),
      ...guardAdditions(TABLE, port),
    ];
  }, TABLE);
}

/** The same for a port whose link was made just now, of which nothing can be known: what it costs does not grow with the ports. */
export async function guardNewPort(host: Host, port: IndexedPort, rules: Rules = host): Promise<void> {
  checkGuarded(port);
  await rules.netfilter.commit(guardAdditions(TABLE, port)).catch((error: unknown) => {
    if (!(error instanceof NetlinkError) || error.code !== "ENOENT") throw error;
    return guardIndexed(host, port, rules);
  });
}

/** The indexes of the links that there are, asked for where any are guarded. */
async function indexesThere(host: Host, ruleset: Ruleset): Promise<Set<number>> {
  const links = indexesIn(ruleset).length === 0 ? [] : await host.links({ only: ["name"] });
  return new Set(links.map(({ index }) => index));
}

/**
 * Lets a port say what it will again, by its link's name, or the index of one that is gone; nothing happens where it is not guarded.
 * With the last port the table goes.
 */
export async function releasePort(host: Host, link: string | number, { netfilter }: Rules = host): Promise<void> {
  const index = typeof link === "number" ? link : await indexOf(host, link);
  await netfilter.transact(async (ruleset) => {
    if (ruleset.tables.length === 0) return [];
    const there = await indexesThere(host, ruleset);
    const isOther = (each: number): boolean => each !== index && there.has(each);
    return indexesIn(ruleset).some(isOther) ? removals(TABLE, ruleset, isOther) : [nft.removeTable(TABLE)];
  }, TABLE);
}

async function indexOf(host: Host, link: string): Promise<number | undefined> {
  try {
    return (await host.link(link, { only: ["name"] })).index;
  } catch (error) {
    if (error instanceof NetlinkError && error.code === "ENODEV") return undefined;
    throw error;
  }
}

function indexesIn(ruleset: Ruleset): number[] {
  const [, elements = []] = present(ruleset).find(([name]) => name === "ports") ?? [];
  return elements.map(indexIn);
}

/** The ports that are guarded in a table, with what each may say that it is; undefined without the table. */
export async function portsIn(host: Rules, table: Table): Promise<IndexedPort[] | undefined> {
  const ruleset = await host.netfilter.ruleset(table);
  if (ruleset.tables.length === 0) return undefined;
  const all = present(ruleset).flatMap(([set, elements]) => elements.map(({ key }) => ({ set, key })));
  const of = (index: number, ...sets: SetName[]): string[] =>
    all
      .filter(({ set, key }) => sets.includes(set) && Array.isArray(key) && key[0] === index)
      .map(({ key }) => String((key as unknown[])[1]));
  return indexesIn(ruleset).map((index) => ({
    index,
    mac: of(index, "macs")[0] ?? "",
    addresses: of(index, "addresses4", "addresses6").sort(),
  }));
}

/**
 * What takes away what a table knows of links that it does not guard: the guest that a rule of qemu.json had before another, while its TAP
 * stayed, for then nobody who lets go of the port knows it.
 */
export async function strayRemovals(host: Rules, table: Table): Promise<Change[]> {
  const ruleset = await host.netfilter.ruleset(table);
  const guarded = new Set(indexesIn(ruleset));
  return removals(table, ruleset, (index) => guarded.has(index));
}

/** The ports that are guarded, also by QEMU's programs, with what each may say that it is. */
export async function guardedPorts(host: Host): Promise<GuardedPort[]> {
  const names = new Map((await host.links()).map(({ index, name }) => [index, name]));
  const all = [...((await portsIn(host, TABLE)) ?? []), ...((await portsIn(host, PROGRAMS_TABLE)) ?? [])];
  return all
    .filter(({ index }) => names.has(index))
    .map(({ index, ...port }) => ({ link: names.get(index)!, ...port }));
}
