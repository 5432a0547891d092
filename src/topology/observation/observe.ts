import type { ClientLease } from "../../dhcp/client/client-lease.js";
import type { KeptLeaseSettings } from "../../serve/messages/questions.js";
import type { Host } from "../../host/host.js";
import type { RateLimit } from "../../host/traffic/rate-limit.js";
import { NetlinkError } from "../../kernel/error.js";
import type { Address } from "../../rtnetlink/address/address-requests.js";
import type { BridgeVlanStatus } from "../../rtnetlink/bridge/bridge-vlan-requests.js";
import type { FdbEntry } from "../../rtnetlink/bridge/fdb.js";
import type { Link } from "../../rtnetlink/link/link.js";
import type { Neighbour } from "../../rtnetlink/neighbour/neighbour-requests.js";
import type { VirtualFunction } from "../../rtnetlink/link/virtual-function-requests.js";
import type { Nexthop } from "../../rtnetlink/nexthop/nexthop-requests.js";
import type { Route } from "../../rtnetlink/route/route-message.js";
import type { Rule } from "../../rtnetlink/rule/rule-message.js";
import { type Defaults, defaultsOf, NO_DEFAULTS } from "./defaults.js";
import type { Switches } from "../steps/open-vswitch.js";
import { isPattern } from "../declaration/schema.js";
import { type Rename, renamed, renamesOf, settingNow } from "./renames.js";
import type { ReadDeclaration } from "../declaration/declaration.js";

/** The virtual functions of a link. */
export interface Functions {
  readonly count: number;
  readonly functions: readonly VirtualFunction[];
}

/** The lease of a link whose address is to be got by DHCP. */
export interface Leasing {
  /** How the service keeps it; undefined where it does not. */
  readonly kept?: KeptLeaseSettings | undefined;
  /** What another client has left of it, to go on with. */
  readonly left?: ClientLease | undefined;
  readonly service: string;
}

/** How a namespace is at a moment, as far as it was looked at. */
export interface Picture {
  /** By the names that they are to have. */
  readonly links: ReadonlyMap<string, Link>;
  readonly names: ReadonlyMap<number, string>;
  readonly addresses: readonly Address[];
  readonly nexthops: readonly Nexthop[];
  readonly routes: readonly Route[];
  readonly rules: readonly Rule[];
  /** Those that somebody set, and those that the host answers for. */
  readonly neighbours: readonly Neighbour[];
  readonly fdb: readonly FdbEntry[];
  readonly vlans: readonly BridgeVlanStatus[];
  readonly rates: ReadonlyMap<string, RateLimit>;
  /** Of links of which they are declared, or of all cards. */
  readonly functions: ReadonlyMap<string, Functions>;
  readonly sysctls: ReadonlyMap<string, string>;
  /** Of links of which it is declared whether their addresses are got by DHCP. */
  readonly leases: ReadonlyMap<string, Leasing>;
  /** Links that have another name yet than the one that they are declared by, in the order in which they get that. */
  readonly renames: readonly Rename[];
  /** Links that come from another namespace, before all else. */
  readonly arriving: ReadonlySet<string>;
  /** Links of namespaces that are declared, too, by the ids that this one has for those. */
  readonly far: Beside["far"];
  /** Bridges of Open vSwitch, where something is declared of them. */
  readonly switches?: Switches;
  /** What new links have: what need not be said where one is made anew. */
  readonly defaults: Defaults;
}

/** What a kernel, or a configuration of one, may lack. */
async function ifThere<T>(listing: Promise<T[]>): Promise<T[]> {
  try {
    return await listing;
  } catch (error) {
    if (error instanceof NetlinkError && error.code === "EOPNOTSUPP") return [];
    throw error;
  }
}

/** A setting; undefined for one of a link that is yet to be created. */
export async function settingIfThere(
  host: Host,
  name: string,
  { renames }: Pick<Picture, "renames">,
): Promise<string | undefined> {
  try {
    return await host.sysctl(settingNow(name, renames));
  } catch (error) {
    if (error instanceof NetlinkError && error.code === "ENOENT") return undefined;
    throw error;
  }
}

async function settingsOf(
  host: Host,
  names: readonly string[],
  picture: Pick<Picture, "renames">,
): Promise<Map<string, string>> {
  const found = await Promise.all(
    names.map(async (name) => [name, await settingIfThere(host, name, picture)] as const),
  );
  return new Map(found.filter((each): each is readonly [string, string] => each[1] !== undefined));
}

/** The virtual functions of a link; undefined of one that can have none. */
async function functionsOf(host: Host, link: Link): Promise<Functions | undefined> {
  try {
    const { count } = await host.virtualFunctions.count(link);
    return { count, functions: count === 0 ? [] : await host.virtualFunctions.list(link) };
  } catch (error) {
    if (error instanceof NetlinkError && error.code === "EOPNOTSUPP") return undefined;
    throw error;
  }
}

/** The picture, with the virtual functions of all cards. Some cards hold the kernel's lock for long while they tell of them. */
export async function withFunctions(host: Host, picture: Picture): Promise<Picture> {
  const cards = [...picture.links.values()].filter(({ kind, name }) => kind === undefined && name !== "lo");
  return { ...picture, functions: await functionsOfAll(host, cards) };
}

async function functionsOfAll(host: Host, links: readonly Link[]): Promise<ReadonlyMap<string, Functions>> {
  const found = await Promise.all(links.map(async (link) => [link.name, await functionsOf(host, link)] as const));
  return new Map(found.filter((each): each is readonly [string, Functions] => each[1] !== undefined));
}

/** The names of links that a name, which may be a pattern, stands for. */
export function matching(name: string, links: Iterable<string>): string[] {
  if (!isPattern(name)) return [name];
  const parts = [...name].map((each) => (each === "*" ? ".*" : each === "?" ? "." : each.replace(/[^\w]/g, "\\$&")));
  const expression = new RegExp(`^${parts.join("")}$`, "s");
  return [...links].filter((each) => expression.test(each));
}

/** What is known of other namespaces where one is looked at. */
export interface Beside {
  /** Links that they are to send. */
  readonly arriving: ReadonlySet<string>;
  /** Those that there are, by the ids that the namespace has for them, and their links by index. */
  readonly far: ReadonlyMap<number, { readonly namespace: string; readonly names: Picture["names"] }>;
}

/** Nothing is known of others. */
export const ALONE: Beside = { arriving: new Set(), far: new Map() };

/** What of a namespace is listed beside its links. */
const LISTS = {
  addresses: (host: Host) => host.addresses(),
  nexthops: (host: Host) => ifThere(host.nexthops.list()),
  routes: (host: Host) => host.routes.list({ table: "all" }),
  rules: (host: Host) => host.rules.list(),
  neighbours: async (host: Host) =>
    (
      await Promise.all([
        host.neighbours.list({ state: ["permanent", "noarp", "reachable", "stale", "delay", "probe"] }),
        host.neighbours.list({ proxy: true }),
      ])
    ).flat(),
  fdb: (host: Host) => ifThere(host.fdb.list({ state: ["permanent", "static"] })),
  vlans: (host: Host) => ifThere(host.bridgeVlans.list()),
} as const satisfies { readonly [L in keyof Picture]?: (host: Host) => Promise<Picture[L]> };

/** One of them. */
export type List = keyof typeof LISTS;
const ALL = Object.keys(LISTS) as List[];

/** The lists that tell whether anything is to be done for a declaration. What is done may need the others, too. */
export function listsFor({ links, nexthops, routes, rules }: ReadDeclaration): readonly List[] {
  const said = Object.values(links);
  if (said.some(({ takeOver, release, match }) => (takeOver ?? release ?? match) !== undefined)) return ALL;
  const isSaid: Record<List, boolean> = {
    addresses: said.some(({ addresses }) => addresses !== undefined),
    nexthops: nexthops.only || nexthops.entries.length > 0,
    routes: routes.only || routes.entries.length > 0,
    rules: rules.only || rules.entries.length > 0,
    neighbours: said.some(({ neighbours }) => neighbours !== undefined),
    fdb: said.some(({ fdb }) => fdb !== undefined),
    vlans: said.some(({ vlans, asPort }) => (vlans ?? asPort?.vlans) !== undefined),
  };
  return ALL.filter((list) => isSaid[list]);
}

async function listed(host: Host, lists: readonly List[]): Promise<Partial<Pick<Picture, List>>> {
  const found = await Promise.all(lists.map(async (list) => [list, await LISTS[list](host)] as const));
  return Object.fromEntries(found);
}

/** The picture, with the lists that it was made without. */
export async function completed(host: Host, picture: Picture, lists: readonly List[]): Promise<Picture> {
  return {
    ...picture,
    ...(await listed(
      host,
      ALL.filter((list) => !lists.includes(list)),
    )),
  };
}

const EMPTY = { addresses: [], nexthops: [], routes: [], rules: [], neighbours: [], fdb: [], vlans: [] };

/**
 * Looks at a namespace: all links, addresses, routes, rules, and what was set of the rest, or only some of these lists; rates and
 * settings that are declared.
 */
export async function observe(
  host: Host,
  declaration?: Pick<ReadDeclaration, "links" | "sysctls">,
  { arriving, far } = ALONE,
  lists: readonly List[] = ALL,
): Promise<Picture> {
  const [found, rest] = await Promise.all([host.links(), listed(host, lists)]);
  const renames = renamesOf(declaration?.links ?? {}, new Map(found.map((link) => [link.name, link])));
  const links = renamed(found, renames);
  const byName = new Map(links.map((link) => [link.name, link]));
  const rated = Object.entries(declaration?.links ?? {})
    .filter(([, { rate }]) => rate !== undefined)
    .flatMap(([name]) => matching(name, byName.keys()))
    .filter((name) => byName.has(name));
  const cards = Object.entries(declaration?.links ?? {})
    .filter(([, { virtualFunctions }]) => virtualFunctions !== undefined)
    .flatMap(([name]) => byName.get(name) ?? []);
  const [rates, functions, sysctls] = await Promise.all([
    Promise.all(rated.map(async (name) => [name, await host.rateLimit(byName.get(name)!)] as const)),
    functionsOfAll(host, cards),
    settingsOf(host, Object.keys(declaration?.sysctls ?? {}), { renames }),
  ]);
  return {
    ...EMPTY,
    ...rest,
    links: byName,
    names: new Map(links.map(({ index, name }) => [index, name])),
    rates: new Map(rates),
    functions,
    sysctls,
    leases: new Map(),
    renames,
    arriving: new Set([...arriving].filter((name) => !byName.has(name))),
    far,
    defaults: NO_DEFAULTS,
  };
}

/** The picture, with what new links have of the kinds that are in it. */
export async function withDefaults(picture: Picture): Promise<Picture> {
  const kinds = [...picture.links.values()].map(({ kind = "" }) => kind).filter((kind) => kind !== "");
  return { ...picture, defaults: await defaultsOf(kinds) };
}

/** The picture as it is when links are gone, and with them all that goes with a link. */
export function without(picture: Picture, gone: ReadonlySet<string>): Picture {
  if (gone.size === 0) return picture;
  const indexes = new Set([...gone].map((name) => picture.links.get(name)?.index));
  const isGone = (index: number | undefined): boolean => index !== undefined && indexes.has(index);
  const left = [...picture.links].filter(([name]) => !gone.has(name));
  const single = picture.nexthops.filter(({ link, group }) => group === undefined && !isGone(link));
  const known = new Set(single.map(({ id }) => id));
  const lasting = picture.nexthops.filter((each) => known.has(each.id) || each.group?.some(({ id }) => known.has(id)));
  const ids = new Set(lasting.map(({ id }) => id));
  const freed = left.map(([name, link]): [string, Link] => [
    name,
    isGone(link.master)
      ? ({
          ...link,
          master: undefined,
          linkInfo: { ...link.linkInfo, slaveKind: undefined, slaveData: undefined },
        } as Link)
      : link,
  ]);
  return {
    links: new Map(freed),
    names: new Map([...picture.names].filter(([index]) => !indexes.has(index))),
    addresses: picture.addresses.filter(({ index }) => !isGone(index)),
    nexthops: lasting.map((each) => ({
      ...each,
      ...(each.group && { group: each.group.filter(({ id }) => ids.has(id)) }),
    })),
    routes: picture.routes.filter(
      ({ link, nexthops, nexthopId }) =>
        !isGone(link) &&
        !(nexthops ?? []).some((way) => isGone(way.link)) &&
        (nexthopId === undefined || ids.has(nexthopId)),
    ),
    rules: picture.rules,
    neighbours: picture.neighbours.filter(({ link }) => !isGone(link)),
    fdb: picture.fdb.filter(({ index, master }) => !isGone(index) && !isGone(master)),
    vlans: picture.vlans.filter(({ index }) => !isGone(index)),
    rates: new Map([...picture.rates].filter(([name]) => !gone.has(name))),
    functions: picture.functions,
    sysctls: picture.sysctls,
    leases: picture.leases,
    renames: picture.renames,
    arriving: picture.arriving,
    far: picture.far,
    switches: picture.switches ?? [],
    defaults: picture.defaults,
  };
}
