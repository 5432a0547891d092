import { readdirSync, statfsSync } from "node:fs";
import { InputError } from "../base/errors.js";
import { native, type ThreadHandle } from "./addon.js";
import { explainNamespace, NAMED, pathOf } from "./namespace.js";
import { startThread } from "./thread.js";

/** The path of a namespace's name. Throws InputError for what is no name. */
export function pathOfName(name: string): string {
  if (name.includes("/") || Buffer.byteLength(name) > 255)
    throw new InputError(`${JSON.stringify(name)} is no name for a network namespace`);
  return pathOf(name);
}

/** NSFS_MAGIC (linux/magic.h). */
const NSFS = 0x6e736673;

/** Whether a path leads to a namespace: what is left of a name may be an empty file. */
export function isNamespace(path: string): boolean {
  try {
    return statfsSync(path).type === NSFS;
  } catch {
    return false;
  }
}

/** The names of namespaces under /run/netns. */
export function namespaceNames(): string[] {
  try {
    return readdirSync(NAMED).filter((name) => isNamespace(`${NAMED}/${name}`));
  } catch {
    return [];
  }
}

/** Does work in a namespace that nobody need be in afterwards. */
async function inThread(
  kind: "new" | "current",
  path: string,
  work: (thread: ThreadHandle, id: number) => void,
): Promise<void> {
  const thread = await startThread({ kind });
  try {
    await thread.call(work);
  } catch (error) {
    throw explainNamespace(error, { name: path });
  } finally {
    await thread.end();
  }
}

/**
 * Gives a network namespace a name: a new one, or the one that a path leads to. It lives by that name as long as it has it, as by
 * those of `ip netns add`. Rejects with EEXIST where another has it.
 */
export async function nameNamespace(path: string, from?: string): Promise<void> {
  await inThread(from === undefined ? "new" : "current", path, (thread, id) => {
    native.nameNamespace(thread, id, path, from);
  });
}

/** Takes a namespace's name away, a path: it is gone when nobody is in it, or holds it, any more. */
export async function unnameNamespace(path: string): Promise<void> {
  await inThread("current", path, (thread, id) => {
    native.unnameNamespace(thread, id, path);
  });
}
