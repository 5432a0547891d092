import { builtin } from "../base/builtin.js";
import { native, needNative } from "./addon.js";
import { NetlinkError } from "./error.js";

const EAGAIN = -11;
/** Milliseconds between looks at a lock that another process has. */
const WAIT = 5;

/** Those of this process who wait for a lock, by its file: the last of them. */
const waiting = new Map<string, Promise<unknown>>();

/** Opens and locks a file; undefined when another has it. */
function tryLock(path: string): number | undefined {
  needNative();
  const fs = builtin("node:fs");
  const fd = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600);
  const result = native.lockFile(fd);
  // A file that was removed meanwhile is nobody's lock.
  const current = fs.statSync(path, { throwIfNoEntry: false });
  if (result === 0 && current?.ino === fs.fstatSync(fd).ino) return fd;
  fs.closeSync(fd);
  if (result !== 0 && result !== EAGAIN) throw new NetlinkError({ errno: -result, syscall: "flock" });
  return undefined;
}

async function underLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  let fd = tryLock(path);
  while (fd === undefined) {
    await new Promise((resolve) => setTimeout(resolve, WAIT));
    fd = tryLock(path);
  }
  try {
    return await work();
  } finally {
    builtin("node:fs").closeSync(fd);
  }
}

/**
 * Does a piece of work while nobody else does any under the same file, in this process, in the order of asking, or another. The lock
 * (flock(2)) goes with its process, however that ends; only who may open the file can take it. Rejects as the file cannot be opened.
 */
export async function lockedBy<T>(path: string, work: () => Promise<T>): Promise<T> {
  const before = waiting.get(path) ?? Promise.resolve();
  const mine = before.then(() => underLock(path, work));
  const settled = mine.catch(() => undefined);
  waiting.set(path, settled);
  try {
    return await mine;
  } finally {
    if (waiting.get(path) === settled) waiting.delete(path);
  }
}
