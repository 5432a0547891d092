import { reported } from "../protocol/reported.js";
import type { Connection } from "../../netlink/connection.js";
import { InputError } from "../../base/errors.js";
import { bytesOf, Writer } from "../../netlink/codecs/bytes.js";
import { type Message, type MessageContent, readHeader, readMessage, writeMessage } from "../../netlink/message.js";
import { type Encapsulation, encapsulationIn } from "./encapsulation/encapsulation.js";
import { encapsulatedBy } from "./encapsulation/encapsulation-links.js";
import { indexOf } from "../link/link-requests.js";
import {
  type Family,
  familyNumber,
  familyOf,
  familyOfAddress,
  formatNetwork,
  type Network,
  parseNetwork,
} from "../protocol/network.js";
import type { RouteMetrics } from "./route-metrics.js";
import { checkPaths, gatewayValues, type PathSettings, pathOf, pathsValues, type RoutePath } from "./route-paths.js";
import { type routeAttributes, type RouteHeader, type RouteValues, RTM_DELROUTE } from "./route.js";

type RouteEntries = (typeof routeAttributes)["entries"];

/** A table by its word or its number. */
export type RouteTable = NonNullable<RouteValues["table"]>;

/** What a route is known by beside its destination. */
export interface RouteSettings extends Omit<PathSettings, "weight"> {
  /** Of "default", where no address tells it; IPv4 unless given. */
  family?: Family | undefined;
  type?: RouteHeader["type"] | undefined;
  /** The main table unless given; the local one for the types local, broadcast, anycast and nat. */
  table?: RouteTable | undefined;
  /** Who makes it; "static" unless given. */
  protocol?: RouteHeader["protocol"] | undefined;
  /** How far the destination is; what follows from the type and the gateway unless given. IPv4 only. */
  scope?: RouteHeader["scope"] | undefined;
  /** The type of service that it is for. IPv4 only. */
  tos?: number | undefined;
  /** The lowest wins. Unless given, 0 for IPv4 and 1024 for IPv6. */
  metric?: number | undefined;
  /** The source address of packets that this host sends by it. */
  source?: string | undefined;
  /** The network that packets must come from. IPv6 only. */
  from?: string | undefined;
  /** Several ways, in place of a gateway and a link. */
  nexthops?: readonly PathSettings[] | undefined;
  /** The id of a next hop, in place of a gateway and a link. */
  nexthopId?: number | undefined;
  metrics?: RouteMetrics | undefined;
  /** How much it is preferred to others like it. IPv6 only. */
  preference?: RouteValues["pref"] | undefined;
  /** How long it stands, in milliseconds, whole seconds. IPv6 only. */
  expires?: number | undefined;
}

/** A route, as the kernel has it. */
export interface Route {
  family: Family;
  /** Such as "10.0.0.0/8", or "default". */
  destination: string;
  from?: string;
  type: RouteHeader["type"];
  table: RouteTable;
  protocol: RouteHeader["protocol"];
  scope: RouteHeader["scope"];
  tos?: number;
  metric?: number;
  gateway?: string;
  /** The link's index. */
  link?: number;
  source?: string;
  nexthops?: readonly RoutePath[];
  nexthopId?: number;
  metrics?: RouteMetrics;
  preference?: NonNullable<RouteValues["pref"]>;
  /** Milliseconds until it goes. */
  expires?: number;
  flow?: number;
  encapsulation?: Encapsulation;
  flags: RouteHeader["flags"];
  /** The index of the link that a packet comes in by, of a look-up. */
  iif?: number;
  mark?: number;
  uid?: number;
  cacheinfo?: NonNullable<RouteValues["cacheinfo"]>;
}

/** The route that a message reports; undefined for one of another family than IP's. */
export function routeOf({ header, attributes }: Message<RouteHeader, RouteValues>): Route | undefined {
  const family = familyOf(header.family);
  if (family === undefined) return undefined;
  const { dst, src, priority, oif, prefsrc, multipath, nhId, pref, metrics, cacheinfo, flow, iif, mark, uid } =
    attributes;
  return reported<Route>({
    family,
    destination: formatNetwork(dst, header.destinationLength),
    from: src === undefined || src === "::" ? undefined : formatNetwork(src, header.sourceLength),
    type: header.type,
    table: attributes.table ?? header.table,
    protocol: header.protocol,
    scope: header.scope,
    tos: header.tos === 0 ? undefined : header.tos,
    metric: priority,
    gateway: attributes.gateway ?? attributes.via,
    link: oif,
    source: prefsrc,
    nexthops: multipath?.map(pathOf),
    nexthopId: nhId,
    metrics,
    preference: pref,
    expires: cacheinfo === undefined || cacheinfo.expires === 0 ? undefined : cacheinfo.expires,
    flow,
    encapsulation: encapsulationIn(attributes),
    flags: header.flags,
    iif,
    mark,
    uid,
    cacheinfo: Object.values(cacheinfo ?? {}).some((value) => value !== 0) ? cacheinfo : undefined,
  });
}

/** What a message says of a route, as the kernel spells it, to be compared with what that reports. Throws InputError. */
export function asReported(content: MessageContent<RouteHeader, RouteEntries>): Partial<Route> {
  const writer = new Writer();
  writeMessage(writer, RTM_DELROUTE, 0, content);
  const bytes = bytesOf(writer.take());
  const message = readMessage(bytes, 0, readHeader(bytes, 0)!, RTM_DELROUTE);
  return (message && routeOf(message)) ?? {};
}

/** Types whose routes stand in the local table unless another is named. */
const LOCAL_TYPES: readonly unknown[] = ["local", "broadcast", "anycast", "nat"];

/** The table that a route stands in. */
export function tableOf({ table, type }: Pick<RouteSettings, "table" | "type">): RouteTable {
  return table ?? (LOCAL_TYPES.includes(type) ? "local" : "main");
}

/** How far away the destination of a new route is, as `ip` has it; IPv6 knows no scopes. */
export function scopeOf(settings: RouteSettings, family: Family): RouteHeader["scope"] {
  const { type, scope, gateway, nexthops, nexthopId } = settings;
  if (scope !== undefined) return scope;
  if (family === "inet6") return "global";
  if (type === "local" || type === "nat") return "host";
  if (type === "broadcast" || type === "multicast" || type === "anycast") return "link";
  const direct = gateway === undefined && nexthops === undefined && nexthopId === undefined;
  return direct && (type ?? "unicast") === "unicast" ? "link" : "global";
}

/** Settings that one family has and the other would ignore without a word. */
const ONE_FAMILY = { inet: ["scope", "tos", "flow"], inet6: ["from", "preference", "expires"] } as const;

function checkFamily(settings: RouteSettings, family: Family): void {
  const [others, name] = family === "inet" ? (["inet6", "IPv6"] as const) : (["inet", "IPv4"] as const);
  const stray = ONE_FAMILY[others].find((property) => settings[property] !== undefined);
  if (stray !== undefined && !(stray === "scope" && settings.scope === "global"))
    throw new InputError(`only routes of ${name} have it`, stray);
  if (family === "inet6" && settings.metric === 0)
    throw new InputError("a route of IPv6 has a metric from 1 to 4294967295, 1024 unless given", "metric");
  if (settings.source !== undefined && familyOfAddress(settings.source) !== family)
    throw new InputError(`${settings.source} is of another family than the route`, "source");
}

function checkWays(settings: RouteSettings): void {
  const { nexthops, nexthopId, gateway, link, onlink } = settings;
  const one = gateway ?? link;
  const ways = Object.entries({ nexthops, nexthopId, [gateway === undefined ? "link" : "gateway"]: one })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  if (ways.length > 1) throw new InputError(`it excludes ${ways[0]}`, ways[1]);
  if (onlink === true && one === undefined)
    throw new InputError("there is no gateway that could be on a link", "onlink");
}

/** Types that lead nowhere. */
const DEAD_ENDS: readonly unknown[] = ["blackhole", "unreachable", "prohibit", "throw"];

/** Throws InputError unless a new route leads where its type says that it does. */
export function checkWay({ type = "unicast", nexthops, nexthopId, gateway, link }: RouteSettings): void {
  const way = Object.entries({ gateway, link, nexthops }).find(([, value]) => value !== undefined);
  if (DEAD_ENDS.includes(type) && way !== undefined)
    throw new InputError(`a route of type ${type} leads nowhere`, way[0]);
  if (!DEAD_ENDS.includes(type) && way === undefined && nexthopId === undefined)
    throw new InputError("a route needs a gateway, a link, nexthops, or the id of a next hop");
}

/** The destination of a route; its family may come from the addresses in its settings. Throws InputError. */
export function destinationOf(destination: string, settings: RouteSettings): Network {
  const { family, from, source, gateway, nexthops } = settings;
  if (nexthops !== undefined) checkPaths(nexthops);
  const first = gateway ?? nexthops?.find((each) => each.gateway !== undefined)?.gateway;
  const address = source ?? from?.split("/")[0] ?? first;
  const isDefault = ["default", "any", "all"].includes(destination);
  const hinted = isDefault && address !== undefined && address !== "default" ? familyOfAddress(address) : undefined;
  return parseNetwork(destination, family, hinted);
}

/** The message for a route. Links are asked for by their names. Throws InputError. */
export async function routeContent(
  connection: Connection,
  { family, address, length }: Network,
  settings: RouteSettings,
): Promise<{ header: Partial<RouteHeader>; attributes: RouteValues }> {
  checkFamily(settings, family);
  checkWays(settings);
  const { link, from, nexthops, onlink, metric, source, nexthopId, metrics, preference, expires, flow } = settings;
  const origin = from === undefined ? undefined : parseNetwork(from, family);
  const [oif, multipath, encapsulation] = await Promise.all([
    link === undefined ? undefined : indexOf(connection, link),
    nexthops === undefined ? undefined : pathsValues(connection, nexthops, family),
    encapsulatedBy(connection, settings.encapsulation),
  ]);
  return {
    header: {
      family: familyNumber(family),
      destinationLength: length,
      sourceLength: origin?.length ?? 0,
      tos: settings.tos ?? 0,
      flags: onlink === true ? ["onlink"] : [],
    },
    attributes: {
      dst: address,
      src: origin?.address,
      table: tableOf(settings),
      priority: metric,
      ...gatewayValues(settings.gateway, family),
      oif,
      prefsrc: source,
      multipath,
      nhId: nexthopId,
      metrics,
      pref: preference,
      expires,
      flow,
      ...encapsulation,
    },
  };
}

/** What a route is called in errors. */
export function describeRoute(destination: string, settings: RouteSettings): string {
  const { table, metric, gateway } = settings;
  const words = { gateway, table, metric };
  return [
    destination,
    ...Object.entries(words).flatMap(([word, value]) => (value === undefined ? [] : [`${word}=${value}`])),
  ].join(" ");
}
