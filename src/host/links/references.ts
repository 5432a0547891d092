import type { Connection } from "../../netlink/connection.js";
import { under } from "../../base/errors.js";
import { getLinkSummary } from "../../rtnetlink/link/link-summary.js";
import { indexIn, type LinkReference, type LinkSettings } from "../../rtnetlink/link/link-requests.js";

/** Settings in which other links may be given by name. */
export type Referring = Omit<LinkSettings, "link" | "master"> & {
  /** The link below, or the tunnel's way out. */
  link?: LinkReference | undefined;
  /** The link that this one becomes a port of; 0 for none. */
  master?: LinkReference | undefined;
};

/** Look-ups under way: a thousand links that name the same one in a turn ask once. */
const lookups = new WeakMap<Connection, Map<string, Promise<number>>>();

async function lookUp(connection: Connection, name: string): Promise<number> {
  return (await getLinkSummary(connection, name)).index;
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

/** What a link that settings refer to is looked for by: its name, or its index; 0 is none. Throws InputError. */
function soughtAs(property: "link" | "master", link: LinkReference | undefined): string | number | undefined {
  if (link === undefined || link === 0 || typeof link === "string") return link;
  return under(property, () => indexIn(link));
}

/**
 * Goes on with the settings that have the index in place of each link that they refer to: at once unless one is named, so
 * that requests of one turn keep their order. `master` is looked for by `there`.
 */
export function withIndexes<R>(
  connection: Connection,
  settings: Referring,
  goOn: (indexed: LinkSettings) => Promise<R>,
  there = connection,
): Promise<R> {
  const link = soughtAs("link", settings.link);
  const master = soughtAs("master", settings.master);
  if (typeof link !== "string" && typeof master !== "string") return goOn({ ...settings, link, master });
  return Promise.all([
    typeof link === "string" ? indexByName(connection, link) : link,
    typeof master === "string" ? indexByName(there, master) : master,
  ]).then(([link, master]) => goOn({ ...settings, link, master }));
}
