import { InputError, quoted } from "../base/errors.js";
import { checkKnown, checkList } from "../base/input.js";
import { type Cancellation, checkSignal, onAbort } from "../base/signal.js";
import type { Namespace } from "../host/work/namespace.js";
import { kernelKind, type LinkKind, type OtherKind } from "../rtnetlink/link/link-kind.js";
import { indexIfGiven, type LinkReference } from "../rtnetlink/link/link-requests.js";
import { type Feed, openFeed } from "./feed.js";
import type { WatchEvent } from "./events.js";
import type { Subject } from "./subject.js";
import { allSubjects } from "./subjects.js";

/** Which events a watch gives, and when it ends. */
export interface WatchOptions extends Cancellation {
  /** Only what is on this link, which the kernel filters by. */
  readonly link?: LinkReference | undefined;
  /** Only links of this kind, which the kernel filters by; nothing but links is watched then. */
  readonly kind?: LinkKind | OtherKind | undefined;
  /**
   * Bytes of the socket's buffer, of which the kernel takes twice as many; 16 MiB unless given, which hold some 14,000 messages about
   * links, or what the system allows who has no CAP_NET_ADMIN.
   */
  readonly receiveBuffer?: number | undefined;
  /** Links and addresses of other namespaces that have an id here, too, from when they are told of first. */
  readonly allNamespaces?: boolean | undefined;
}

/** Events as they happen. Who stops reading loses none of what they were about: it is told as differences later. */
export interface Watch<S extends Subject = Subject> extends AsyncIterableIterator<WatchEvent<S>> {
  /** Resolves when nothing that happens from then on is missed. */
  readonly ready: Promise<void>;
  /** The next event; `done` once the watch has ended. */
  next(): Promise<IteratorResult<WatchEvent<S>, undefined>>;
  /** Ends it; a read that waits is over. */
  return(): Promise<IteratorReturnResult<undefined>>;
  /** As close. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Room costs nothing until it is used: a storm waits there, instead of being lost. */
const RECEIVE_BUFFER = 16 << 20;
/** How many events wait to be read at most, beside those of one reading of the socket. */
const ROOM = 512;

/** Throws InputError for what cannot be watched. */
function checkSubjects(watched: readonly unknown[], name: string): void {
  checkList(watched, name);
  const stray = watched.find((each) => !allSubjects.includes(each as Subject));
  if (stray !== undefined) throw new InputError(`${quoted(stray)} is none of ${allSubjects.join(", ")}`, name);
  if (watched.length === 0) throw new InputError("nothing is named that is to be watched", name);
}

function checkWatch(watched: readonly Subject[], options: WatchOptions): void {
  checkSubjects(watched, "groups");
  checkKnown(options, ["signal", "link", "kind", "receiveBuffer", "allNamespaces"], "a watch's options");
  const { receiveBuffer: size, kind, link } = options;
  if (kind !== undefined) kernelKind(kind);
  if (kind !== undefined && link !== undefined)
    throw new InputError("a link, or links of a kind, but not both", "kind");
  const other = kind === undefined ? undefined : watched.find((subject) => subject !== "link");
  if (other !== undefined) throw new InputError(`links are of a kind; ${other} is watched, too`, "kind");
  if (size !== undefined && (!Number.isInteger(size) || size < 1 || size > 0x3fffffff))
    throw new InputError(`${quoted(size)} is not a number of bytes from 1 to 1073741823`, "receiveBuffer");
}

/**
 * Watches what is named, all unless something is: each event says what was created, changed or removed, how it was before and
 * is after, and which properties differ. It starts at once. At most some hundred events are held; who reads slower leaves them in the
 * socket, and when that is full, one `overrun` says how many messages the kernel has lost, and what they were about follows as differences that
 * are "resynchronised". Ends with the signal's reason, or with the host.
 */
export function watch<S extends Subject = Subject>(
  namespace: Namespace,
  groups?: readonly S[],
  options: WatchOptions = {},
): Watch<S> {
  const watched: readonly Subject[] = groups ?? (options.kind === undefined ? allSubjects : ["link"]);
  checkWatch(watched, options);
  const { signal, link, kind, receiveBuffer = RECEIVE_BUFFER, allNamespaces } = options;
  checkSignal(signal);
  let queue: WatchEvent[] = [];
  let taken = 0;
  let reader:
    | { resolve: (result: IteratorResult<WatchEvent<S>, undefined>) => void; reject: (error: unknown) => void }
    | undefined;
  let over = false;
  let failure: { readonly reason: Error } | undefined;
  let feed: Feed | undefined;

  function tell(event: WatchEvent): void {
    if (over) return;
    if (reader === undefined) {
      queue.push(event);
      return;
    }
    const { resolve } = reader;
    reader = undefined;
    resolve({ done: false, value: event as WatchEvent<S> });
  }

  function finish(reason: unknown): void {
    if (over) return;
    over = true;
    forget();
    if (reason !== undefined) failure = { reason: reason as Error };
    if (reader !== undefined) {
      const { resolve, reject } = reader;
      reader = undefined;
      if (failure === undefined) resolve({ done: true, value: undefined });
      else reject(failure.reason);
      failure = undefined;
    }
  }

  const forget = onAbort(signal, (reason) => {
    queue = [];
    finish(reason);
    void feed?.close();
  });

  async function open(): Promise<void> {
    const index = await indexIfGiven(namespace.connection, link);
    const opened = await openFeed(namespace, {
      watched,
      link: index,
      kind: kind && kernelKind(kind),
      lenient: groups === undefined,
      receiveBuffer,
      allNamespaces,
      tell,
      hasRoom: () => queue.length - taken < ROOM,
      ended: finish,
    });
    feed = opened;
    if (over) await opened.close();
  }

  const ready = open();
  ready.catch(finish);

  const iterator: Watch<S> = {
    ready,

    next() {
      if (taken < queue.length) {
        const value = queue[taken++]! as WatchEvent<S>;
        if (taken === queue.length) {
          queue = [];
          taken = 0;
          feed?.resume();
        }
        return Promise.resolve({ done: false, value });
      }
      if (failure !== undefined) {
        const { reason } = failure;
        failure = undefined;
        return Promise.reject(reason);
      }
      if (over) return Promise.resolve({ done: true, value: undefined });
      if (reader !== undefined) return Promise.reject(new InputError("an event is being waited for already"));
      return new Promise((resolve, reject) => {
        reader = { resolve, reject };
        feed?.resume();
      });
    },

    async return() {
      finish(undefined);
      queue = [];
      taken = 0;
      await feed?.close();
      return { done: true, value: undefined };
    },

    [Symbol.asyncIterator]: () => iterator,

    async [Symbol.asyncDispose]() {
      await iterator.return();
    },
  };
  return iterator;
}
