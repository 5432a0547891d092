import type { Connection } from "../../netlink/connection.js";
import { NetlinkError } from "../../kernel/error.js";
import { addNeighbour, listNeighbours, type Neighbour } from "../../rtnetlink/neighbour/neighbour-requests.js";
import { addNexthop, listNexthops, type Nexthop, replaceNexthop } from "../../rtnetlink/nexthop/nexthop-requests.js";
import type { Route } from "../../rtnetlink/route/route-message.js";
import { addRoute, listRoutes, replaceRoute } from "../../rtnetlink/route/route-requests.js";
import { together } from "../../base/together.js";

/** What leads over a link, as somebody set it. */
export interface Ways {
  readonly routes: readonly Route[];
  /** Next hops of the link, and the groups that one of them is in. */
  readonly nexthops: readonly Nexthop[];
  readonly neighbours: readonly Neighbour[];
}

/**
 * Whether the kernel makes a route by itself whenever there is its address, or makes it for a while only. The route of an address's
 * prefix it may have from somebody who tells it not to make one (noprefixroute).
 */
function isKernelMade({ protocol, type, destination }: Route): boolean {
  if (protocol === "redirect") return true;
  return protocol === "kernel" && (type !== "unicast" || destination === "fe80::/64");
}

/** Whether somebody put a neighbour there. What the kernel found out itself, it finds out again. */
function isPut({ state, flags, flagsExt = [], protocol = "unspec", type, lladdr }: Neighbour): boolean {
  if (flagsExt.includes("managed") || state === "permanent") return true;
  if (lladdr === undefined) return false;
  // The kernel has multicast and broadcast addresses among those that need no ARP.
  return (state === "noarp" && type === "unicast") || flags.includes("extLearned") || protocol !== "unspec";
}

async function nexthopsOver(connection: Connection, link: number): Promise<Nexthop[]> {
  try {
    const single = await listNexthops(connection, { link });
    if (single.length === 0) return single;
    const ids = single.map(({ id }) => id);
    const groups = await listNexthops(connection, { groups: true });
    return [...single, ...groups.filter(({ group = [] }) => group.some(({ id }) => ids.includes(id)))];
  } catch (error) {
    // Linux before 5.3 has no next hops.
    if (error instanceof NetlinkError && error.code === "EOPNOTSUPP") return [];
    throw error;
  }
}

/**
 * What leads over a link, but for what the kernel makes itself; routes of every table. With `source`, also the routes over
 * other links whose packets get that source address.
 */
export async function waysOver(connection: Connection, link: number, source?: string): Promise<Ways> {
  const isMeant = (route: Route): boolean =>
    source === undefined || route.source === source || (route.nexthops ?? [route]).some((way) => way.link === link);
  // Those of the address's prefix go with it for good.
  const isKept = ({ protocol }: Route): boolean => source === undefined || protocol !== "kernel";
  const [routes, nexthops, neighbours, proxies] = await together([
    listRoutes(connection, { table: "all", link: source === undefined ? link : undefined }),
    nexthopsOver(connection, link),
    listNeighbours(connection, { link }),
    listNeighbours(connection, { link, proxy: true }),
  ]);
  return {
    routes: routes.filter((route) => !isKernelMade(route) && isMeant(route) && isKept(route)),
    nexthops,
    neighbours: [...neighbours.filter(isPut), ...proxies],
  };
}

/** The neighbours that somebody gave a link, which go when it gets another MAC. */
export async function neighboursOver(connection: Connection, link: number): Promise<Ways> {
  return { routes: [], nexthops: [], neighbours: (await listNeighbours(connection, { link })).filter(isPut) };
}

/** Ways without what is of IPv6. */
export function withoutIPv6({ routes, nexthops, neighbours }: Ways): Ways {
  const isOther = ({ family }: { readonly family?: string | undefined }): boolean => family !== "inet6";
  return {
    routes: routes.filter(isOther),
    nexthops: nexthops.filter(isOther),
    neighbours: neighbours.filter(isOther),
  };
}

/** What tells a route from others, and where it leads. */
function identityOf({ family, destination, from, type, table, tos, metric, nexthopId, ...way }: Route): string {
  const ways = (way.nexthops ?? [way as Partial<NonNullable<Route["nexthops"]>[number]>]).map(
    ({ gateway, link, weight }) => [gateway, link, weight],
  );
  return JSON.stringify([family, destination, from, type, table, tos, metric, nexthopId, nexthopId ?? ways]);
}

function isOnlink({ flags }: { readonly flags: readonly string[] }): true | undefined {
  return flags.includes("onlink") ? true : undefined;
}

/** A route as it can be set again. */
function settable({ nexthops, nexthopId, gateway, link, ...route }: Route): Route {
  if (nexthopId !== undefined) return { ...route, nexthopId };
  if (nexthops === undefined)
    return { ...route, ...(gateway === undefined ? {} : { gateway, onlink: isOnlink(route) }), link } as Route;
  return { ...route, nexthops: nexthops.map((path) => ({ ...path, onlink: isOnlink(path) })) };
}

function isExisting(error: unknown): boolean {
  return error instanceof NetlinkError && error.code === "EEXIST";
}

async function addRouteBack(connection: Connection, route: Route): Promise<void> {
  const settings = settable(route);
  try {
    await addRoute(connection, route.destination, settings);
  } catch (error) {
    if (!isExisting(error)) throw error;
    // What is left of a route with several ways, of which this one went.
    if (route.nexthops !== undefined) await replaceRoute(connection, route.destination, settings);
  }
}

async function addNexthopBack(connection: Connection, present: readonly Nexthop[], nexthop: Nexthop): Promise<void> {
  const { id, family, gateway, link, blackhole, group, groupType, resGroup, fdb, encapsulation, protocol } = nexthop;
  const settings = { family, gateway, link, blackhole, group, groupType, resGroup, fdb, encapsulation, protocol };
  const now = present.find((each) => each.id === id);
  const onlink = isOnlink(nexthop);
  if (now === undefined) await addNexthop(connection, { ...settings, id, onlink });
  else if (now.group?.length !== nexthop.group?.length) await replaceNexthop(connection, id, settings);
}

async function addNeighbourBack(connection: Connection, neighbour: Neighbour): Promise<void> {
  const { link, address, flags, flagsExt, protocol } = neighbour;
  // The kernel looks for one that it manages, and finds out what state it is in.
  const isManaged = flagsExt?.includes("managed") === true;
  const { lladdr, state } = isManaged ? { lladdr: undefined, state: undefined } : neighbour;
  const given = isManaged ? flags.filter((flag) => flag !== "router") : flags;
  const proxy = flags.includes("proxy");
  try {
    await addNeighbour(connection, link, address, { lladdr, state, flags: given, flagsExt, protocol, proxy });
  } catch (error) {
    if (!isExisting(error)) throw error;
  }
}

/** Sets again what is gone of the ways over a link. Throws what the first that could not be set was refused with. */
export async function addWaysBack(connection: Connection, link: number, before: Ways): Promise<void> {
  const { routes, nexthops, neighbours } = before;
  if (routes.length + nexthops.length + neighbours.length === 0) return;
  const refusals: unknown[] = [];
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    await work().catch((error: unknown) => refusals.push(error));
  };
  for (const neighbour of neighbours) await attempt(() => addNeighbourBack(connection, neighbour));
  const present = nexthops.length === 0 ? [] : await listNexthops(connection, {});
  for (const nexthop of nexthops) await attempt(() => addNexthopBack(connection, present, nexthop));
  const elsewhere = routes.some((route) => (route.nexthops ?? [route]).every((way) => way.link !== link));
  const now = await listRoutes(connection, { table: "all", link: elsewhere ? undefined : link });
  const there = new Set(now.map(identityOf));
  const gone = routes.filter((route) => !there.has(identityOf(route)));
  const isDirect = ({ gateway, nexthops: ways, nexthopId }: Route): boolean =>
    gateway === undefined && ways === undefined && nexthopId === undefined;
  // A gateway is looked for among what is directly on a link.
  for (const route of [...gone.filter(isDirect), ...gone.filter((each) => !isDirect(each))])
    await attempt(() => addRouteBack(connection, route));
  if (refusals.length > 0) throw refusals[0];
}
