import type { Host } from "../host/host.js";
import { apply, ApplyError } from "./apply/apply.js";
import { captureHost } from "./capture.js";
import type { HostDeclaration, LinkDeclaration } from "./declaration/declaration.js";
import { observe, type Picture } from "./observation/observe.js";

/** A host as it was, to be put back so. */
export interface Snapshot {
  readonly names: ReadonlyMap<number, string>;
  readonly declaration: HostDeclaration;
}

function snapshotOf(picture: Picture): Snapshot {
  return { names: picture.names, declaration: captureHost(picture) };
}

/** Remembers links, ports, addresses, neighbours, forwarding entries, routes and rules: what a declaration can say. */
export async function takeSnapshot(host: Host): Promise<Snapshot> {
  // With everything that is as in a new link, too: it may be otherwise by then.
  return snapshotOf(await observe(host));
}

type Listed = "addresses" | "neighbours" | "fdb";
const LISTS: readonly Listed[] = ["addresses", "neighbours", "fdb"];

function all(entries: unknown): { only: true; entries: readonly unknown[] } {
  return { only: true, entries: Array.isArray(entries) ? (entries as readonly unknown[]) : [] };
}

/** A link as it was, and with nothing else in its lists. */
function exactly(link: LinkDeclaration): LinkDeclaration {
  const lists = LISTS.map((name) => [name, all(link[name])]);
  return { master: 0, alias: "", ...link, ...Object.fromEntries(lists) } as LinkDeclaration;
}

/**
 * Puts a host back as it is remembered: links that have another name get theirs again, those that are new go, what differs of the
 * others is changed. Gives what could not be put back, in words; nothing when the host is as it was.
 */
export async function restoreSnapshot(
  host: Host,
  { names, declaration: before }: Snapshot,
): Promise<readonly string[]> {
  for (const { index, name } of await host.links({ only: ["name"] })) {
    const former = names.get(index);
    if (former !== undefined && former !== name) await host.setLink(index, { name: former });
  }
  const { declaration: now } = await takeSnapshot(host);
  const links: Record<string, LinkDeclaration> = {};
  for (const name of Object.keys(now.links ?? {}))
    if (before.links?.[name] === undefined) links[name] = { absent: true };
  for (const [name, link] of Object.entries(before.links ?? {}))
    if (JSON.stringify(link) !== JSON.stringify(now.links?.[name])) links[name] = exactly(link);
  const differs = (list: "nexthops" | "routes" | "rules"): boolean =>
    JSON.stringify(before[list]) !== JSON.stringify(now[list]);
  const lists = (["nexthops", "routes", "rules"] as const).filter(differs).map((list) => [list, all(before[list])]);
  try {
    await apply(host, { links, ...Object.fromEntries(lists) } as HostDeclaration);
    return [];
  } catch (error) {
    if (error instanceof ApplyError) return [error.message, ...error.standing];
    throw error;
  }
}
