import type { Thread } from "../../kernel/thread.js";
import type { Connection } from "../../netlink/connection.js";

/** A network namespace from the inside: the thread that lives in it, and the connection to its kernel. */
export interface Namespace {
  readonly thread: Thread;
  readonly connection: Connection;
}
