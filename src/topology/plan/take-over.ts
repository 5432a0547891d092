import { InputError } from "../../base/errors.js";
import type { Host } from "../../host/host.js";
import type { Link } from "../../rtnetlink/link/link.js";
import type { Route } from "../../rtnetlink/route/route-message.js";
import { captureAddresses } from "../steps/addresses.js";
import type {
  AddressEntry,
  ReadDeclaration,
  ReadLink,
  RouteEntry,
  RuleEntry,
  Some,
} from "../declaration/declaration.js";
import { captureNeighbours } from "../steps/neighbours.js";
import { call } from "../steps/operation.js";
import { type Picture, settingIfThere } from "../observation/observe.js";
import { captureNexthops } from "../steps/nexthops.js";
import { isKernelMade, routeSettings } from "../steps/routes.js";
import { ruleSettings } from "../steps/rules.js";
import { type Step, step } from "../steps/step.js";
import { except } from "../../base/except.js";

/** Settings that each link has for itself, and that say how it treats packets (Documentation/networking/ip-sysctl.rst). */
const SETTINGS = {
  ipv4: [
    ...[
      "forwarding",
      "rp_filter",
      "proxy_arp",
      "proxy_arp_pvlan",
      "arp_ignore",
      "arp_announce",
      "arp_filter",
      "arp_accept",
    ],
    ...["accept_local", "route_localnet", "src_valid_mark", "log_martians", "accept_redirects", "secure_redirects"],
    ...["send_redirects", "shared_media", "accept_source_route", "promote_secondaries", "drop_gratuitous_arp"],
  ],
  ipv6: [
    ...[
      "disable_ipv6",
      "addr_gen_mode",
      "accept_ra",
      "accept_ra_defrtr",
      "accept_ra_pinfo",
      "accept_ra_rt_info_max_plen",
    ],
    ...[
      "autoconf",
      "use_tempaddr",
      "forwarding",
      "proxy_ndp",
      "accept_redirects",
      "accept_source_route",
      "router_solicitations",
    ],
    ...["accept_dad", "dad_transmits", "ra_defrtr_metric"],
  ],
} as const;

/** A link's own settings, under the names that another's have; those that the other has already are left out. */
async function settingsMoved(
  host: Host,
  { from: { name: from }, to }: Move,
  picture: Picture,
): Promise<Record<string, string>> {
  const names = Object.entries(SETTINGS).flatMap(([family, each]) => each.map((name) => [family, name] as const));
  const found = await Promise.all(
    names.map(async ([family, name]) => {
      const settingOf = (link: string): Promise<string | undefined> =>
        settingIfThere(host, `net/${family}/conf/${link}/${name}`, picture);
      const own = await settingOf(from);
      const other = (await settingOf(to)) ?? (await settingOf("default"));
      return own === undefined || own === other ? undefined : ([`net/${family}/conf/${to}/${name}`, own] as const);
    }),
  );
  return Object.fromEntries(found.filter((each) => each !== undefined));
}

/** A label starts with its link's name. */
function relabelled(entry: AddressEntry, from: string, to: string): AddressEntry {
  const { label } = entry;
  const moved = label?.startsWith(from) === true ? `${to}${label.slice(from.length)}` : label;
  const isUsual = moved === to || (moved?.length ?? 0) > 15;
  const rest = except(entry, "label");
  // Nobody else has the address: it is taken from a link of this host.
  const flags = entry.address.includes(":") ? { flags: [...(entry.flags ?? []), "nodad" as const] } : {};
  return { ...rest, ...flags, ...(moved === undefined || isUsual ? {} : { label: moved }) };
}

/** A route that what routers advertise has made is taken along; their next advertisement is heard by the other link. */
function isMoved(route: Route, index: number): boolean {
  const over = (route.nexthops ?? [route]).some((way) => way.link === index);
  return over && (!isKernelMade(route) || route.protocol === "ra");
}

function rerouted(route: RouteEntry, from: string, to: string): RouteEntry {
  const { nexthops } = route;
  const moved = <W extends { readonly link?: string | undefined }>(way: W): W =>
    way.link === from ? { ...way, link: to } : way;
  return nexthops === undefined ? moved(route) : { ...route, nexthops: nexthops.map(moved) };
}

/** Who is spoken to is known to the other link at once, and need not be looked for. */
function acquaintances(link: Link, to: string, { neighbours }: Picture): Step[] {
  const known = neighbours.filter(
    ({ link: index, state, lladdr }) =>
      index === link.index && lladdr !== undefined && ["reachable", "stale", "delay", "probe"].includes(state),
  );
  if (known.length === 0) return [];
  return [
    step("neighbours", {
      action: "add",
      subject: "neighbour",
      name: `${known.length} that ${link.name} knows, on ${to}`,
      reason: "they need not be looked for",
      do: known.map(({ address, lladdr }) => call("neighbours.replace", to, address, { lladdr, state: "stale" })),
      undo: [],
    }),
  ];
}

function merged<T>(first: readonly T[], said: Some<T> | undefined, keyOf: (entry: T) => unknown): Some<T> {
  const keys = new Set((said?.entries ?? []).map((each) => JSON.stringify(keyOf(each))));
  const others = first.filter((each) => !keys.has(JSON.stringify(keyOf(each))));
  return { only: said?.only ?? false, entries: [...others, ...(said?.entries ?? [])] };
}

interface Move {
  readonly from: Link;
  readonly to: string;
}

/** What one link has and another is to have: addresses, neighbours, routes, rules and settings. */
async function moved(
  host: Host,
  wanted: ReadDeclaration,
  { from, to }: Move,
  picture: Picture,
): Promise<ReadDeclaration> {
  const addresses = captureAddresses(from.index, picture).map((entry) => relabelled(entry, from.name, to));
  const neighbours = captureNeighbours(from.index, picture);
  const routes = picture.routes
    .filter((route) => isMoved(route, from.index))
    .map((route) => rerouted(routeSettings(route, picture), from.name, to));
  const nexthops = captureNexthops(picture)
    .filter(({ link }) => link === from.name)
    .map((each) => ({ ...each, link: to }));
  const rules = picture.rules.filter(({ iif, oif }) => iif === from.name || oif === from.name).map(ruleSettings);
  const movedRules = rules.flatMap((rule): RuleEntry[] => [
    { ...rule, absent: true },
    { ...rule, iif: rule.iif === from.name ? to : rule.iif, oif: rule.oif === from.name ? to : rule.oif },
  ]);
  const sysctls = await settingsMoved(host, { from, to }, picture);
  const target = wanted.links[to] ?? {};
  const source = wanted.links[from.name] ?? {};
  if (source.addresses !== undefined) throw new InputError(`${to} gets its addresses`, `links.${from.name}.addresses`);
  const links: Record<string, ReadLink> = {
    ...wanted.links,
    [to]: {
      ...target,
      addresses: merged(addresses, target.addresses, ({ address }) => address),
      ...(neighbours.length === 0
        ? {}
        : { neighbours: merged(neighbours, target.neighbours, ({ address, proxy }) => [address, proxy]) }),
    },
    [from.name]: { ...source, addresses: { only: true, entries: [] }, neighbours: { only: true, entries: [] } },
  };
  return {
    links,
    nexthops: merged(nexthops, wanted.nexthops, ({ id }) => id),
    routes: merged(routes, wanted.routes, ({ destination, table, metric }) => [destination, table ?? "main", metric]),
    rules: { ...wanted.rules, entries: [...movedRules, ...wanted.rules.entries] },
    sysctls: { ...sysctls, ...wanted.sysctls },
  };
}

/** Kinds that take a link's place: it becomes a port of the first two, and is below the last. */
const TAKING: readonly unknown[] = ["bridge", "bond", "macvlan"];

/** Whether a macvlan has taken the place of the link below. */
function isOnTop(own: Link | undefined, link: Link, picture: Picture): boolean {
  const hasNone = captureAddresses(link.index, picture).length === 0;
  return own?.link === link.index && hasNone && captureAddresses(own.index, picture).length > 0;
}

/** A macvlan that takes the place of the link below has its MAC, which only one that passes all through may. */
function onTop(wanted: ReadDeclaration, name: string, below: string, own: Link | undefined): ReadDeclaration {
  const said = wanted.links[name] as ReadLink & { readonly mode?: string };
  const mode = said.mode ?? (own === undefined ? "passthru" : undefined);
  const link = { ...said, link: below, ...(mode === undefined ? {} : { mode }) } as ReadLink;
  return { ...wanted, links: { ...wanted.links, [name]: link } };
}

/** A declaration in which what is taken over or released is spelled out, and steps that help on the way. */
export interface Spelled {
  readonly wanted: ReadDeclaration;
  readonly steps: readonly Step[];
}

/**
 * Spells out what `takeOver` and `release` mean for what is there: the one link gets the other's MAC, addresses with their
 * lifetimes, flags and labels, routes of every table, rules that name it, neighbours, and settings. What is done already is
 * only held.
 */
export async function spelledOut(host: Host, declared: ReadDeclaration, picture: Picture): Promise<Spelled> {
  let wanted = declared;
  const steps: Step[] = [];
  for (const [name, { takeOver, release, kind }] of Object.entries(declared.links)) {
    const other = takeOver ?? release;
    if (other === undefined) continue;
    const property = takeOver === undefined ? "release" : "takeOver";
    const link = picture.links.get(other);
    const own = picture.links.get(name);
    if (takeOver !== undefined && release !== undefined)
      throw new InputError("a link takes over or releases, not both", `links.${name}.release`);
    if (link === undefined) throw new InputError(`there is no link ${other}`, `links.${name}.${property}`);
    if (!TAKING.includes(kind ?? own?.kind))
      throw new InputError("what takes a link's place is a bridge, a bond or a macvlan", `links.${name}.${property}`);
    const isMacvlan = (kind ?? own?.kind) === "macvlan";
    const isPort = isMacvlan
      ? isOnTop(own, link, picture)
      : link.master !== undefined && picture.names.get(link.master) === name;
    const master = takeOver === undefined ? "" : name;
    if (isPort === (takeOver === undefined)) {
      if (takeOver === undefined && own === undefined)
        throw new InputError(`there is no link ${name}`, `links.${name}.release`);
      const move = takeOver === undefined ? { from: own!, to: other } : { from: link, to: name };
      wanted = await moved(host, wanted, move, picture);
      steps.push(...acquaintances(move.from, move.to, picture));
      if (takeOver !== undefined) {
        const { address, up, ...rest } = wanted.links[name]!;
        wanted = {
          ...wanted,
          links: { ...wanted.links, [name]: { ...rest, address: address ?? link.address, up: up ?? true } },
        };
      }
    }
    wanted = isMacvlan
      ? onTop(wanted, name, other, own)
      : { ...wanted, links: { ...wanted.links, [other]: { ...wanted.links[other], master } } };
  }
  return { wanted, steps };
}
