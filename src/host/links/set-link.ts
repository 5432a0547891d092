import type { Connection } from "../../netlink/connection.js";
import { InputError, quoted } from "../../base/errors.js";
import { NetlinkError } from "../../kernel/error.js";
import { getLinkSummary, type LinkSummary } from "../../rtnetlink/link/link-summary.js";
import { linkKinds, portKinds } from "../../rtnetlink/link/kinds/index.js";
import type { Link } from "../../rtnetlink/link/link.js";
import {
  changeLink,
  describeLink,
  getLink,
  type LinkReference,
  type LinkSettings,
} from "../../rtnetlink/link/link-requests.js";
import type { NewLinkSettings } from "./add-link.js";
import type { Namespace } from "../work/namespace.js";
import { addAlternativeNames, checkAlternativeNames, setAlternativeNames } from "./alternative-names.js";
import { withExistingLowerLinkUp } from "./lower-link.js";
import { changeWhole } from "./change-link.js";
import { within } from "../../kernel/namespace-descriptor.js";
import { connectedTo } from "./other-namespace.js";
import { explained } from "../hints/late-hints.js";
import { unchangeable, wholeOptions } from "./kind-options.js";
import type { LinkKind } from "../../rtnetlink/link/link-kind.js";
import { splitSettings } from "./new-link.js";
import { withIndexes } from "./references.js";
import { refuse } from "../hints/own-refusals.js";
import { checkLinkTaken, checkTaken, givenNames, refusable } from "./verify.js";
import { withJournal } from "../work/journal.js";

/** Moves a link to another namespace, where it may get another name and a master, and comes up. */
async function move(connection: Connection, link: Link, settings: LinkSettings): Promise<void> {
  try {
    await explained(changeLink(connection, link, settings), { name: settings.name });
  } catch (error) {
    const stays = await getLink(connection, link.index).catch(() => undefined);
    if (stays !== undefined || !(error instanceof NetlinkError)) throw error;
    throw error.with({ hint: "it has moved to the other namespace all the same" });
  }
}

/** The kernel looks at the new name and the master only when the link has moved: this is asked before. */
async function checkArrival(there: Connection, link: LinkReference, { name, master }: NewLinkSettings): Promise<void> {
  if (master !== undefined && master !== 0) await getLinkSummary(there, master);
  const taken = name !== undefined && (await getLinkSummary(there, name).catch(() => undefined)) !== undefined;
  if (taken) throw refuse("EEXIST", describeLink(link), `the other namespace has a link named ${name}`);
}

/**
 * Whether a link is to leave a bridge, which takes its options as a port, its VLANs and its entries. Throws where it cannot be a
 * port of what it is to go to.
 */
async function leavesBridge(
  connection: Connection,
  { name, master = 0, slaveKind }: LinkSummary,
  to: number,
): Promise<boolean> {
  if (slaveKind !== "bridge" || master === to) return false;
  const next = to === 0 ? undefined : await getLinkSummary(connection, to);
  if (next !== undefined && !Object.hasOwn(portKinds, next.kind ?? ""))
    throw refuse("EOPNOTSUPP", name, `${next.name} is no bridge, bond, team or VRF`);
  return true;
}

/** What a link is refused with, without a word, before the kernel lets it go: who asks may not, or there is no such link. */
const BEFORE_LEAVING: readonly string[] = ["EPERM", "EACCES", "ENODEV"];

/** Has a port leave its bridge: the kernel lets it go before it looks at where it is to go to. */
async function leave(connection: Connection, port: Link, last: LinkSettings): Promise<void> {
  try {
    await changeWhole(connection, port, last);
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    // A bond says why it refuses a link with EPERM.
    if (error.kernelMessage === undefined && BEFORE_LEAVING.includes(error.code)) throw error;
    // It was to be nobody's port, and is refused that itself.
    if (last.master === 0 && last.up === undefined) throw error;
    const now = await getLinkSummary(connection, port.index).catch(() => undefined);
    const place = now?.master === port.master ? "is in its bridge again" : "left its bridge";
    const lost = `${port.name} ${place}, without its options, VLANs and entries there: attach with move keeps them`;
    throw error.with({ hint: error.hint === undefined ? lost : `${error.hint}; ${lost}` });
  }
}

/** Changes a link, and its kind's options, in one message; it gets its late alternative names, and moves, if it is to move. */
async function change(
  connection: Connection,
  link: LinkReference,
  { netNsFd, netNsPid, ...settings }: LinkSettings,
  data: Record<string, unknown>,
  late: readonly string[] = [],
): Promise<void> {
  const suspects = { path: "linkInfo.data", names: Object.keys(data), besides: refusable(settings) } as const;
  const moves = netNsFd !== undefined || netNsPid !== undefined;
  const { name, up, master, ...staying } = settings;
  const looked = moves || master === undefined ? undefined : await getLinkSummary(connection, link);
  const same = looked === undefined ? link : { index: looked.index, name: looked.name };
  const leaves = looked !== undefined && (await leavesBridge(connection, looked, master!));
  const last = up === true ? { master, up } : { master };
  // Nothing else that may be refused comes after that.
  const here = moves ? staying : leaves ? { ...staying, name, up: up === true ? undefined : up } : settings;
  const goOn = async (after: Link): Promise<void> => {
    checkLinkTaken(after, here);
    checkTaken(after, "data", data);
    await addAlternativeNames(connection, after, late);
    if (leaves) await leave(connection, after, last);
    if (moves) await move(connection, after, { netNsFd, netNsPid, name, up, master });
  };
  if (givenNames(here).length > 0) await changeWhole(connection, same, here, suspects, goOn);
  else await goOn(await getLink(connection, same));
}

async function changeWithNames(
  connection: Connection,
  link: LinkReference,
  { altnames, ...settings }: LinkSettings,
  data: Record<string, unknown> = {},
): Promise<void> {
  if (altnames === undefined) return change(connection, link, settings, data);
  const before = await getLink(connection, link);
  checkAlternativeNames(altnames, settings.name ?? before.name);
  // What was the link's name can be an alternative one once it has another.
  const late = altnames.filter((each) => each === before.name);
  if (late.length > 0 && (settings.netNsFd !== undefined || settings.netNsPid !== undefined))
    throw new InputError(`${quoted(before.name)} is the link's own name until it has moved`, "altnames");
  const early = altnames.filter((each) => each !== before.name);
  await withJournal(connection, async (journal) => {
    await setAlternativeNames(connection, before, early, journal);
    await change(connection, { index: before.index, name: before.name }, settings, data, late);
  });
}

/** Changes the options of a kind of link, and checks that the kernel took them. */
async function changeKind(
  connection: Connection,
  link: LinkReference,
  settings: LinkSettings,
  kind: LinkKind,
): Promise<void> {
  const { link: rest, data: wanted } = splitSettings(linkKinds[kind], settings);
  const { data, link: seen } = await wholeOptions(connection, link, kind, wanted);
  const info = Object.keys(data).length > 0 ? { linkInfo: { kind, data } } : {};
  try {
    await changeWithNames(connection, seen, { ...rest, ...info }, wanted);
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.code !== "EOPNOTSUPP") throw error;
    throw await unchangeable(connection, seen, kind, wanted, error);
  }
}

/**
 * Changes what is given of a link, and of its kind's options if a kind is given: all of it, or nothing. `altnames` becomes
 * the whole list of its alternative names. A link that moves to another namespace is changed first, and gets its new name
 * and its master, which is one of that namespace, as it moves.
 */
export async function setAnywhere(
  { thread, connection }: Namespace,
  link: LinkReference,
  settings: NewLinkSettings,
  kind?: LinkKind,
): Promise<void> {
  const { namespace, ...rest } = settings;
  const set = (there: Connection, place: LinkSettings, same = link): Promise<void> =>
    withIndexes(
      connection,
      rest,
      (indexed) => {
        const all = { ...indexed, ...place };
        return kind === undefined ? changeWithNames(connection, same, all) : changeKind(connection, same, all, kind);
      },
      there,
    );
  if (namespace === undefined) return withExistingLowerLinkUp(connection, link, (same) => set(connection, {}, same));
  await within(thread, namespace, (netNsFd) =>
    rest.name === undefined && rest.master === undefined
      ? set(connection, { netNsFd })
      : connectedTo(netNsFd, async (there) => {
          await checkArrival(there, link, rest);
          await set(there, { netNsFd });
        }),
  );
}
