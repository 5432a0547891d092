import type { Cancellation } from "../../base/signal.js";
import type { Connection } from "../../netlink/connection.js";
import { errnoNumber } from "../../base/errno.js";
import { checkSwitch } from "../../base/input.js";
import { NetlinkError } from "../../kernel/error.js";
import { neighbourAttributes, neighbourFlags } from "../../rtnetlink/neighbour/neighbour.js";
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
import { givenNames, sameOnWire } from "../links/verify.js";

const [, lladdrCodec] = neighbourAttributes.entries.lladdr;
const [, protocolCodec] = neighbourAttributes.entries.protocol;

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
  /** Forgets a neighbour that has all that is given; ENOENT when none is known. */
  remove(link: LinkReference, address: string, settings?: NeighbourSettings & NeighbourTable): Promise<void>;
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

/** Which of what is given a neighbour has not. */
function differing(given: NeighbourSettings, present: Neighbour): string | undefined {
  const { lladdr, state, flags = [], flagsExt = [], protocol } = given;
  const lacks = <T>(wanted: readonly T[], found: readonly T[] = []): boolean =>
    wanted.some((each) => !found.includes(each));
  const differences: Record<string, boolean> = {
    lladdr: lladdr !== undefined && (present.lladdr === undefined || !sameOnWire(lladdrCodec, lladdr, present.lladdr)),
    state: state !== undefined && state !== present.state,
    flags: lacks(flags, present.flags),
    flagsExt: lacks(flagsExt, present.flagsExt),
    protocol: protocol !== undefined && !sameOnWire(protocolCodec, protocol, present.protocol ?? "unspec"),
  };
  return Object.keys(differences).find((name) => differences[name]);
}

/** The kernel looks at the address alone (net/core/neighbour.c). */
async function remove(
  connection: Connection,
  link: LinkReference,
  address: string,
  settings: NeighbourSettings & NeighbourTable,
): Promise<void> {
  const table = { proxy: settings.proxy === true || settings.flags?.includes("proxy") === true };
  if (givenNames(settings).some((name) => name !== "proxy")) {
    const attribute = differing(settings, await getNeighbour(connection, link, address, table));
    if (attribute !== undefined) {
      const refusal = { errno: errnoNumber("ENOENT"), syscall: "RTM_DELNEIGH", subject: address, attribute };
      throw new NetlinkError({ ...refusal, kernelMessage: "the neighbour that is known has another" });
    }
  }
  await removeNeighbour(connection, link, address, table);
}

/** The neighbours that a connection reaches. */
export function neighboursOf(connection: Connection): Neighbours {
  return checked<Neighbours>(
    {
      list: (filter = {}) => explainRouting(listNeighbours(connection, filter)),
      get: (link, address, table = {}) => explainRouting(getNeighbour(connection, link, address, table)),
      add: (link, address, settings) => explainRouting(addNeighbour(connection, link, address, settings)),
      replace: (link, address, settings) => explainRouting(replaceNeighbour(connection, link, address, settings)),
      remove: (link, address, settings = {}) => explainRouting(remove(connection, link, address, settings)),
      flush: (filter = {}) => explainRouting(flushNeighbours(connection, filter)),
    },
    {
      list: [optional(object("filter", FILTER))],
      get: [link("link"), text("address"), optional(object("table", SETTINGS))],
      add: [link("link"), text("address"), object("settings", SETTINGS)],
      replace: [link("link"), text("address"), object("settings", SETTINGS)],
      remove: [link("link"), text("address"), optional(object("settings", SETTINGS))],
      flush: [optional(object("filter", FILTER))],
    },
  );
}
