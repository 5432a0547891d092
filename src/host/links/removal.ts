import type { Connection } from "../../netlink/connection.js";
import { errnoNumber } from "../../base/errno.js";
import { NetlinkError } from "../../kernel/error.js";
import { type LinkSummary, listLinkSummaries, getLinkSummaries } from "../../rtnetlink/link/link-summary.js";
import { deleteGroup, isGroupUsed } from "../../rtnetlink/link/link-group.js";
import {
  changeLink,
  deleteLink,
  describeLink,
  identify,
  type LinkReference,
  type LinkSettings,
} from "../../rtnetlink/link/link-requests.js";
import { withJournal } from "../work/journal.js";

/** How links were removed. */
export interface Removal {
  /** By one request, in one grace period of the kernel but for bridges, which take one each; or one after the other. */
  readonly method: "group" | "each";
  /** Why it was one after the other, when all at once was tried. */
  readonly refusal?: NetlinkError;
  /** Links that another removal had gathered went, too: one that was killed before it removed them, or is under way. */
  readonly finished?: true;
}

/**
 * The group that links are gathered in to be deleted. Whatever is in it is to go, whoever put it there: a removal that was
 * killed before it deleted them is finished by the next one.
 */
export const REMOVAL_GROUP = 0x6c77726d;

/** Looks at each link; throws when one is missing, before anything is changed. Those that are given twice are there once. */
async function resolve(connection: Connection, references: readonly LinkReference[]): Promise<LinkSummary[]> {
  const found = await getLinkSummaries(connection, references);
  const missing = references.filter((_, place) => found[place] === undefined).map(describeLink);
  if (missing.length > 0)
    throw new NetlinkError({
      errno: errnoNumber("ENODEV"),
      syscall: "RTM_DELLINK",
      subject: missing.join(", "),
      hint: "there is no such link in this network namespace; nothing was removed",
    });
  const links = new Map(found.map((link) => [link!.index, link!]));
  return [...links.values()];
}

/** Whether a removal that was interrupted, or is under way elsewhere, has left links in the group. */
async function findsOthers(connection: Connection, links: readonly LinkSummary[]): Promise<boolean> {
  if (links.some(({ group }) => group === REMOVAL_GROUP)) return true;
  const used = await isGroupUsed(connection, REMOVAL_GROUP, links[0]!.group);
  return used ?? (await listLinkSummaries(connection)).some(({ group }) => group === REMOVAL_GROUP);
}

function firstRefusal(results: readonly PromiseSettledResult<unknown>[]): NetlinkError | undefined {
  for (const result of results) {
    if (result.status === "fulfilled") continue;
    if (!(result.reason instanceof NetlinkError)) throw result.reason;
    if (result.reason.code !== "ENODEV") return result.reason;
  }
  return undefined;
}

/** Links that are changed at once: few enough that the event loop has its turn every millisecond or so. */
const SLICE = 100;

/** Changes links slice by slice; what the first change that failed was refused with. */
async function changeAll(
  connection: Connection,
  links: readonly LinkSummary[],
  settings: (link: LinkSummary) => LinkSettings,
  signal?: AbortSignal,
): Promise<NetlinkError | undefined> {
  let refusal: NetlinkError | undefined;
  for (let start = 0; start < links.length; start += SLICE) {
    signal?.throwIfAborted();
    const slice = links.slice(start, start + SLICE);
    const results = await Promise.allSettled(slice.map((link) => changeLink(connection, link, settings(link))));
    refusal ??= firstRefusal(results);
  }
  return refusal;
}

/** Puts links back into their own groups, and bridges up that were. What was marked before is nobody's any more. */
function putBack(connection: Connection, links: readonly LinkSummary[]): Promise<unknown> {
  return changeAll(connection, links, ({ kind, up, group }) => {
    const own = { group: group === REMOVAL_GROUP ? 0 : group };
    return kind === "bridge" ? { ...own, up } : own;
  });
}

/** Gathers the links in the group and deletes it; when that fails, they are put back as they were. */
async function removeGroup(
  connection: Connection,
  links: readonly LinkSummary[],
  signal: AbortSignal | undefined,
): Promise<NetlinkError | undefined> {
  const group = REMOVAL_GROUP;
  // A bridge that is down lets its ports go more quickly.
  const gathering = ({ kind }: LinkSummary): LinkSettings => (kind === "bridge" ? { group, up: false } : { group });
  const names = links.map(({ name }) => name).join(", ");
  return withJournal(connection, async (journal) => {
    journal.add({
      done: `some of ${names} are in group ${group}, and bridges among them down`,
      undo: `put ${names} back into their groups, and bridges up that were`,
      requests: (to) => putBack(to, links),
    });
    const gathered = await changeAll(connection, links, gathering, signal);
    signal?.throwIfAborted();
    const refusal = gathered ?? firstRefusal(await Promise.allSettled([deleteGroup(connection, group)]));
    if (refusal !== undefined) await putBack(connection, links);
    return refusal;
  });
}

/** Deletes one by one, of `all` links. One that went with another, such as a veth's peer, is gone as it should be. */
async function removeEach(connection: Connection, links: readonly LinkSummary[], all: number): Promise<void> {
  const results = await Promise.allSettled(links.map((link) => deleteLink(connection, link)));
  const refusal = firstRefusal(results);
  if (refusal === undefined) return;
  const standing = links.filter((_, i) => {
    const result = results[i]!;
    return result.status === "rejected" && !(result.reason instanceof NetlinkError && result.reason.code === "ENODEV");
  });
  const { errno, syscall, kernelMessage } = refusal;
  const names = standing.map(({ name }) => name).join(", ");
  const gone = all - standing.length;
  throw new NetlinkError({
    errno,
    syscall,
    subject: names,
    kernelMessage,
    hint: gone === 0 ? undefined : `the other ${gone} are removed`,
  });
}

/**
 * Removes links, all of them in one grace period of the kernel, but for bridges, which take one each: they are put into
 * REMOVAL_GROUP, and the group is deleted, with what a removal that was killed had left there. No other link is touched. When
 * the kernel refuses, they are removed one by one, and the answer says so. No link is looked at that is not named. The signal
 * counts until the kernel is told to delete them.
 */
export async function removeLinks(
  connection: Connection,
  references: readonly LinkReference[],
  signal?: AbortSignal,
): Promise<Removal> {
  for (const reference of references) identify(reference);
  if (references.length === 0) return { method: "each" };
  const links = await resolve(connection, references);
  const others = await findsOthers(connection, links);
  signal?.throwIfAborted();
  if (links.length === 1 && !others) {
    await deleteLink(connection, links[0]!);
    return { method: "each" };
  }
  // The kernel deletes no link that is of no kind, and no group with one in it.
  const gathered = links.filter(({ kind }) => kind !== undefined);
  gathered.sort((a, b) => Number(b.kind === "bridge") - Number(a.kind === "bridge"));
  const refusal = await removeGroup(connection, gathered, signal);
  // What was refused as a group has been put back.
  if (refusal !== undefined) signal?.throwIfAborted();
  const left = refusal === undefined ? links.filter(({ kind }) => kind === undefined) : links;
  if (left.length > 0) await removeEach(connection, left, links.length);
  const finished = others ? ({ finished: true } as const) : {};
  return refusal === undefined ? { method: "group", ...finished } : { method: "each", refusal };
}
