import { builtin } from "../base/builtin.js";
import { InputError } from "../base/errors.js";
import type { Descriptor } from "../kernel/descriptor.js";
import { NetlinkError } from "../kernel/error.js";
import { lockedBy } from "../kernel/file-lock.js";
import type { Thread } from "../kernel/thread.js";
import { acceptSocket, type Caller, connectSocket, listenSocket } from "../kernel/unix-socket.js";

/** What callers find the service by: root and the file's group may ask. */
const MODE = 0o660;

/** Listens at a path; a socket's file that nobody answers at any more is replaced. Rejects with InputError where somebody does. */
export async function listenAt(thread: Thread, path: string): Promise<Descriptor> {
  const fs = builtin("node:fs/promises");
  await fs.mkdir(builtin("node:path").dirname(path), { recursive: true, mode: 0o755 });
  return lockedBy(`${path}.lock`, async () => {
    const other = await connectSocket(thread, path).catch((error: unknown) => {
      if (error instanceof NetlinkError && ["ENOENT", "ECONNREFUSED"].includes(error.code)) return undefined;
      throw error;
    });
    await other?.close();
    if (other !== undefined) throw new InputError(`a service answers at ${path} already`, "service");
    await fs.rm(path, { force: true });
    return listenSocket(thread, path, MODE);
  });
}

/** Those who call until the signal aborts. */
export interface Attending {
  /** Resolved when whoever called by then is answered. */
  settled(): Promise<void>;
}

/** Attends to each caller at a socket, several at a time, until the signal aborts; `failed` is told what went wrong with one, or with all. */
export function attendEach(
  thread: Thread,
  listener: Descriptor,
  attend: (caller: Caller) => Promise<void>,
  signal: AbortSignal,
  failed: (error: Error) => void,
): Attending {
  const underWay = new Set<Promise<void>>();
  const unlessOver = (error: Error): void => {
    if (!signal.aborted) failed(error);
  };

  async function accept(): Promise<void> {
    while (!signal.aborted) {
      const caller = await acceptSocket(thread, listener, signal);
      const attending = attend(caller).catch(unlessOver);
      underWay.add(attending);
      void attending.then(() => underWay.delete(attending));
    }
  }

  accept().catch(unlessOver);
  return {
    settled: async () => {
      await Promise.all(underWay);
    },
  };
}
