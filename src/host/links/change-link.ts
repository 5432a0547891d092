import { builtin } from "../../base/builtin.js";
import type { AttributeTable } from "../../netlink/codecs/attributes.js";
import type { Codec } from "../../netlink/codecs/codec.js";
import type { Connection } from "../../netlink/connection.js";
import { type KindTables, tableOf } from "../../netlink/codecs/nests.js";
import { linkKinds, portKinds } from "../../rtnetlink/link/kinds/index.js";
import type { Link } from "../../rtnetlink/link/link.js";
import { switchesOf } from "../../rtnetlink/link/link-flags.js";
import {
  changeLink,
  getLink,
  indexOf,
  type LinkReference,
  type LinkSettings,
} from "../../rtnetlink/link/link-requests.js";
import { withCause } from "../hints/explain.js";
import type { Suspects } from "../hints/hints.js";
import { sayable } from "./kind-options.js";
import { givenNames } from "./verify.js";
import { journalOf } from "../work/journal.js";
import { refuse } from "../hints/refusal.js";

type Named = Readonly<Record<string, unknown>>;

/** What is reported only where there is something. */
const NOTHING: Named = { alias: "", primary: 0, arpIpTarget: [], nsIp6Target: [], macaddrData: [] };

/** One change of a link: what was to be changed of it, and what it was before and is now. */
interface Change {
  readonly changes: object;
  readonly had: object | undefined;
  readonly has: object | undefined;
}

/** What puts the change back. What could not be read again is taken for changed. */
function former({ changes, had, has }: Change, names = givenNames(changes), table?: AttributeTable): Named {
  const before: Named = { ...NOTHING, ...had };
  const now: Named = has === undefined ? {} : { ...NOTHING, ...has };
  const { isDeepStrictEqual } = builtin("node:util");
  const values = names
    .filter((name) => !isDeepStrictEqual(before[name], now[name]))
    .map((name) => {
      const codec = table?.entries[name]?.[1] as Codec<unknown> | undefined;
      const change = (changes as Named)[name];
      if (codec?.undo === undefined || change === undefined) return [name, before[name]] as const;
      return [name, codec.undo(before[name], change)] as const;
    });
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

/** The same for options, all that can be set: one may have changed with another. Which port a bond uses is its own affair. */
function formerOptions(kinds: KindTables, kind = "", change: Change): Named {
  const table = tableOf(kinds, kind);
  if (table === undefined) return former(change);
  const names = Object.keys(table.entries).filter(
    (name) =>
      Object.hasOwn(change.changes, name) || (table.entries[name]![1].readOnly !== true && name !== "activePort"),
  );
  const options = former(change, names, table);
  return givenNames(options).length === 0 ? options : sayable(kind, table, options, change.had);
}

/** A link with its flags under the names that switch them. */
function withSwitches(link: Link): object {
  return { ...link, ...switchesOf(link.flags) };
}

/** What puts a link back as it was; empty when nothing was changed. */
function formerSettings(
  before: Link,
  after: Link | undefined,
  { linkInfo: info, master, ...settings }: LinkSettings,
): LinkSettings {
  const { kind, data, slaveKind, slaveData } = before.linkInfo ?? {};
  const now = after?.linkInfo;
  const isMoved = master !== undefined && (before.master ?? 0) !== (after?.master ?? 0);
  const options = info?.data && formerOptions(linkKinds, kind, { changes: info.data, had: data, has: now?.data });
  const portOptions =
    info?.slaveData &&
    formerOptions(portKinds, slaveKind, { changes: info.slaveData, had: slaveData, has: now?.slaveData });
  return {
    ...former({ changes: settings, had: withSwitches(before), has: after && withSwitches(after) }),
    ...(isMoved ? { master: before.master ?? 0 } : {}),
    ...(options !== undefined && givenNames(options).length > 0 ? { linkInfo: { kind, data: options } } : {}),
    ...(portOptions !== undefined && givenNames(portOptions).length > 0
      ? { linkInfo: { slaveKind, slaveData: portOptions } }
      : {}),
  };
}

/** Which of two links was changed, whose name went from one to the other meanwhile, is not known: the first, if it shows. */
async function theSame(connection: Connection, before: Link, after: Link): Promise<Link> {
  if (before.index === after.index) return after;
  const link = await getLink(connection, before.index);
  const { isDeepStrictEqual } = builtin("node:util");
  const isUnchanged = isDeepStrictEqual({ ...link, stats64: 0, name: "" }, { ...before, stats64: 0, name: "" });
  if (!isUnchanged) return link;
  throw refuse("EBUSY", before.name, `its name went to link ${after.index}, which was changed in its place`);
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
    changeLink(connection, target, settings),
    getLink(connection, target),
  ]);
  if (before.status === "rejected") throw before.reason;
  try {
    if (change.status === "rejected") throw change.reason;
    if (after.status === "rejected") throw after.reason;
    const link = await theSame(connection, before.value, after.value);
    await check?.(link);
    return link;
  } catch (error) {
    const { link: below, linkNetnsid, index: port } = before.value;
    const joining = settings.master ? { port, master: settings.master } : undefined;
    const attempt = { settings, below: linkNetnsid === undefined ? below : undefined, joining };
    const circumstances = {
      name: settings.name,
      renamed: settings.name !== undefined,
      carrier: settings.carrier !== undefined,
    };
    const explanation = await withCause(connection, error, attempt, circumstances, suspects);
    const former = formerSettings(before.value, after.status === "fulfilled" ? after.value : undefined, settings);
    if (givenNames(former).length === 0) throw explanation;
    const { index, name: called } = before.value;
    const changed = givenNames(former).join(", ");
    const journal = journalOf(connection);
    journal.add({
      done: `${called} has another ${changed}`,
      undo: `give ${called} its former ${changed} back`,
      requests: (to) => changeLink(to, { index, name }, former),
    });
    throw await journal.undo(explanation);
  }
}
