import type { Link } from "../rtnetlink/link/link.js";
import { captureAddresses } from "./steps/addresses.js";
import type { HostDeclaration, ReadDeclaration, ReadLink, Some } from "./declaration/declaration.js";
import { kindFields } from "./declaration/fields.js";
import { except } from "../base/except.js";
import { captureLink } from "./steps/links.js";
import { captureFdb, captureNeighbours } from "./steps/neighbours.js";
import type { Picture } from "./observation/observe.js";
import { capturePort, vlansOf } from "./steps/ports.js";
import { captureNexthops, nexthopsOver } from "./steps/nexthops.js";
import { captureRoutes } from "./steps/routes.js";
import { captureVirtualFunctions } from "./steps/virtual-functions.js";
import { captureRules } from "./steps/rules.js";

function some<T>(entries: readonly T[]): Some<T> | undefined {
  return entries.length === 0 ? undefined : { only: false, entries };
}

/** A link with all that it has and somebody gave it. */
export function captureWhole(link: Link, picture: Picture): ReadLink {
  const { index, kind } = link;
  const vlans = kind === "bridge" ? vlansOf(link, picture) : [];
  const port = link.master === undefined ? undefined : capturePort(link, picture);
  const functions = captureVirtualFunctions(link.name, picture);
  const parts = {
    ...(functions === undefined ? {} : { virtualFunctions: functions }),
    ...(port === undefined ? {} : { asPort: port }),
    ...(vlans.length === 0 ? {} : { vlans }),
    addresses: some(captureAddresses(index, picture)),
    neighbours: some(captureNeighbours(index, picture)),
    fdb: some(captureFdb(index, picture)),
  };
  return { ...captureLink(link, picture), ...(parts as object) };
}

/** Links, and what leads over them, as they can be made again; and the ports that others are of them. */
export function captureLinks(names: ReadonlySet<string>, picture: Picture): ReadDeclaration {
  const links: Record<string, ReadLink> = {};
  const ids = new Set<number>();
  const routes = new Map<string, ReturnType<typeof captureRoutes>[number]>();
  for (const [name, link] of picture.links) {
    const master = link.master === undefined ? undefined : picture.names.get(link.master);
    if (names.has(name)) {
      links[name] = captureWhole(link, picture);
      for (const id of nexthopsOver(link.index, picture)) ids.add(id);
      for (const route of captureRoutes(picture, link.index)) routes.set(JSON.stringify(route), route);
    } else if (master !== undefined && names.has(master)) {
      const port = capturePort(link, picture);
      links[name] = { master, up: link.up, ...(port === undefined ? {} : { asPort: port }) };
    }
  }
  const none = { only: false, entries: [] };
  const nexthops = { only: false, entries: captureNexthops(picture, ids) };
  return { links, nexthops, routes: { only: false, entries: [...routes.values()] }, rules: none, sysctls: {} };
}

/** Entries as a file has them. */
function listed<T>(list: Some<unknown> | undefined, entries = list?.entries as readonly T[] | undefined): unknown {
  return list?.only === true ? { only: true, entries } : entries;
}

/** A link without its kind: what makes it is elsewhere. */
function arrived(link: ReadLink): ReadLink {
  return except(link, ...(["kind", ...Object.keys(kindFields(link.kind))] as (keyof ReadLink)[]));
}

/** A link as a file has it: an address of which nothing else is said is a word. An end of a pair is made by the other, if that is not known. */
function plain(link: ReadLink): Record<string, unknown> {
  const { addresses, neighbours, fdb, master, ...rest } =
    "peer" in kindFields(link.kind) && link["peer"] === undefined ? arrived(link) : link;
  const short = addresses?.entries.map((entry) => (Object.keys(entry).length === 1 ? entry.address : entry));
  const lists = Object.entries({
    addresses: listed(addresses, short),
    neighbours: listed(neighbours),
    fdb: listed(fdb),
  });
  const owner = master === undefined ? {} : { master: master === "" ? 0 : master };
  return { ...rest, ...owner, ...Object.fromEntries(lists.filter(([, list]) => list !== undefined)) };
}

/** A declaration as a file or code has it. */
export function asDeclared(declaration: ReadDeclaration): HostDeclaration {
  const { links, nexthops, routes, rules, sysctls, namespaces, openvswitch } = declaration;
  const inside = Object.entries(namespaces ?? {}).map(([name, each]) => [
    name,
    each.absent === true ? { absent: true } : asDeclared(each),
  ]);
  return {
    links: Object.fromEntries(Object.entries(links).map(([name, link]) => [name, plain(link)])),
    ...(nexthops.entries.length === 0 && !nexthops.only ? {} : { nexthops: listed(nexthops) }),
    ...(routes.entries.length === 0 && !routes.only ? {} : { routes: listed(routes) }),
    ...(rules.entries.length === 0 && !rules.only ? {} : { rules: listed(rules) }),
    ...(Object.keys(sysctls).length === 0 ? {} : { sysctls }),
    ...(namespaces === undefined ? {} : { namespaces: Object.fromEntries(inside) as object }),
    ...(openvswitch === undefined ? {} : { openvswitch }),
  } as HostDeclaration;
}

/** The present state as a declaration that applies to nothing: links, addresses, routes, rules, and what was set of the rest. */
export function captureHost(picture: Picture): HostDeclaration {
  return asDeclared(capturePicture(picture));
}

/** The same, as it is read. */
export function capturePicture(picture: Picture): ReadDeclaration {
  return {
    links: Object.fromEntries([...picture.links].map(([name, link]) => [name, captureWhole(link, picture)])),
    nexthops: { only: false, entries: captureNexthops(picture) },
    routes: { only: false, entries: captureRoutes(picture) },
    rules: { only: false, entries: captureRules(picture) },
    sysctls: {},
  };
}

/** The present state of a host, and of namespaces that have names, where some are asked for. */
export function captureAll(picture: Picture, inside: ReadonlyMap<string, Picture>): HostDeclaration {
  const namespaces = Object.fromEntries([...inside].map(([name, each]) => [name, capturePicture(each)]));
  return asDeclared({ ...capturePicture(picture), ...(inside.size === 0 ? {} : { namespaces }) });
}
