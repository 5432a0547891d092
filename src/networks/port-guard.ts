import { InputError, under } from "../base/errors.js";
import type { Host } from "../host/host.js";
import { NetlinkError } from "../kernel/error.js";
import type { Change } from "../netfilter/messages/change.js";
import type { Clause } from "../netfilter/rules/clause.js";
import type { Ruleset } from "../netfilter/listing.js";
import * as nft from "../netfilter/index.js";
import { checkUnicastMac } from "../netlink/codecs/internet.js";
import { linkLocalOf } from "./interface-identifier.js";
import { addressNumber } from "./prefix.js";

/** The table that guarded ports share. */
export const TABLE = { family: "bridge", table: "linkwright" } as const;
const GUARD = { ...TABLE, chain: "guard" } as const;

/** Which ports are guarded, and what each of them may say that it is. */
const SETS = {
  ports: { key: "ifname", data: "verdict" },
  macs: { key: ["ifname", "etherAddr"] },
  addresses4: { key: ["ifname", "ipv4Addr"] },
  addresses6: { key: ["ifname", "ipv6Addr"] },
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

/** What a port says is none of its own. */
const foreign = (set: SetName, selector: nft.SelectorName): Clause => not(nft.isIn(set, "iifname", selector));

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

function dropping(drops: Drops): Change[] {
  return Object.entries(drops).flatMap(([comment, rules]) =>
    rules.flatMap((rule) => nft.addRule(GUARD, [...rule, nft.counter(), nft.drop()], { comment })),
  );
}

/** The table without a port. What a frame costs does not grow with the ports: each question is one look into a hash. */
function emptyTable(flags?: nft.TableSettings["flags"]): Change[] {
  const prerouting = { ...TABLE, chain: "prerouting" };
  return [
    nft.addTable({ ...TABLE, flags }, { exclusive: true }),
    nft.addChain(GUARD),
    ...Object.entries(SETS).flatMap(([set, shape]) => nft.addSet({ ...TABLE, set, ...shape })),
    ...dropping(networkDrops),
    ...nft.addRule(GUARD, [laterFragment, nft.returnVerdict()]),
    ...nft.addRule(GUARD, [is("ip6NextHeader", FRAGMENT), laterFragment6, nft.returnVerdict()]),
    ...dropping(transportDrops),
    // Before all others that see what a bridge takes in, for this machine and for other ports.
    nft.addChain({ ...prerouting, base: { hook: "prerouting", priority: "dstnat" } }),
    ...nft.addRule(prerouting, [nft.verdictMap("ports", "iifname")]),
  ];
}

type Element = nft.SetElement;

function elementsOf({ link, mac, addresses }: GuardedPort): Record<SetName, Element[]> {
  const all = [...new Set([...addresses, linkLocalOf(mac)])];
  const keys = (of: readonly string[]): Element[] => of.map((each) => ({ key: [link, each] }));
  return {
    ports: [{ key: link, data: { jump: GUARD.chain } }],
    macs: keys([mac]),
    addresses4: keys(all.filter((each) => !each.includes(":"))),
    addresses6: keys(all.filter((each) => each.includes(":"))),
  };
}

function additions(guarded: GuardedPort): Change[] {
  return Object.entries(elementsOf(guarded)).flatMap(([set, some]) =>
    nft.addElements({ ...TABLE, set }, SETS[set as SetName], some),
  );
}

/** What writes the table anew with all of these ports, at once; `isThere`: in the place of the one that there is. */
export function guardReplacement(
  ports: readonly GuardedPort[],
  isThere: boolean,
  flags?: nft.TableSettings["flags"],
): Change[] {
  const changes = ports.flatMap(additions);
  return [...(isThere ? [nft.removeTable(TABLE)] : []), ...(changes.length === 0 ? [] : emptyTable(flags)), ...changes];
}

/** The elements that are there, of each set. */
function present({ sets }: Ruleset): [name: SetName, elements: Element[]][] {
  return (Object.keys(SETS) as SetName[]).map((name) => {
    const set = sets.find((each) => each.name === name);
    return [name, set === undefined ? [] : [...nft.elementsOf(set, set.elements)]];
  });
}

function linkIn({ key }: Element): string {
  return String(Array.isArray(key) ? key[0] : key);
}

/** Takes away all that is there of the links that are not to stay. */
function removals(ruleset: Ruleset, stays: (link: string) => boolean): Change[] {
  return present(ruleset).flatMap(([set, elements]) =>
    nft.removeElements(
      { ...TABLE, set },
      SETS[set],
      elements.filter((element) => !stays(linkIn(element))).map(({ key, data }) => ({ key, data })),
    ),
  );
}

/** Throws InputError for what is no guest's. */
function checkPort({ mac, addresses }: GuardedPort): void {
  under("mac", () => checkUnicastMac(mac));
  for (const [place, address] of addresses.entries()) {
    const number = under(`addresses.${place}`, () => addressNumber(address));
    if (address.includes("/") || number === 0n) throw new InputError(`${address} is no guest's`, `addresses.${place}`);
  }
}

/**
 * From now on, whatever comes from a bridge's port is dropped that says it is somebody else: in its MAC, its addresses of IPv4 and
 * IPv6, or in what it says in ARP and neighbour discovery; and so is what servers of DHCP and routers say, RARP, and frames with a VLAN
 * tag. All at once, whatever was known of the port before. It is kept by the link's name: of links that are gone, it goes with the next
 * call. Rejects with InputError for what is no guest's address, and as the kernel refuses.
 */
export async function guardPort(
  host: Host,
  guarded: GuardedPort,
  { netfilter }: Pick<Host, "netfilter"> = host,
): Promise<void> {
  const { name: link } = await host.link(guarded.link);
  checkPort({ ...guarded, link });
  await netfilter.transact(async (ruleset) => {
    const others = guardedIn(ruleset).filter((each) => each !== link);
    const there = new Set((await Promise.all(others.map((each) => ifNamed(host, each)))).flat());
    return [
      ...(ruleset.tables.length === 0 ? emptyTable() : removals(ruleset, (each) => there.has(each))),
      ...additions({ ...guarded, link }),
    ];
  }, TABLE);
}

/** The name itself, where a link has it. */
async function ifNamed(host: Host, link: string): Promise<string[]> {
  try {
    return (await host.link(link, { only: ["name"] })).name === link ? [link] : [];
  } catch (error) {
    if (error instanceof NetlinkError && error.code === "ENODEV") return [];
    throw error;
  }
}

/** Lets a port say what it will again; nothing happens where it is not guarded. With the last port the table goes. */
export async function releasePort(host: Pick<Host, "netfilter">, link: string): Promise<void> {
  await host.netfilter.transact((ruleset) => {
    const left = guardedIn(ruleset).filter((each) => each !== link);
    if (ruleset.tables.length === 0) return [];
    return left.length === 0 ? [nft.removeTable(TABLE)] : removals(ruleset, (each) => each !== link);
  }, TABLE);
}

function guardedIn(ruleset: Ruleset): string[] {
  const [, elements = []] = present(ruleset).find(([name]) => name === "ports") ?? [];
  return elements.map(linkIn);
}

/** The ports that are guarded, with what each may say that it is. */
export async function guardedPorts(host: Host): Promise<GuardedPort[]> {
  const ruleset = await host.netfilter.ruleset(TABLE);
  const all = present(ruleset).flatMap(([set, elements]) => elements.map(({ key }) => ({ set, key })));
  const of = (link: string, ...sets: SetName[]): string[] =>
    all
      .filter(({ set, key }) => sets.includes(set) && Array.isArray(key) && key[0] === link)
      .map(({ key }) => String((key as unknown[])[1]));
  return guardedIn(ruleset).map((link) => ({
    link,
    mac: of(link, "macs")[0] ?? "",
    addresses: of(link, "addresses4", "addresses6").sort(),
  }));
}
