import { errnoNumber } from "../base/errno.js";
import { NetlinkError } from "./error.js";
import type { NetlinkSocket } from "./netlink-socket.js";
import { checkNative, type HostHandle, native, type OnEvent } from "./addon.js";

/** The thread of a host: everything that may wait for the kernel happens there. */
export interface Thread {
  readonly handle: HostHandle;
  readonly socket: NetlinkSocket;
  /** Kept alive here: the addon holds it only while there is work, so that a host nobody holds can be collected. */
  readonly onEvent: OnEvent;
  /** Who wants to know that the host is being closed. */
  readonly closers: Set<() => void>;
  /** Starts work under a new id and resolves with its value; rejects with NetlinkError. */
  call<T>(start: (handle: HostHandle, id: number) => void): Promise<T>;
}

type Waiter = (more: boolean, errno: number, syscall: string | undefined, value: unknown) => void;

/** Which namespace a thread is to live in: a file such as /run/netns/blue, the process's own, or a new one. */
export interface NamespaceChoice {
  readonly kind: "current" | "new" | "file";
  readonly path?: string;
}

/** What all requests to a host that is closed, or closing, reject with. */
export function hostClosed(): NetlinkError {
  const refusal = { errno: errnoNumber("ECANCELED"), syscall: "close", kernelMessage: "the host is closed" };
  return new NetlinkError(refusal, "the host is closed (ECANCELED)");
}

/** Does what the addon may refuse at once, by a system call of this name: all that it throws of the system is NetlinkError. */
export function begun<T>(syscall: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    const errno = errnoNumber(code);
    if (code === "ECANCELED") throw hostClosed();
    if (code === "EBADF") throw new NetlinkError({ errno, syscall, kernelMessage: message }, `${message} (${code})`);
    throw errno === 0 ? error : new NetlinkError({ errno, syscall });
  }
}

function threadRefused(): NetlinkError {
  return new NetlinkError({
    errno: errnoNumber("EAGAIN"),
    syscall: "pthread_create",
    hint: "this user, or the machine, has no more threads to give",
  });
}

/** Starts a thread and resolves when it lives in its namespace and has its socket. */
export async function startThread(choice: NamespaceChoice): Promise<Thread> {
  checkNative();
  const waiting = new Map<number, Waiter>();
  let lastId = 0;

  const onEvent: OnEvent = (id, more, errno, syscall, value) => {
    const waiter = waiting.get(id);
    if (!more) waiting.delete(id);
    waiter?.(more, errno, syscall, value);
  };

  function settle<T>(resolve: (value: T) => void, reject: (error: Error) => void): Waiter {
    return (_more, errno, syscall = "", value) => {
      if (errno === 0) resolve(value as T);
      else reject(new NetlinkError({ errno, syscall }));
    };
  }

  function start(waiter: Waiter, work: (handle: HostHandle, id: number) => void): void {
    const id = (lastId = (lastId + 1) >>> 0 || 1);
    waiting.set(id, waiter);
    try {
      begun("fcntl", () => {
        work(handle, id);
      });
    } catch (error) {
      waiting.delete(id);
      throw error;
    }
  }

  function call<T>(work: (handle: HostHandle, id: number) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      start(settle(resolve, reject), work);
    });
  }

  const socket: NetlinkSocket = {
    exchange(messages, guards, receive) {
      start(
        (more, errno, syscall, value) => {
          receive(value as Buffer | undefined, more ? undefined : { errno, syscall });
        },
        (host, id) => {
          native.exchange(host, id, messages, guards);
        },
      );
    },
  };

  let handle!: HostHandle;
  let started = false;
  const ready = new Promise((resolve, reject) => {
    waiting.set(0, settle(resolve, reject));
    handle = native.openHost(choice.kind, choice.path, onEvent);
    started = true;
  });
  try {
    await ready;
  } catch (error) {
    if (!started) throw threadRefused();
    await call((host, id) => {
      native.closeHost(host, id);
    });
    throw error;
  }
  return { handle, socket, onEvent, closers: new Set(), call };
}
