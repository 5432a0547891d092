import type { Connection } from "../../netlink/connection.js";
import { errnoNumber } from "../../base/errno.js";
import { NetlinkError } from "../../kernel/error.js";
import { type Glance, glanceAtAll } from "../../rtnetlink/link/link-summary.js";
import {
  changeLink,
  deleteGroup,
  deleteLink,
  describeLink,
  identify,
  type LinkReference,
  type LinkSettings,
} from "../../rtnetlink/link/link-requests.js";
import { randomNumber } from "../../rtnetlink/link/random-mac.js";

/** How links were removed. */
export interface Removal {
  /** By one request, in one grace period of the kernel but for bridges, which take one each; or one after the other. */
  readonly method: "group" | "each";
  /** Why it was one after the other, when all at once was tried. */
  readonly refusal?: NetlinkError;
}

/** Names and indices to links; throws when one is missing, before anything is changed. */
function resolve(references: readonly LinkReference[], links: readonly Glance[]): Glance[] {
  const byIndex = new Map(links.map((link) => [link.index, link]));
  const byName = new Map(links.flatMap((link) => [link.name, ...link.altnames].map((name) => [name, link])));
  const found = new Set<Glance>();
  const missing: string[] = [];
  for (const reference of references) {
    const link =
      typeof reference === "string"
        ? byName.get(reference)
        : byIndex.get(typeof reference === "number" ? reference : reference.index);
    if (link === undefined) missing.push(describeLink(reference));
    else found.add(link);
  }
  if (missing.length > 0)
    throw new NetlinkError({
      errno: errnoNumber("ENODEV"),
      syscall: "RTM_DELLINK",
      subject: missing.join(", "),
      hint: "there is no such link in this network namespace; nothing was removed",
    });
  return [...found];
}

/** Group numbers that people choose are small. */
const LEAST_GROUP = 0x10000;

/** A group number that no link of the namespace has. */
function unusedGroup(links: readonly Glance[]): number {
  const used = new Set(links.map(({ group }) => group));
  for (;;) {
    const group = randomNumber() >>> 1;
    if (group < LEAST_GROUP) continue;
    if (!used.has(group)) return group;
  }
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
  links: readonly Glance[],
  settings: (link: Glance) => LinkSettings,
): Promise<NetlinkError | undefined> {
  let refusal: NetlinkError | undefined;
  for (let start = 0; start < links.length; start += SLICE) {
    const slice = links.slice(start, start + SLICE);
    const results = await Promise.allSettled(slice.map((link) => changeLink(connection, link, settings(link))));
    refusal ??= firstRefusal(results);
  }
  return refusal;
}

/** Gathers the links in a group and deletes it; when the kernel refuses, the links are put back into their own groups. */
async function removeGroup(
  connection: Connection,
  links: readonly Glance[],
  group: number,
): Promise<NetlinkError | undefined> {
  // A bridge that is down lets its ports go more quickly.
  const gathering = ({ kind }: Glance): LinkSettings => (kind === "bridge" ? { group, up: false } : { group });
  const refusal =
    (await changeAll(connection, links, gathering)) ??
    firstRefusal(await Promise.allSettled([deleteGroup(connection, group)]));
  if (refusal !== undefined)
    await changeAll(connection, links, (link) =>
      link.kind === "bridge" ? { group: link.group, up: link.up } : { group: link.group },
    );
  return refusal;
}

/** Deletes one by one. A link that went with another, such as a veth's peer, is gone as it should be. */
async function removeEach(connection: Connection, links: readonly Glance[]): Promise<void> {
  const results = await Promise.allSettled(links.map((link) => deleteLink(connection, link)));
  const refusal = firstRefusal(results);
  if (refusal === undefined) return;
  const standing = links.filter((_, i) => {
    const result = results[i]!;
    return result.status === "rejected" && !(result.reason instanceof NetlinkError && result.reason.code === "ENODEV");
  });
  const { errno, syscall, kernelMessage } = refusal;
  const names = standing.map(({ name }) => name).join(", ");
  const gone = links.length - standing.length;
  throw new NetlinkError({
    errno,
    syscall,
    subject: names,
    kernelMessage,
    hint: gone === 0 ? undefined : `the other ${gone} are removed`,
  });
}

/**
 * Removes links, all of them in one grace period of the kernel, but for bridges, which take one each: they are put into a
 * group of their own, whose number nobody in the namespace uses, and the group is deleted. No other link is touched. When
 * the kernel refuses, they are removed one by one, and the answer says so.
 */
export async function removeLinks(connection: Connection, references: readonly LinkReference[]): Promise<Removal> {
  for (const reference of references) identify(reference);
  if (references.length === 0) return { method: "each" };
  const all = await glanceAtAll(connection);
  const links = resolve(references, all).sort((a, b) => Number(b.kind === "bridge") - Number(a.kind === "bridge"));
  if (links.length === 1) {
    await deleteLink(connection, links[0]!);
    return { method: "each" };
  }
  const refusal = await removeGroup(connection, links, unusedGroup(all));
  if (refusal === undefined) return { method: "group" };
  await removeEach(connection, links);
  return { method: "each", refusal };
}
