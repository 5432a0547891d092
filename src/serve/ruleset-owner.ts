import type { Descriptor } from "../kernel/descriptor.js";
import { openPassable } from "../kernel/multicast.js";
import { enterNamespace } from "../kernel/namespace.js";
import type { Thread } from "../kernel/thread.js";
import { type Committer, committer } from "../netfilter/messages/batch.js";

/** NETLINK_NETFILTER (linux/netlink.h). */
const NETLINK_NETFILTER = 12;

/** The socket that owns the tables of a namespace: one at a time speaks by it. */
export interface Owner {
  readonly descriptor: Descriptor;
  /** Commits by it, when it is nobody else's turn. */
  readonly committer: Committer;
  /** Lends it until the work is done. */
  lend<T>(work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

async function openIn(thread: Thread, kept: Descriptor | undefined) {
  const descriptor = kept ?? (await openPassable(thread, NETLINK_NETFILTER));
  return { descriptor, own: committer(await thread.openSocket(NETLINK_NETFILTER, descriptor.handle)) };
}

/** Opens such a socket in a namespace, or goes on with one that was kept. */
export async function openOwner(namespace: string, kept?: Descriptor): Promise<Owner> {
  const thread = await enterNamespace(namespace);
  const { descriptor, own } = await openIn(thread, kept).catch(async (error: unknown) => {
    await thread.end();
    throw error;
  });
  let turn: Promise<unknown> = Promise.resolve();
  function lend<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  }
  return {
    descriptor,
    lend,
    committer: { commit: (...what) => lend(() => own.commit(...what)) },
    async close() {
      await turn;
      await kept?.close();
      await thread.end();
    },
  };
}
