import { type Cancellation, checkSignal, eitherOf, unlessAborted } from "../base/signal.js";
import { native } from "../kernel/addon.js";
import type { NamespaceReference } from "../kernel/namespace.js";
import { hostClosed, type Thread } from "../kernel/thread.js";
import { connect, type Connection } from "../netlink/connection.js";
import { isBrief } from "../rtnetlink/brief-requests.js";
import { messageTypes } from "../rtnetlink/protocol/message-types.js";
import { explained, explanation } from "./hints/late-hints.js";
import { type BridgeCache, cacheBridges } from "./ports/bridge-cache.js";
import { type HostState, openDescriptors } from "./work/inspection.js";
import { type Namespace, namespaceBy } from "./work/namespace.js";
import { type Operations, operations, operationsUntil } from "./work/operations.js";

/** A namespace that is held open, and how what is asked of it is done: in order, explained when it is refused, until it is closed. */
export interface Session {
  readonly namespace: Namespace;
  readonly connection: Connection;
  readonly bridges: BridgeCache;
  readonly work: Operations;
  /** What ends what is asked by it. */
  readonly signal: AbortSignal | undefined;
  /** The thread; throws when the host is closed, or being closed. */
  readonly open: Thread;
  readonly state: HostState;
  /** Does a piece of work after what was asked for before it; what it is refused with says why, where that is known. */
  do<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** The same for what may change a bridge. */
  change<T>(work: () => Promise<T>, signal?: AbortSignal, alone?: boolean): Promise<T>;
  /** The same for what changes nothing, and is given up at once. */
  ask<T>(work: () => Promise<T>): Promise<T>;
  /** What is not begun once the signal has aborted, and brought to its end else. */
  begin<T>(work: () => Promise<T>): Promise<T>;
  /** What a method that takes a signal itself is given. */
  withSignal<O extends Cancellation>(options: O | undefined): O | undefined;
  /** Tells whoever watches of a link that was changed without an event. */
  changedSilently(link: string): void;
  /** The same session, until a signal aborts. */
  until(signal: AbortSignal): Session;
  /** The same session, by another connection. */
  by(connection: Connection): Session;
  close(signal?: AbortSignal): Promise<void>;
}

/** What all faces of one host share: it is opened and closed once. */
interface Whole extends Ways, Pick<Session, "work"> {
  readonly reference: NamespaceReference;
  closing: Promise<void> | undefined;
  closed: boolean;
}

async function end({ work, connection, namespace: { thread } }: Whole): Promise<void> {
  await work.end();
  connection.close(hostClosed());
  for (const tell of [...thread.closers]) tell();
  await thread.call((handle, id) => {
    native.closeThread(handle, id);
  });
}

function close(whole: Whole): Promise<void> {
  return (whole.closing ??= end(whole).then(() => {
    whole.closed = true;
  }));
}

async function closeUntil(whole: Whole, signal: AbortSignal): Promise<void> {
  checkSignal(signal);
  await unlessAborted(signal, close(whole));
}

/** What a session speaks by. */
type Ways = Pick<Session, "namespace" | "connection" | "bridges">;

function waysBy(thread: Thread, connection: Connection): Ways {
  return { namespace: namespaceBy(thread, connection), connection, bridges: cacheBridges(connection) };
}

function sessionOf(whole: Whole, signal: AbortSignal | undefined, ways: Ways = whole): Session {
  const { namespace, connection, bridges } = ways;
  const { reference } = whole;
  const work = signal === undefined ? whole.work : operationsUntil(whole.work, signal);
  const run = <T>(piece: () => Promise<T>, own?: AbortSignal, alone?: boolean): Promise<T> =>
    work.run(piece, own, explanation, alone);
  return {
    namespace,
    connection,
    bridges,
    work,
    signal,
    get open() {
      if (whole.closing !== undefined) throw hostClosed();
      return namespace.thread;
    },
    get state(): HostState {
      const state = whole.closed ? "closed" : whole.closing === undefined ? "open" : "closing";
      const open = openDescriptors(namespace.thread.handle);
      return { namespace: reference, state, underWay: work.underWay, open };
    },
    do: run,
    change: (piece, own, alone) =>
      run(
        () => {
          bridges.forget();
          return piece();
        },
        own,
        alone,
      ),
    ask: (piece) => work.ask(() => explained(piece())),
    async begin(piece) {
      signal?.throwIfAborted();
      return await piece();
    },
    withSignal: <O extends Cancellation>(options: O | undefined) =>
      signal === undefined ? options : ({ ...options, signal: options?.signal ?? signal } as O),
    changedSilently(link) {
      for (const tell of namespace.silent) tell(link);
    },
    until(other) {
      if (other?.aborted !== true) checkSignal(other);
      return sessionOf(whole, eitherOf(other, signal), ways);
    },
    by: (other) => sessionOf(whole, signal, waysBy(namespace.thread, other)),
    close: (own = signal) => (own === undefined ? close(whole) : closeUntil(whole, own)),
  };
}

/** A session over a thread that lives in the namespace. */
export function sessionOver(thread: Thread, reference: NamespaceReference): Session {
  const connection = connect(thread.socket, messageTypes, isBrief);
  thread.letAhead(connection.flush);
  const ways = waysBy(thread, connection);
  return sessionOf({ ...ways, work: operations(), reference, closing: undefined, closed: false }, undefined);
}
