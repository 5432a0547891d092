import type { Cancellation } from "../../base/signal.js";
import type { Connection } from "../../netlink/connection.js";
import { checkSwitch } from "../../base/input.js";
import {
  addNexthop,
  getNexthop,
  listNexthopBuckets,
  listNexthops,
  type Nexthop,
  type NexthopBucket,
  type NexthopFilter,
  type NexthopSettings,
  removeNexthop,
  replaceNexthop,
} from "../../rtnetlink/nexthop/nexthop-requests.js";
import { checked, type Known, number, object, optional } from "../work/arguments.js";
import { explainRouting } from "../hints/routing-hints.js";

/** The next hops that routes refer to by id. */
export interface Nexthops {
  /** The next hops, all or those that a filter lets through; the kernel filters. */
  list(filter?: NexthopFilter & Cancellation): Promise<Nexthop[]>;
  /** One next hop; ENOENT when there is none. */
  get(id: number): Promise<Nexthop>;
  /** Adds a next hop, or a group of them, and gives it with its id, which the kernel chooses unless it is given. */
  add(settings: NexthopSettings & { id?: number | undefined }): Promise<Nexthop>;
  /** Puts a next hop in the place of the one with this id, if there is one: the routes by it follow. */
  replace(id: number, settings: NexthopSettings): Promise<Nexthop>;
  /** Removes a next hop; ENOENT when there is none. The kernel removes the routes by it, and takes it out of groups. */
  remove(id: number): Promise<void>;
  /** The buckets of resilient groups: of one group, and of one next hop, where they are given. */
  buckets(filter?: { readonly id?: number | undefined; readonly nhId?: number | undefined }): Promise<NexthopBucket[]>;
}

/** What was listed can be given again: what was only reported is not looked at. */
const SETTINGS: Known<Nexthop> = {
  id: true,
  family: true,
  gateway: true,
  link: true,
  onlink: checkSwitch,
  blackhole: checkSwitch,
  group: true,
  groupType: true,
  resGroup: true,
  fdb: checkSwitch,
  encapsulation: true,
  protocol: true,
  hwStatsEnable: true,
  scope: true,
  flags: true,
  groupStats: true,
};
const FILTER: Known<NexthopFilter> = {
  family: true,
  link: true,
  master: true,
  groups: checkSwitch,
  fdb: checkSwitch,
  statistics: checkSwitch,
};

/** The next hops that a connection reaches. */
export function nexthopsOf(connection: Connection): Nexthops {
  return checked<Nexthops>(
    {
      list: (filter = {}) => explainRouting(listNexthops(connection, filter)),
      get: (id) => explainRouting(getNexthop(connection, id)),
      add: (settings) => explainRouting(addNexthop(connection, settings), settings),
      replace: (id, settings) => explainRouting(replaceNexthop(connection, id, settings), settings),
      remove: (id) => explainRouting(removeNexthop(connection, id)),
      buckets: (filter = {}) => explainRouting(listNexthopBuckets(connection, filter)),
    },
    {
      list: [optional(object("filter", FILTER))],
      get: [number("id")],
      add: [object("settings", SETTINGS)],
      replace: [number("id"), object("settings", SETTINGS)],
      remove: [number("id")],
      buckets: [optional(object("filter", { id: true, nhId: true }))],
    },
  );
}
