import type { Thread } from "../../kernel/thread.js";
import type { Connection } from "../../netlink/connection.js";

/** A network namespace from the inside: the thread that lives in it, and the connection to its kernel. */
export interface Namespace {
  readonly thread: Thread;
  readonly connection: Connection;
  /** Told the names of links that the host has changed in a way that the kernel tells nobody of. */
  readonly silent: Set<(link: string) => void>;
}

const threads = new WeakMap<Connection, Thread>();

/** A namespace, seen through a thread that lives in it. */
export function namespaceBy(thread: Thread, connection: Connection): Namespace {
  threads.set(connection, thread);
  return { thread, connection, silent: new Set() };
}

/** The thread that lives in the namespace that a host's connection speaks to. */
export function threadOf(connection: Connection): Thread | undefined {
  return threads.get(connection);
}
