import { readdirSync, statfsSync } from "node:fs";
import { errnoNumber } from "../base/errno.js";
import { InputError } from "../base/errors.js";
import { native, type ThreadHandle } from "./addon.js";
import { NetlinkError } from "./error.js";
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

/** What a file, or folder, that may not be there says; `absent` where it is not. Throws NetlinkError where that cannot be known. */
function unlessAbsent<T>(absent: T, syscall: string, look: () => T): T {
  try {
    return look();
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    const errno = errnoNumber(code);
    if (code === "ENOENT") return absent;
    throw errno === 0 ? error : new NetlinkError({ errno, syscall });
  }
}

/** Whether a path leads to a namespace: what is left of a name may be an empty file. Throws NetlinkError where that cannot be known. */
export function isNamespace(path: string): boolean {
  return unlessAbsent(false, `statfs(${path})`, () => statfsSync(path).type === NSFS);
}

/** The names of namespaces under /run/netns. Throws NetlinkError where they cannot be known. */
export function namespaceNames(): string[] {
  const names = unlessAbsent<string[]>([], `open(${NAMED})`, () => readdirSync(NAMED));
  return names.filter((name) => isNamespace(`${NAMED}/${name}`));
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
