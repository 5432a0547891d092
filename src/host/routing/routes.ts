import type { Cancellation } from "../../base/signal.js";
import type { Connection } from "../../netlink/connection.js";
import { checkSwitch } from "../../base/input.js";
import { text as textCodec } from "../../netlink/codecs/codec.js";
import { internetAddress } from "../../netlink/codecs/internet.js";
import { u32 } from "../../netlink/codecs/numbers.js";
import { scope } from "../../rtnetlink/address/address.js";
import type { Route, RouteSettings } from "../../rtnetlink/route/route-message.js";
import {
  addRoute,
  listRoutes,
  type LookupOptions,
  lookUpRoute,
  removeRoute,
  replaceRoute,
  type RouteFilter,
} from "../../rtnetlink/route/route-requests.js";
import { checked, type Known, like, object, optional, text } from "../work/arguments.js";
import { explainRouting } from "../hints/routing-hints.js";

/** The routes of a namespace. A destination is a network such as "10.0.0.0/8" or "fd00::/8", or "default". */
export interface Routes {
  /** The routes of the main table, or of another, or of "all"; the kernel filters by table, protocol, type and link. */
  list(filter?: RouteFilter & Cancellation): Promise<Route[]>;
  /** The route that a packet to an address would take (RTM_GETROUTE); ENETUNREACH when there is none. */
  get(address: string, options?: LookupOptions): Promise<Route>;
  /**
   * Adds a route and gives it as the kernel has it. Its table is the main one, its protocol "static", its scope what follows
   * from type and gateway, unless given. EEXIST when the table has one to there with this metric.
   */
  add(destination: string, settings: RouteSettings): Promise<Route>;
  /** Adds a route in place of the one to there with this metric, if its table has one. */
  replace(destination: string, settings: RouteSettings): Promise<Route>;
  /**
   * Removes the route that has all that is given, from the main table unless another is given, and gives what it was; ESRCH
   * when there is none. Of several with different metrics the winning one goes. Of a route of IPv6 with several ways only
   * the one whose gateway is given goes.
   */
  remove(destination: string, settings?: RouteSettings): Promise<Route>;
}

/** What was listed can be given again: what was only reported is not looked at. */
const SETTINGS: Known<RouteSettings & Route> = {
  family: true,
  destination: true,
  from: like(textCodec()),
  type: true,
  table: true,
  protocol: true,
  scope: true,
  tos: true,
  metric: true,
  gateway: true,
  link: true,
  onlink: checkSwitch,
  source: true,
  nexthops: true,
  nexthopId: true,
  metrics: true,
  preference: true,
  expires: true,
  flow: true,
  encapsulation: true,
  flags: true,
  iif: true,
  mark: true,
  uid: true,
  cacheinfo: true,
};
const FILTER: Known<RouteFilter> = {
  family: true,
  table: true,
  protocol: true,
  type: true,
  scope: like(scope),
  link: true,
  destination: true,
  gateway: like(internetAddress),
  metric: like(u32),
};
const LOOKUP: Known<LookupOptions> = {
  from: true,
  link: true,
  iif: true,
  mark: true,
  uid: true,
  tos: true,
  ipProto: true,
  sport: true,
  dport: true,
  match: checkSwitch,
};

/** The routes that a connection reaches. */
export function routesOf(connection: Connection): Routes {
  return checked<Routes>(
    {
      list: (filter = {}) => explainRouting(listRoutes(connection, filter)),
      get: (address, options = {}) => explainRouting(lookUpRoute(connection, address, options)),
      add: (destination, settings) => explainRouting(addRoute(connection, destination, settings), settings),
      replace: (destination, settings) => explainRouting(replaceRoute(connection, destination, settings), settings),
      remove: (destination, settings = {}) => explainRouting(removeRoute(connection, destination, settings)),
    },
    {
      list: [optional(object("filter", FILTER))],
      get: [text("address"), optional(object("options", LOOKUP))],
      add: [text("destination"), object("settings", SETTINGS)],
      replace: [text("destination"), object("settings", SETTINGS)],
      remove: [text("destination"), optional(object("settings", SETTINGS))],
    },
  );
}
