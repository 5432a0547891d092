import { InputError } from "../../base/errors.js";
import { destinationOf } from "../../rtnetlink/route/route-message.js";
import type { Link } from "../../rtnetlink/link/link.js";
import { compareAddresses } from "../steps/addresses.js";
import { captureLinks } from "../capture.js";
import type { ReadDeclaration, ReadLink } from "../declaration/declaration.js";
import { compareLinks, isPairedElsewhere, replacementOf, reportedOf, takesFrames } from "../steps/links.js";
import {
  captureNeighbours,
  compareFdb,
  compareNeighbours,
  lastingNeighbours,
  neighboursBack,
} from "../steps/neighbours.js";
import { call, type Operation } from "../steps/operation.js";
import { matching, type Picture, without } from "../observation/observe.js";
import { comparePorts } from "../steps/ports.js";
import { captureRoutes, compareRoutes, keyOf, routesBack, routesBy } from "../steps/routes.js";
import { compareLeases } from "../steps/leases.js";
import { compareSwitches } from "../steps/open-vswitch.js";
import { compareNexthops } from "../steps/nexthops.js";
import { compareRules } from "../steps/rules.js";
import { compareRates, compareSysctls } from "../steps/settings.js";
import { isPattern } from "../declaration/schema.js";
import { compareVirtualFunctions } from "../steps/virtual-functions.js";
import { groupsOf, shown, type Step, step } from "../steps/step.js";
import { except } from "../../base/except.js";
import { captureAddresses } from "../steps/addresses.js";

type Links = Readonly<Record<string, ReadLink>>;

/** Patterns, in place of which stand the links that are there and fit; what is said of a link by its name counts. */
export function named(links: Links, picture: Picture): Links {
  const expanded: Record<string, ReadLink> = {};
  const said = Object.entries(links);
  for (const [pattern, link] of said.filter(([name]) => isPattern(name)))
    for (const name of matching(pattern, picture.links.keys())) expanded[name] = { ...expanded[name], ...link };
  for (const [name, link] of said.filter(([each]) => !isPattern(each)))
    expanded[name] = link.absent === true ? link : { ...expanded[name], ...link };
  return expanded;
}

/** Links that go with others: those on them, and the other ends of pairs. */
function goingWith(gone: ReadonlySet<string>, picture: Picture): Set<string> {
  const all = new Set(gone);
  for (let size = -1; size !== all.size;) {
    size = all.size;
    for (const [name, link] of picture.links) {
      const reported = reportedOf(link, picture);
      if (all.has(reported["link"] as string) || all.has(reported["peer"] as string)) all.add(name);
    }
  }
  return all;
}

/** What cannot be had again of a link that is removed. */
function lossOf(name: string, link: Link): string | undefined {
  if (link.kind === "other") return `${name}: its options, as its kind ${link.linkInfo.kind} is not known here`;
  if (link.kind === "tun" && link.carrier === true) return `${name}: whoever holds it open loses it`;
  if (link.kind === "macsec") return `${name}: its keys`;
  if (isPairedElsewhere(link)) return `${name}: its other end, which is in another namespace`;
  if (link.kind === "bridge") return `${name}: the MACs that it has learned`;
  return undefined;
}

/** Removes links; what takes that back makes them anew, with all that they had. */
function removals(
  phase: "clear" | "remove",
  gone: ReadonlySet<string>,
  picture: Picture,
  reason: (name: string) => string,
): Step[] {
  const links = [...gone].flatMap((name) => {
    const link = picture.links.get(name);
    return link === undefined ? [] : ([[name, link]] as const);
  });
  const hardware = links.find(([, { kind }]) => kind === undefined);
  if (hardware !== undefined)
    throw new InputError("it is hardware, or the loopback, and cannot be removed", `links.${hardware[0]}`);
  // What goes together is gathered in a group first: one that was, and is there still, leaves that.
  const ungathered = links.length < 2 ? [] : links.map(([name, { group = 0 }]) => call("setLink", name, { group }));
  const restored = links.length === 0 ? [] : [...restoring(gone, picture), ...ungathered];
  return links.map(([name, link], place) => {
    const loss = lossOf(name, link);
    return step(phase, {
      action: "remove",
      subject: "link",
      name,
      reason: reason(name),
      do: [call("remove", name)],
      // All are made anew when the first is taken back.
      undo: place === links.length - 1 ? restored : [],
      ...(loss === undefined ? {} : { loss }),
    });
  });
}

/** What makes links anew that are gone. */
function restoring(gone: ReadonlySet<string>, picture: Picture): Operation[] {
  const former = captureLinks(gone, picture);
  return groupsOf(differences(former, without(picture, gone)))
    .flat()
    .flatMap((each) => each.do);
}

/**
 * What puts back what the end of a pair had that went with the other end, in another namespace, and comes again with that: said before that
 * goes, for what is taken back is so in reverse.
 */
export function goingEnd(name: string, other: string, picture: Picture): Step {
  const gone = new Set([name]);
  const former = captureLinks(gone, picture);
  const comes = { ...without(picture, gone), arriving: gone };
  return step("namespaces", {
    action: "remove",
    subject: "link",
    name,
    reason: `its other end ${other} is not to be there`,
    do: [],
    undo: groupsOf(differences(former, comes))
      .flat()
      .flatMap((each) => each.do),
  });
}

/** Links that have to be made anew, and why. */
function replacements(links: Links, picture: Picture): Map<string, string> {
  const found = Object.entries(links).flatMap(([name, wanted]) => {
    const link = picture.links.get(name);
    if (link === undefined || wanted.absent === true) return [];
    const difference = replacementOf(wanted, link, picture);
    if (difference === undefined) return [];
    const { property, wanted: value, found: has, unit } = difference;
    const [is, isToBe] = [shown(has, unit), shown(value, unit)];
    return [[name, `its ${property} is ${is}, is to be ${isToBe}, and is given when a link is made`] as const];
  });
  return new Map(found);
}

/** The steps from what is there to what is wanted of links that can stay, or are new. */
function differences(wanted: ReadDeclaration, picture: Picture): Step[] {
  const back = (name: string): Operation[] => {
    const index = picture.links.get(name)?.index;
    if (index === undefined) return [];
    const addresses = captureAddresses(index, picture).filter(({ address }) => address.includes(":"));
    return [
      ...addresses.map(({ address, ...settings }) => call("replaceAddress", name, address, settings)),
      ...routesBack(index, picture),
      ...neighboursBack(name, captureNeighbours(index, picture)),
    ];
  };
  const { links, routes } = wanted;
  const said = new Map(routes.entries.map((each) => [keyOf(each), each]));
  const stay = (name: string): Operation[] => {
    const index = picture.links.get(name)?.index;
    if (index === undefined) return [];
    const found = new Map(captureRoutes(picture, index).map((route) => [keyOf(route), route]));
    // Those without a link may lead over this one.
    const fresh = [...said].filter(([key, { link = name }]) => !found.has(key) && link === name);
    return [...found, ...fresh]
      .map(([key, route]) => said.get(key) ?? (routes.only ? undefined : route))
      .filter((route) => route !== undefined && route.absent !== true)
      .filter((route) => destinationOf(route!.destination, route!).family === "inet")
      .map((route) => ({
        ...call("routes.replace", route!.destination, except(route!, "destination", "absent")),
        optional: true,
      }));
  };
  // The kernel forgets them all when a link goes down, or has no IPv4 address any more.
  const acquainted = (name: string): Operation[] => {
    const index = picture.links.get(name)?.index;
    return index === undefined ? [] : neighboursBack(name, lastingNeighbours(links[name] ?? {}, index, picture));
  };
  const taken = new Set(Object.values(links).flatMap(({ takeOver }) => (takeOver === undefined ? [] : [takeOver])));
  return [
    ...compareLinks(links, picture, back, acquainted),
    ...comparePorts(links, picture, taken, back),
    ...compareAddresses(links, picture, { back, stay, acquainted }),
    ...compareNeighbours(links, picture),
    ...compareFdb(links, picture),
    ...compareVirtualFunctions(links, picture),
    ...compareRates(links, picture),
    ...compareNexthops(wanted.nexthops, picture, (ids) => routesBy(ids, picture)),
    ...compareRoutes(wanted.routes, picture),
    ...compareRules(wanted.rules, picture),
    ...compareSysctls(wanted.sysctls, picture),
    ...compareLeases(links, picture),
    ...compareSwitches(wanted.openvswitch, picture.switches),
  ];
}

/** What is wanted, and what links that are made anew had and is not said otherwise. */
function withFormer(
  wanted: ReadDeclaration,
  anew: ReadonlySet<string>,
  replaced: ReadonlyMap<string, string>,
  picture: Picture,
): ReadDeclaration {
  if (anew.size === 0) return wanted;
  const former = captureLinks(anew, picture);
  const links: Record<string, ReadLink> = { ...wanted.links };
  for (const [name, link] of Object.entries(former.links)) {
    const said = wanted.links[name];
    if (said?.absent === true) continue;
    // Of a link of another kind, only what is on it stays.
    const { addresses, neighbours, master, up, address } = link;
    const kept = (
      replaced.get(name)?.startsWith("its kind") === true ? { addresses, neighbours, master, up, address } : link
    ) as ReadLink;
    // A port of something else has its options anew.
    const moves = said?.master !== undefined && said.master !== master;
    links[name] = { ...(moves && "asPort" in kept ? except(kept, "asPort") : kept), ...said };
  }
  const ids = new Set(wanted.nexthops.entries.map(({ id }) => id));
  const unsaid = former.nexthops.entries.filter(({ id }) => !ids.has(id));
  return {
    ...wanted,
    links,
    nexthops: { ...wanted.nexthops, entries: [...unsaid, ...wanted.nexthops.entries] },
    routes: { ...wanted.routes, entries: [...former.routes.entries, ...wanted.routes.entries] },
  };
}

/** Links that go and are in the way: VLANs of an id that a new one has, and what takes the frames of a link that becomes a port. */
function inTheWay(links: Links, absent: ReadonlySet<string>, picture: Picture): Set<string> {
  const places = new Set(
    Object.entries(links)
      .filter(([name, { absent: gone, kind }]) => gone !== true && kind === "vlan" && !picture.links.has(name))
      .map(([, { link, id }]) => `${link} ${String(id)}`),
  );
  return new Set(
    [...absent].filter((name) => {
      const link = picture.links.get(name);
      if (link === undefined) return false;
      const { link: below, id } = reportedOf(link, picture);
      if (takesFrames(link.kind)) return (links[below as string]?.master ?? "") !== "";
      return link.kind === "vlan" && places.has(`${String(below)} ${String(id)}`);
    }),
  );
}

/**
 * Compares what is wanted, links by their names, with what is there: the steps from here to there, in no order.
 * Throws InputError for what cannot be.
 */
export function compare(wanted: ReadDeclaration, picture: Picture): Step[] {
  const { links } = wanted;
  const absent = new Set(
    Object.entries(links)
      .filter(([name, { absent: gone }]) => gone === true && picture.links.has(name))
      .map(([name]) => name),
  );
  const replaced = replacements(links, picture);
  const cleared = goingWith(new Set([...replaced.keys(), ...inTheWay(links, absent, picture)]), picture);
  const removed = new Set([...goingWith(absent, picture)].filter((name) => !cleared.has(name)));
  for (const name of removed)
    if (links[name] !== undefined && links[name].absent !== true)
      throw new InputError("what it is on, or its other end, is not to be there", `links.${name}`);
  const anew = new Set([...cleared].filter((name) => links[name]?.absent !== true));
  const all = withFormer(wanted, anew, replaced, picture);
  const left = without(picture, cleared);
  return [
    ...removals(
      "clear",
      cleared,
      picture,
      (name) =>
        replaced.get(name) ??
        (anew.has(name) ? "it goes with what it is on, and comes again" : "a new link takes its place"),
    ),
    ...differences(all, left),
    ...removals("remove", removed, left, (name) =>
      absent.has(name) ? "it is not to be there" : "it goes with what it is on",
    ),
  ];
}
