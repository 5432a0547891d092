import type { Connection, Reply } from "../../netlink/connection.js";
import { stated } from "../../netlink/dump.js";
import { errnoNumber } from "../../base/errno.js";
import { InputError, under } from "../../base/errors.js";
import { asReported as spelled } from "../../netlink/codecs/codec.js";
import { internetAddress } from "../../netlink/codecs/internet.js";
import { NetlinkError } from "../../kernel/error.js";
import { NLM_F_CREATE, NLM_F_ECHO, NLM_F_EXCL, NLM_F_REPLACE } from "../../netlink/message.js";
import { AF_UNSPEC } from "../protocol/families.js";
import { indexIfGiven, type LinkReference } from "../link/link-requests.js";
import {
  type Family,
  familyNumber,
  familyOfAddress,
  formatNetwork,
  type Network,
  parseNetwork,
} from "../protocol/network.js";
import type { PathValues } from "./path-attributes.js";
import {
  asReported,
  checkWay,
  describeRoute,
  destinationOf,
  type Route,
  routeContent,
  routeOf,
  type RouteSettings,
  type RouteTable,
  scopeOf,
  tableOf,
} from "./route-message.js";
import {
  type routeAttributes,
  type RouteHeader,
  type RouteValues,
  RTM_DELROUTE,
  RTM_GETROUTE,
  RTM_NEWROUTE,
} from "./route.js";

/** Which routes to list. The kernel filters by family, table, protocol, type and link, we by the rest. */
export interface RouteFilter {
  readonly family?: Family | undefined;
  /** The main table unless given; "all" for every one. */
  readonly table?: RouteTable | "all" | undefined;
  readonly protocol?: RouteHeader["protocol"] | undefined;
  readonly type?: RouteHeader["type"] | undefined;
  readonly scope?: RouteHeader["scope"] | undefined;
  /** By this link, one way at least. */
  readonly link?: LinkReference | undefined;
  readonly destination?: string | undefined;
  readonly gateway?: string | undefined;
  readonly metric?: number | undefined;
}

/** What a look-up is for, beside the destination. */
export interface LookupOptions {
  /** The packet's source. */
  readonly from?: string | undefined;
  /** The link that it goes out by. */
  readonly link?: LinkReference | undefined;
  /** The link that it came in by. */
  readonly iif?: LinkReference | undefined;
  readonly mark?: number | undefined;
  readonly uid?: number | undefined;
  readonly tos?: number | undefined;
  /** The protocol above IP, such as 6 for TCP; ports need it. */
  readonly ipProto?: number | undefined;
  readonly sport?: number | undefined;
  readonly dport?: number | undefined;
  /** Give the table's route, not what became of it for this packet. */
  readonly match?: boolean | undefined;
}

/** The routes among replies. */
function routesIn(replies: readonly Reply<RouteHeader, (typeof routeAttributes)["entries"]>[]): Route[] {
  return replies.map(routeOf).filter((route) => route !== undefined);
}

/** The route that the kernel told of a change of it. */
function told(routes: readonly Route[], subject: string, syscall: string): Route {
  const [route] = routes;
  if (route !== undefined) return route;
  const kernelMessage = "it was done without a reply";
  throw new NetlinkError({ errno: errnoNumber("EBADMSG"), syscall, subject, kernelMessage });
}

/** Our names for the attributes that have others in the table. */
const OUR_NAMES: Readonly<Record<string, string>> = { priority: "metric", pref: "preference", nhId: "nexthopId" };

/** Awaits a request; an InputError names what was given. */
async function inOurWords<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    const name = error instanceof InputError ? OUR_NAMES[error.path] : undefined;
    throw name === undefined ? error : new InputError((error as InputError).problem, name);
  }
}

async function make(
  connection: Connection,
  destination: string,
  settings: RouteSettings,
  flags: number,
): Promise<Route> {
  const network = destinationOf(destination, settings);
  checkWay(settings);
  const subject = describeRoute(destination, settings);
  const { header, attributes } = await routeContent(connection, network, settings);
  const { protocol = "static", type = "unicast" } = settings;
  const whole = { ...header, protocol, type, scope: scopeOf(settings, network.family) };
  const content = { flags: NLM_F_CREATE | NLM_F_ECHO | flags, header: whole, attributes };
  const replies = await inOurWords(connection.request(RTM_NEWROUTE, content, { subject }));
  const routes = routesIn(replies);
  return told(routes.length > 0 ? routes : await present(connection, network, settings), subject, "RTM_NEWROUTE");
}

/** What stands where a route was to be put. The kernel tells nothing of an IPv4 route that is replaced by the same. */
async function present(
  connection: Connection,
  { family, address, length }: Network,
  settings: RouteSettings,
): Promise<Route[]> {
  const { metric = 0, tos = 0 } = settings;
  const destination = formatNetwork(address, length);
  const routes = await listRoutes(connection, { family, table: tableOf(settings), destination, metric });
  return routes.filter((route) => (route.tos ?? 0) === tos);
}

/** Adds a route and gives it as the kernel has it; EEXIST when its table has one to there with this metric. */
export function addRoute(connection: Connection, destination: string, settings: RouteSettings): Promise<Route> {
  return make(connection, destination, settings, NLM_F_EXCL);
}

/** Adds a route, in place of the one to there in its table with this metric. */
export function replaceRoute(connection: Connection, destination: string, settings: RouteSettings): Promise<Route> {
  return make(connection, destination, settings, NLM_F_REPLACE);
}

/** A single way is named as a list of one, so that the kernel does not take the first of several for it. */
function singleWay({ oif = 0, gateway, via }: RouteValues): PathValues[] {
  return [{ index: oif, flags: [], hops: 0, gateway, via }];
}

/** What the kernel does not compare when it removes a route. */
function isOverlooked(settings: RouteSettings, family: Family): boolean {
  const { metric, type, source, preference, from, onlink, metrics, expires, encapsulation } = settings;
  if (onlink !== undefined) return true;
  if (family === "inet") return metric === 0;
  return [type, source, preference, from, metrics, expires, encapsulation].some((each) => each !== undefined);
}

/** Whether all that is given of something is what it has; both as the kernel spells it. */
function hasAll(given: object | undefined, has: object | undefined): boolean {
  const words = (value: unknown): string =>
    JSON.stringify(value, (_name, each: unknown) => (typeof each === "bigint" ? `${each}n` : each));
  const values = new Map(Object.entries(has ?? {}));
  return Object.entries(given ?? {}).every(
    ([name, value]) => value === undefined || words(value) === words(values.get(name)),
  );
}

function noSuchRoute(subject: string): NetlinkError {
  const kernelMessage = "there is no such route";
  return new NetlinkError({ errno: errnoNumber("ESRCH"), syscall: "RTM_DELROUTE", subject, kernelMessage });
}

/** Throws ESRCH unless there is a route that has even what the kernel does not compare. */
async function checkThere(
  connection: Connection,
  network: Network,
  settings: RouteSettings,
  { header, attributes }: Awaited<ReturnType<typeof routeContent>>,
  subject: string,
): Promise<Route> {
  const { metric, type, tos, preference, protocol, gateway, link, onlink, expires, from = "default" } = settings;
  const { source, metrics, encapsulation } = asReported({ header, attributes });
  const origin = parseNetwork(from, network.family);
  const wanted = formatNetwork(origin.address, origin.length);
  const destination = formatNetwork(network.address, network.length);
  const table = tableOf(settings);
  const found = await listRoutes(connection, {
    family: network.family,
    table,
    protocol,
    type,
    gateway,
    link,
    destination,
  });
  const route = found.find(
    (each) =>
      (metric === undefined || (each.metric ?? 0) === metric) &&
      (tos === undefined || (each.tos ?? 0) === tos) &&
      (onlink === undefined || each.flags.includes("onlink") === onlink) &&
      (source === undefined || each.source === source) &&
      (preference === undefined || each.preference === preference) &&
      // A lifetime runs.
      (expires === undefined || each.expires !== undefined) &&
      hasAll(metrics, each.metrics) &&
      hasAll(encapsulation, each.encapsulation) &&
      (each.from ?? "default") === wanted,
  );
  if (route === undefined) throw noSuchRoute(subject);
  return route;
}

/**
 * Removes the route that has all that is given, and gives what it was; ESRCH when there is none. Of several with other
 * metrics the kernel takes the one that wins. A route of IPv6 with several ways loses the one whose gateway is given.
 */
export async function removeRoute(
  connection: Connection,
  destination: string,
  settings: RouteSettings,
): Promise<Route> {
  const network = destinationOf(destination, settings);
  const { family } = network;
  const subject = describeRoute(destination, settings);
  const { header, attributes } = await routeContent(connection, network, settings);
  const { gateway, via, oif, ...rest } = attributes;
  const named = gateway ?? via ?? oif;
  const way = family === "inet6" ? { gateway, oif } : named === undefined ? {} : { multipath: singleWay(attributes) };
  const found = isOverlooked(settings, family)
    ? await checkThere(connection, network, settings, { header, attributes }, subject)
    : undefined;
  const { protocol = "unspec", type = "unspec", scope = family === "inet6" ? "global" : "nowhere" } = settings;
  const content = {
    flags: NLM_F_ECHO,
    header: { ...header, protocol, type, scope },
    attributes: { ...rest, ...way, priority: rest.priority === 0 ? undefined : (rest.priority ?? found?.metric) },
  };
  const replies = await inOurWords(connection.request(RTM_DELROUTE, content, { subject }));
  return told(routesIn(replies), subject, "RTM_DELROUTE");
}

/** Lists routes, those of the main table unless another is given. A table that does not exist has none. */
export async function listRoutes(connection: Connection, filter: RouteFilter): Promise<Route[]> {
  const { table = "main", protocol = "unspec", type = "unspec", scope, metric } = filter;
  const gateway = filter.gateway && under("gateway", () => spelled(internetAddress, filter.gateway!));
  const wanted = filter.destination === undefined ? undefined : parseNetwork(filter.destination, filter.family);
  const family = wanted?.address === undefined ? filter.family : wanted.family;
  const destination = wanted && formatNetwork(wanted.address, wanted.length);
  const link = await indexIfGiven(connection, filter.link);
  const header = { family: family === undefined ? AF_UNSPEC : familyNumber(family), protocol, type };
  const attributes = { table: table === "all" ? undefined : table, oif: link };
  const replies = await connection
    .dump(RTM_GETROUTE, { header, attributes }, { identity: stated })
    .catch((error: unknown) => {
      if (error instanceof NetlinkError && error.code === "ENOENT") return [];
      throw error;
    });
  return routesIn(replies).filter(
    (route) =>
      (table === "all" || route.table === table) &&
      (protocol === "unspec" || route.protocol === protocol) &&
      (type === "unspec" || route.type === type) &&
      (scope === undefined || route.scope === scope) &&
      (metric === undefined || (route.metric ?? 0) === metric) &&
      (destination === undefined || route.destination === destination) &&
      (gateway === undefined || waysOf(route).some((way) => way.gateway === gateway)) &&
      (link === undefined || waysOf(route).some((way) => way.link === link)),
  );
}

function waysOf(route: Route): readonly Pick<RouteSettings, "gateway" | "link">[] {
  return route.nexthops ?? [route];
}

/** The route that a packet would take. */
export async function lookUpRoute(connection: Connection, address: string, options: LookupOptions): Promise<Route> {
  const { from, link, iif, mark, uid, tos = 0, ipProto, sport, dport, match = false } = options;
  const family = familyOfAddress(address);
  if (from !== undefined && familyOfAddress(from) !== family)
    throw new InputError(`${from} is of another family than ${address}`, "from");
  const full = family === "inet" ? 32 : 128;
  const [oif, iifIndex] = await Promise.all([indexIfGiven(connection, link), indexIfGiven(connection, iif)]);
  const header = {
    family: familyNumber(family),
    destinationLength: full,
    sourceLength: from === undefined ? 0 : full,
    tos,
    flags: [...(family === "inet" ? (["lookupTable"] as const) : []), ...(match ? (["fibMatch"] as const) : [])],
  };
  const attributes = { dst: address, src: from, oif, iif: iifIndex, mark, uid, ipProto, sport, dport };
  const replies = await connection.request(RTM_GETROUTE, { header, attributes }, { subject: address });
  return told(routesIn(replies), address, "RTM_GETROUTE");
}
