import { BlockList, isIP } from "node:net";
import { REFERENCES } from "../rtnetlink/link/link-references.js";
import type { ReadDeclaration, ReadLink, RouteEntry, Some } from "../topology/declaration/declaration.js";
import { isPattern, sealDeclaration } from "../topology/declaration/schema.js";
import { except } from "../base/except.js";

/** What of a declaration can be, with the links that are there. */
export interface Possible {
  readonly declaration: ReadDeclaration;
  /** Links that it waits for: those that are not there, and that it does not create. */
  readonly missing: readonly string[];
}

/** A declaration without what links say of `dhcp`: the service that keeps leases starts when what is enabled stands. */
export function withoutLeases(declaration: ReadDeclaration): ReadDeclaration {
  const said = Object.entries(declaration.links);
  if (said.every(([, { dhcp }]) => dhcp === undefined)) return declaration;
  return sealDeclaration({
    ...declaration,
    links: Object.fromEntries(said.map(([name, link]) => [name, except(link, "dhcp")])),
  });
}

/** References that a link can do without for a while. */
const SPARED: readonly string[] = ["primary", "activePort"];
const NEEDED: readonly string[] = [...[...REFERENCES].filter((name) => !SPARED.includes(name)), "takeOver", "release"];

function referencesIn(link: ReadLink, properties: readonly string[]): string[] {
  return properties.map((name) => link[name]).filter((value) => typeof value === "string" && value !== "") as string[];
}

/** The other ends of pairs, which come with them. */
function endsIn(links: ReadDeclaration["links"]): Set<string> {
  return new Set(Object.values(links).flatMap(({ peer }) => (typeof peer === "string" ? [peer] : [])));
}

/** Which links are to be there and cannot be, and what they lack. */
function blockedIn({ links }: ReadDeclaration, there: ReadonlySet<string>): Record<"blocked" | "missing", Set<string>> {
  const wanted = Object.entries(links).filter(([, { absent }]) => absent !== true);
  const ends = endsIn(links);
  const comes = (name: string): boolean =>
    there.has(name) || ends.has(name) || (links[name]?.kind !== undefined && links[name].absent !== true);
  const missing = new Set<string>();
  const blocked = new Set<string>();
  for (const [name, link] of wanted) {
    const needed = [...(isPattern(name) ? [] : [name]), ...referencesIn(link, NEEDED)].filter((each) => !comes(each));
    if (needed.length > 0) blocked.add(name);
    for (const each of [...needed, ...referencesIn(link, SPARED).filter((other) => !comes(other))]) missing.add(each);
  }
  for (let size = -1; size !== blocked.size;) {
    size = blocked.size;
    for (const [name, link] of wanted)
      if (referencesIn(link, NEEDED).some((each) => blocked.has(each) && !there.has(each))) blocked.add(name);
  }
  return { blocked, missing };
}

/** A link without the references that lead nowhere yet. */
function spared(link: ReadLink, isThere: (name: string) => boolean): ReadLink {
  const lost = SPARED.filter((name) => !referencesIn(link, [name]).every(isThere));
  return lost.length === 0 ? link : except(link, ...lost);
}

/** The networks and addresses that come with some links. */
function subnetsOf(links: readonly (ReadLink | undefined)[]): BlockList {
  const list = new BlockList();
  for (const { address } of links.flatMap((link) => link?.addresses?.entries ?? [])) {
    const [base = "", length] = address.split("/");
    const family = isIP(base) === 6 ? "ipv6" : "ipv4";
    if (isIP(base) !== 0) list.addSubnet(base, Number(length ?? (family === "ipv6" ? 128 : 32)), family);
  }
  return list;
}

function isIn(list: BlockList, address: string | undefined): boolean {
  return address !== undefined && isIP(address) !== 0 && list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

/**
 * What of a declaration can be with the links that are there: without links that are missing, what is on them, the ports and the
 * routes of those. It never says less of a link that needs none of them, but for `dhcp`.
 */
export function possibleOf(whole: ReadDeclaration, there: ReadonlySet<string>): Possible {
  const declaration = withoutLeases(whole);
  const { blocked, missing } = blockedIn(declaration, there);
  const { routes: lost, missing: outs } = blockedRoutes(declaration.routes, declaration, there, blocked);
  for (const each of outs) missing.add(each);
  if (missing.size === 0) return { declaration, missing: [] };
  const isThere = (name: string): boolean => !missing.has(name) && (!blocked.has(name) || there.has(name));
  const kept = Object.entries(declaration.links).filter(([name]) => !blocked.has(name));
  const links = Object.fromEntries(kept.map(([name, link]) => [name, spared(link, isThere)]));
  const ofBlocked = (setting: string): boolean =>
    [...blocked].some((name) => setting.includes(`/${name}/`) || setting.includes(`.${name}.`));
  const settings = Object.entries(declaration.sysctls).filter(([name]) => !ofBlocked(name));
  const routes = { ...declaration.routes, entries: declaration.routes.entries.filter((each) => !lost.has(each)) };
  return {
    declaration: sealDeclaration({ ...declaration, links, routes, sysctls: Object.fromEntries(settings) }),
    missing: [...missing].sort(),
  };
}

/** Routes over links that are not there, or by gateways in their networks. */
function blockedRoutes(
  { entries }: Some<RouteEntry>,
  { links }: ReadDeclaration,
  there: ReadonlySet<string>,
  blocked: ReadonlySet<string>,
): { routes: Set<RouteEntry>; missing: Set<string> } {
  const ends = endsIn(links);
  const subnets = subnetsOf([...blocked].map((name) => links[name]));
  const missing = new Set<string>();
  const routes = new Set<RouteEntry>();
  for (const route of entries.filter(({ absent }) => absent !== true))
    for (const { link, gateway } of [route, ...(route.nexthops ?? [])]) {
      const isUnknown = link !== undefined && !there.has(link) && links[link] === undefined && !ends.has(link);
      if (isUnknown) missing.add(link);
      const isLost = link === undefined ? isIn(subnets, gateway) : isUnknown || blocked.has(link);
      if (isLost || isIn(subnets, route.source)) routes.add(route);
    }
  return { routes, missing };
}
