import type { AttributeTable } from "../netlink/attributes.js";
import type { Codec } from "../netlink/codec.js";
import type { Connection } from "../netlink/connection.js";
import { NetlinkError } from "../netlink/error.js";
import type { KindTables } from "../netlink/nests.js";
import { linkKinds, portKinds } from "../rtnetlink/kinds/index.js";
import type { Link } from "../rtnetlink/link.js";
import { changeLink, getLink, indexOf, type LinkReference, type LinkSettings } from "../rtnetlink/link-requests.js";
import { explained, type Suspects } from "./hints.js";
import { givenNames } from "./taken.js";
import { undone } from "./undo.js";

/** Of what a link had, the part that is about to be changed. */
function former(had: object | undefined, changes: object, table?: AttributeTable): Record<string, unknown> {
  const before = (had ?? {}) as Record<string, unknown>;
  const values = givenNames(changes).map((name) => {
    const codec = table?.entries[name]?.[1] as Codec<unknown> | undefined;
    if (codec?.undo === undefined) return [name, before[name]] as const;
    return [name, codec.undo(before[name], (changes as Record<string, unknown>)[name])] as const;
  });
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

function optionsBefore(had: object | undefined, changes: object, kinds: KindTables, kind = ""): object {
  return former(had, changes, Object.hasOwn(kinds, kind) ? kinds[kind] : undefined);
}

function formerSettings(before: Link, { linkInfo: info, master, ...settings }: LinkSettings): LinkSettings {
  const { kind, data, slaveKind, slaveData } = before.linkInfo ?? {};
  return {
    ...former(before, settings),
    ...(settings.alias === undefined ? {} : { alias: before.alias ?? "" }),
    ...(master === undefined ? {} : { master: before.master ?? 0 }),
    ...(info?.data === undefined ? {} : { linkInfo: { kind, data: optionsBefore(data, info.data, linkKinds, kind) } }),
    ...(info?.slaveData === undefined
      ? {}
      : { linkInfo: { slaveKind, slaveData: optionsBefore(slaveData, info.slaveData, portKinds, slaveKind) } }),
  };
}

/** Refusals before anything was done. */
function isClean(error: unknown): boolean {
  return !(error instanceof NetlinkError) || ["EPERM", "ENODEV"].includes(error.code);
}

/**
 * Changes a link in one message and gives it as it is then. The kernel works through a message one attribute after the
 * other: when it refuses one, or `check` refuses what came of it, those that were changed are put back.
 */
export async function changeWhole(
  connection: Connection,
  link: LinkReference,
  settings: LinkSettings,
  suspects?: Suspects,
  check?: (after: Link) => void | Promise<void>,
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
  try {
    if (change.status === "rejected") throw change.reason;
    if (after.status === "rejected") throw after.reason;
    await check?.(after.value);
    return after.value;
  } catch (error) {
    throw await undone(error, before.value.name, () =>
      changeLink(connection, { index: before.value.index, name }, formerSettings(before.value, settings)),
    );
  }
}
