import { builtin } from "../../base/builtin.js";
import type { AttributeTable } from "../../netlink/codecs/attributes.js";
import type { Codec } from "../../netlink/codecs/codec.js";
import type { Connection } from "../../netlink/connection.js";
import { type KindTables, tableOf } from "../../netlink/codecs/nests.js";
import type { Outcome } from "../../netlink/sequence.js";
import { linkKinds, portKinds } from "../../rtnetlink/link/kinds/index.js";
import type { Link } from "../../rtnetlink/link/link.js";
import { switchesOf } from "../../rtnetlink/link/link-flags.js";
import {
  changeRequest,
  linkIn,
  type LinkReference,
  type LinkSettings,
  lookRequest,
  resolved,
  resolving,
} from "../../rtnetlink/link/link-requests.js";
import { getLinkSummary } from "../../rtnetlink/link/link-summary.js";
import { isPair } from "../../rtnetlink/link/upper-links.js";
import { withCause } from "../hints/late-hints.js";
import type { Suspects } from "../hints/hints.js";
import { sayable } from "./kind-options.js";
import { givenNames } from "./verify.js";
import { lossesOf } from "./losses.js";
import { lossBeforeRefusal } from "./goes-down.js";
import { restoreLink } from "./restore-link.js";

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

/**
 * Changes a link in one message and gives it as it is then: the one that has the name that it is given by when it is looked at,
 * in the same sequence, whatever has it afterwards. The kernel works through a message one attribute after the
 * other: when it refuses one, or `check` refuses what came of it, those that were changed are put back, and what the link lost of
 * what somebody gave it.
 */
export async function changeWhole(
  connection: Connection,
  reference: LinkReference,
  settings: LinkSettings,
  suspects?: Suspects,
  check?: (after: Link) => void | Promise<void>,
): Promise<Link> {
  const loss = lossBeforeRefusal(settings);
  const known = loss && (await getLinkSummary(connection, reference));
  const addBack = known && (await lossesOf(connection, known, loss));
  const link = known === undefined ? reference : { index: known.index, name: known.name };
  const same = resolved(link);
  const [looked, changed, seen] = (await connection.sequence([
    lookRequest(link),
    changeRequest(same, settings, resolving(link, 1, 1)),
    lookRequest(same),
  ])) as [Outcome, Outcome, Outcome];
  if (looked.error !== undefined) throw looked.error;
  try {
    if (changed.error !== undefined) throw changed.error;
    const after = linkIn(seen, link);
    await check?.(after);
    return after;
  } catch (error) {
    const before = linkIn(looked, link);
    const { link: below, linkNetnsid, index: port } = before;
    const joining = settings.master ? { port, master: settings.master } : undefined;
    // What a pair reports there is its other end.
    const isBelow = linkNetnsid === undefined && !isPair(before.kind);
    const attempt = { settings, below: isBelow ? below : undefined, joining };
    const circumstances = {
      name: settings.name,
      renamed: settings.name !== undefined,
      carrier: settings.carrier !== undefined,
    };
    const explanation = await withCause(connection, error, attempt, circumstances, suspects);
    const after = seen.error === undefined ? linkIn(seen, link) : undefined;
    const former = (now: Link | undefined): LinkSettings => formerSettings(before, now, settings);
    throw await restoreLink(connection, before, after, former, explanation, addBack);
  }
}
