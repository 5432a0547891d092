import type { Thread } from "../../kernel/thread.js";
import type { Connection } from "../../netlink/connection.js";

/** A network namespace from the inside: the thread that lives in it, and the connection to its kernel. */
export interface Namespace {
  readonly thread: Thread;
  readonly connection: Connection;
  /** Told the names of links that the host has changed in a way that the kernel tells nobody of. */
  readonly silent: Set<(link: string) => void>;
}
