import type { Connection } from "../netlink/connection.js";
import { glanceAt } from "../rtnetlink/glance.js";
import type { LinkReference, LinkSettings } from "../rtnetlink/link-requests.js";

/** Settings in which other links may be given by name. */
export type Referring<S extends LinkSettings> = Omit<S, "link" | "master"> & {
  /** The link below, or the tunnel's way out. */
  link?: LinkReference | undefined;
  /** The link that this one becomes a port of; 0 for none. */
  master?: LinkReference | undefined;
};

/** Look-ups under way: a thousand links that name the same one in a turn ask once. */
const lookups = new WeakMap<Connection, Map<string, Promise<number>>>();

async function lookUp(connection: Connection, name: string): Promise<number> {
  return (await glanceAt(connection, name)).index;
}

function indexByName(connection: Connection, name: string): Promise<number> {
  let known = lookups.get(connection);
  if (known === undefined) lookups.set(connection, (known = new Map<string, Promise<number>>()));
  const underWay = known.get(name);
  if (underWay !== undefined) return underWay;
  const lookup = lookUp(connection, name).finally(() => known.delete(name));
  known.set(name, lookup);
  return lookup;
}

/** The index of a link that settings refer to; a trip to the kernel only for a name. */
function indexFor(connection: Connection, link: LinkReference | undefined): number | undefined | Promise<number> {
  if (typeof link === "string") return indexByName(connection, link);
  return typeof link === "object" ? link.index : link;
}

/**
 * Goes on with the settings that have the index in place of each link that they refer to: at once unless one is named, so
 * that requests of one turn keep their order. `master` is looked for by `there`.
 */
export function withIndexes<S extends LinkSettings, R>(
  connection: Connection,
  settings: Referring<S>,
  goOn: (indexed: S) => Promise<R>,
  there = connection,
): Promise<R> {
  const link = indexFor(connection, settings.link);
  const master = indexFor(there, settings.master);
  const whole = (indexes: LinkSettings): S => ({ ...settings, ...indexes }) as unknown as S;
  if (typeof link !== "object" && typeof master !== "object") return goOn(whole({ link, master }));
  return Promise.all([link, master]).then(([first, second]) => goOn(whole({ link: first, master: second })));
}
