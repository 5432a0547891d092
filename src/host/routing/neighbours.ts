import type { Cancellation } from "../../base/signal.js";
import type { Connection } from "../../netlink/connection.js";
import { checkSwitch } from "../../base/input.js";
import { neighbourFlags } from "../../rtnetlink/neighbour/neighbour.js";
import type { LinkReference } from "../../rtnetlink/link/link-requests.js";
import {
  addNeighbour,
  flushNeighbours,
  getNeighbour,
  listNeighbours,
  type Neighbour,
  type NeighbourFilter,
  type NeighbourSettings,
  type NeighbourTable,
  removeNeighbour,
  replaceNeighbour,
} from "../../rtnetlink/neighbour/neighbour-requests.js";
import { checked, type Known, like, link, object, optional, text } from "../work/arguments.js";
import { explainRouting } from "../hints/routing-hints.js";

/** Which link-layer addresses the IP addresses on a link have. With `proxy`, which addresses the host answers for. */
export interface Neighbours {
  /** The neighbours, all or those that a filter lets through; the kernel filters by family, link and master. */
  list(filter?: NeighbourFilter & Cancellation): Promise<Neighbour[]>;
  /** One neighbour; ENOENT when it is not known. */
  get(link: LinkReference, address: string, table?: NeighbourTable): Promise<Neighbour>;
  /** Adds a neighbour, permanent unless another state is given; EEXIST when it is known. */
  add(link: LinkReference, address: string, settings: NeighbourSettings & NeighbourTable): Promise<void>;
  /** Adds a neighbour, or changes the one that is known. */
  replace(link: LinkReference, address: string, settings: NeighbourSettings & NeighbourTable): Promise<void>;
  /** Forgets a neighbour; ENOENT when it is not known. */
  remove(link: LinkReference, address: string, table?: NeighbourTable): Promise<void>;
  /** Forgets neighbours, and gives those that were forgotten. Permanent and noarp ones stay unless `state` names them. */
  flush(filter?: NeighbourFilter): Promise<Neighbour[]>;
}

/** What was listed can be given again: what was only reported is not looked at. */
const SETTINGS: Known<Neighbour & NeighbourTable> = {
  family: true,
  address: true,
  link: true,
  lladdr: true,
  state: true,
  flags: like(neighbourFlags),
  flagsExt: true,
  protocol: true,
  type: true,
  probes: true,
  cacheinfo: true,
  proxy: checkSwitch,
};
const FILTER: Known<NeighbourFilter> = {
  family: true,
  link: true,
  master: true,
  address: true,
  state: true,
  proxy: checkSwitch,
};

/** The neighbours that a connection reaches. */
export function neighboursOf(connection: Connection): Neighbours {
  return checked<Neighbours>(
    {
      list: (filter = {}) => explainRouting(listNeighbours(connection, filter)),
      get: (link, address, table = {}) => explainRouting(getNeighbour(connection, link, address, table)),
      add: (link, address, settings) => explainRouting(addNeighbour(connection, link, address, settings)),
      replace: (link, address, settings) => explainRouting(replaceNeighbour(connection, link, address, settings)),
      remove: (link, address, table = {}) => explainRouting(removeNeighbour(connection, link, address, table)),
      flush: (filter = {}) => explainRouting(flushNeighbours(connection, filter)),
    },
    {
      list: [optional(object("filter", FILTER))],
      get: [link("link"), text("address"), optional(object("table", SETTINGS))],
      add: [link("link"), text("address"), object("settings", SETTINGS)],
      replace: [link("link"), text("address"), object("settings", SETTINGS)],
      remove: [link("link"), text("address"), optional(object("table", SETTINGS))],
      flush: [optional(object("filter", FILTER))],
    },
  );
}
