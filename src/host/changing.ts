import type { Connection } from "../netlink/connection.js";
import { NetlinkError } from "../netlink/error.js";
import type { Link } from "../rtnetlink/link.js";
import { changeLink, getLink, indexOf, type LinkReference, type LinkSettings } from "../rtnetlink/link-requests.js";
import { explained, type Suspects } from "./hints.js";
import { givenNames } from "./taken.js";
import { undone } from "./undo.js";

/** Of what a link had, the part that is about to be changed. */
function former(had: object | undefined, changes: object): Record<string, unknown> {
  const before = (had ?? {}) as Record<string, unknown>;
  const names = givenNames(changes).filter((name) => before[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, before[name]]));
}

function formerSettings(before: Link, { linkInfo: info, master, ...settings }: LinkSettings): LinkSettings {
  const { kind, data, slaveKind, slaveData } = before.linkInfo ?? {};
  return {
    ...former(before, settings),
    ...(master === undefined ? {} : { master: before.master ?? 0 }),
    ...(info?.data === undefined ? {} : { linkInfo: { kind, data: former(data, info.data) } }),
    ...(info?.slaveData === undefined ? {} : { linkInfo: { slaveKind, slaveData: former(slaveData, info.slaveData) } }),
  };
}

/** Refusals before anything was done. */
function isClean(error: unknown): boolean {
  return !(error instanceof NetlinkError) || ["EPERM", "ENODEV"].includes(error.code);
}

/**
 * Changes a link in one message and gives it as it is then. The kernel works through a message one attribute after the
 * other: when it refuses one, those before it are put back.
 */
export async function changeWhole(
  connection: Connection,
  link: LinkReference,
  settings: LinkSettings,
  suspects?: Suspects,
): Promise<Link> {
  const name = typeof link === "string" ? link : undefined;
  const target = settings.name === undefined ? link : { index: await indexOf(connection, link), name };
  const [before, change, after] = await Promise.allSettled([
    getLink(connection, target),
    explained(
      changeLink(connection, target, settings),
      { name: settings.name, carrier: settings.carrier !== undefined },
      suspects,
    ),
    getLink(connection, target),
  ]);
  if (before.status === "rejected") throw before.reason;
  if (change.status === "rejected" && isClean(change.reason)) throw change.reason;
  if (change.status === "rejected")
    throw await undone(change.reason, before.value.name, () =>
      changeLink(connection, { index: before.value.index, name }, formerSettings(before.value, settings)),
    );
  if (after.status === "rejected") throw after.reason;
  return after.value;
}
