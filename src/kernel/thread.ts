import { errnoNumber } from "../base/errno.js";
import { NetlinkError } from "./error.js";
import { execution, type Executor, type ThreadUse } from "./thread-use.js";
import type { ExchangeEnd, ExchangeKind, NetlinkSocket, Receive } from "./netlink-socket.js";
import {
  needNative,
  type DescriptorHandle,
  native,
  type OnEvent,
  type SocketHandle,
  type ThreadHandle,
} from "./addon.js";

/** The thread of a host: everything that may wait for the kernel happens there. */
export interface Thread {
  readonly handle: ThreadHandle;
  /** The first of NETLINK_ROUTE. */
  readonly socket: NetlinkSocket;
  /** Kept alive here: the addon holds it only while there is work, so that a host nobody holds can be collected. */
  readonly onEvent: OnEvent;
  /** Who wants to know that the host is being closed. */
  readonly closers: Set<() => void>;
  /** What is open until it is closed, be it referred to elsewhere or not. */
  readonly kept: Set<object>;
  /** Has this called before other work than requests is asked of the thread: it sends those that were made before. */
  letAhead(send: () => void): void;
  /** Starts work under a new id and resolves with its value; rejects with NetlinkError. */
  call<T>(start: (handle: ThreadHandle, id: number) => void): Promise<T>;
  /**
   * Opens another socket in the namespace, of a family of linux/netlink.h, or takes over a netlink socket that somebody passed.
   * Requests are executed in the order in which they are made, over all sockets of the thread.
   */
  openSocket(family: number, passed?: DescriptorHandle): Promise<ThreadSocket>;
  /** Ends it after the work that it was given, and closes every descriptor of it. */
  end(): Promise<void>;
}

/** A netlink socket whose requests are made by a thread. */
export interface ThreadSocket extends NetlinkSocket {
  /** Closes it after what was asked of it. */
  close(): Promise<void>;
}

/** Room for what answers requests that the calling thread executes, one after the other: what does not fit comes in a buffer of its own. */
const ROOM = 65536;
/** When less is left of it, there is a new one. */
const LEAST_ROOM = 8192;

/** Requests over a socket, and who is told of what answers them. */
interface Exchange {
  readonly socket: SocketHandle;
  readonly messages: Buffer;
  readonly conditions: Buffer;
  readonly receive: Receive;
  readonly kind: ExchangeKind;
}

const DONE: ExchangeEnd = { errno: 0, syscall: undefined };

/** NETLINK_ROUTE (linux/netlink.h). */
const ROUTE = 0;

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

/** Why a thread could not be started. */
function threadRefused(error: unknown): unknown {
  const { code = "" } = error as NodeJS.ErrnoException;
  const errno = errnoNumber(code);
  if (errno === 0) return error;
  const hint = code === "EAGAIN" ? "this user, or the machine, has no more threads to give" : undefined;
  return new NetlinkError({ errno, syscall: "pthread_create", hint });
}

/** Starts a thread and resolves when it lives in its namespace and has its socket. */
export async function startThread(choice: NamespaceChoice, use?: ThreadUse): Promise<Thread> {
  needNative();
  const waiting = new Map<number, Waiter>();
  const { executor, began, executed, answered } = execution(use);
  /** What the calling thread executes in the event loop's next turn, unless the thread has to before. */
  const deferred: Exchange[] = [];
  let lastId = 0;
  let sendAhead: (() => void) | undefined;
  let room: Buffer | undefined;
  let taken = 0;

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

  function start(waiter: Waiter, work: (handle: ThreadHandle, id: number) => void): void {
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

  function call<T>(work: (handle: ThreadHandle, id: number) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      sendAhead?.();
      leaveDeferred();
      start(settle(resolve, reject), work);
    });
  }

  /** Executes requests on the calling thread: false when nothing was sent. What has been handed out is never written to again. */
  function executeHere({ socket, messages, conditions, receive }: Exchange): boolean {
    if (room === undefined || room.length - taken < LEAST_ROOM) {
      room = Buffer.allocUnsafeSlow(ROOM);
      taken = 0;
    }
    const into = room;
    const at = taken;
    const start = began();
    const outcome = begun("sendmsg", () => native.exchangeNow(handle, socket, messages, conditions, into, at));
    if (outcome === undefined) return false;
    executed(start);
    if (typeof outcome !== "number") receive(outcome.answered, outcome);
    else {
      taken = at + outcome;
      receive(into, DONE, at, taken);
    }
    return true;
  }

  function executeThere({ socket, messages, conditions, receive, kind }: Exchange): void {
    const begin = performance.now();
    const alone = waiting.size === 0;
    start(
      (more, errno, syscall, value) => {
        if (kind === "brief" && alone) answered(performance.now() - begin);
        receive(value as Buffer | undefined, more ? undefined : { errno, syscall });
      },
      (thread, id) => {
        native.exchange(thread, id, socket, messages, conditions, kind === "batch");
      },
    );
  }

  /** Behind the thread's work everything is the thread's: an order of requests is the order of execution. */
  function executorOf({ kind }: Exchange): Executor {
    return kind === "brief" && waiting.size === 0 ? executor() : "thread";
  }

  function execute(exchange: Exchange): void {
    const who = executorOf(exchange);
    if (who !== "thread" && deferred.length > 0) deferred.push(exchange);
    else if (who === "caller later") {
      deferred.push(exchange);
      setImmediate(executeDeferred);
    } else if (who === "thread" || !executeHere(exchange)) {
      leaveDeferred();
      executeThere(exchange);
    }
  }

  function executeDeferred(): void {
    for (let next = deferred[0]; next !== undefined; next = deferred[0]) {
      const who = executorOf(next);
      if (who === "caller later") return void setImmediate(executeDeferred);
      deferred.shift();
      executeLate(next, who);
    }
  }

  /** Executes what was deferred: nobody waits for what is thrown any more. */
  function executeLate(exchange: Exchange, who: Executor): void {
    try {
      if (who === "thread" || !executeHere(exchange)) executeThere(exchange);
    } catch (error) {
      const { errno = 0, syscall } = error as Partial<ExchangeEnd>;
      exchange.receive(undefined, { errno, syscall, error: error as Error });
    }
  }

  /** Leaves what was to be executed later to the thread, before other work of it. */
  function leaveDeferred(): void {
    for (const each of deferred.splice(0)) executeLate(each, "thread");
  }

  /** A socket, at once, and what its opening resolves with. */
  function socketOf(family: number, passed?: DescriptorHandle): { socket: ThreadSocket; opened: Promise<void> } {
    let mine!: SocketHandle;
    const opened = call<void>((thread, id) => {
      mine = native.openSocket(thread, id, family, passed);
    });
    const socket: ThreadSocket = {
      exchange(messages, conditions, receive, kind = "any") {
        execute({ socket: mine, messages, conditions, receive, kind });
      },
      close: () =>
        call((thread, id) => {
          native.closeSocket(thread, id, mine);
        }),
    };
    return { socket, opened };
  }

  let handle!: ThreadHandle;
  const entered = new Promise((resolve, reject) => {
    waiting.set(0, settle(resolve, reject));
  });
  try {
    handle = native.openThread(choice.kind, choice.path, onEvent);
  } catch (error) {
    throw threadRefused(error);
  }
  const { socket, opened } = socketOf(ROUTE);
  const [failed] = (await Promise.allSettled([entered, opened])).filter(({ status }) => status === "rejected");
  if (failed !== undefined) {
    await call((thread, id) => {
      native.closeThread(thread, id);
    });
    throw (failed as PromiseRejectedResult).reason;
  }
  return {
    handle,
    socket,
    onEvent,
    closers: new Set(),
    kept: new Set(),
    letAhead(send) {
      sendAhead = send;
    },
    call,
    end: () =>
      call((thread, id) => {
        native.closeThread(thread, id);
      }),
    async openSocket(family, passed) {
      const made = socketOf(family, passed);
      await made.opened;
      return made.socket;
    },
  };
}
