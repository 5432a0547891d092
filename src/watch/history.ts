import { checkKnown } from "../base/input.js";
import { InputError, quoted } from "../base/errors.js";
import { type Cancellation, checkSignal, onAbort, unlessAborted } from "../base/signal.js";
import type { Namespace } from "../host/work/namespace.js";
import type { Pending } from "../netlink/pending.js";
import type { WatchEvent } from "./events.js";
import { type Feed, openFeed } from "./feed.js";
import type { Subject } from "./subject.js";
import { allSubjects } from "./subjects.js";

/** A request that this host made, and what came of it. */
export interface RequestRecord {
  readonly subject: "request";
  readonly time: number;
  /** The message's name, such as "RTM_NEWLINK". */
  readonly name: string;
  /** What it was about, such as a link's name. */
  readonly about: string | undefined;
  /** An errno's name; undefined when it was done. */
  readonly code: string | undefined;
}

/** An event, or a request that this host made, with its time. */
export type HistoryRecord = WatchEvent | RequestRecord;

/** How much a history keeps. */
export interface HistoryOptions extends Cancellation {
  /** What is kept in mind, everything but neighbours and the FDB unless given. */
  readonly groups?: readonly Subject[] | undefined;
  /** How many records, 10000 unless given. */
  readonly most?: number | undefined;
  /** How many bytes they may take, about, 16 MiB unless given: what is older than that is forgotten. */
  readonly bytes?: number | undefined;
}

/** What happened lately: events and this host's own requests, in their order. */
export interface History {
  /** The records, the oldest first; those since a time (milliseconds since 1970) if given. */
  records(since?: number): HistoryRecord[];
  /** Ends it; what it has kept is gone. */
  close(): Promise<void>;
  /** As close. */
  [Symbol.asyncDispose](): Promise<void>;
}

const MOST = 10_000;
const MOST_BYTES = 16 << 20;
/** What a record, and each value in it, takes in V8's heap, about. */
const RECORD_SIZE = 160;
const VALUE_SIZE = 24;

/** About how many bytes a value takes, with all that is in it. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return VALUE_SIZE + value.length;
  if (typeof value !== "object" || value === null) return VALUE_SIZE;
  if (value instanceof Uint8Array) return 4 * VALUE_SIZE + value.length;
  let size = 2 * VALUE_SIZE;
  for (const each of Object.values(value)) size += sizeOf(each);
  return size;
}

/** What a record adds: how something was before is, as a rule, how it was after in a record before. */
function sizeOfRecord(record: HistoryRecord): number {
  if (record.subject === "request" || record.subject === "overrun") return RECORD_SIZE;
  return RECORD_SIZE + sizeOf(record.after ?? record.before) + sizeOf(record.properties);
}

/** Requests that change nothing have every fourth number (RTM_GET*, linux/rtnetlink.h). */
const isAsking = (type: number): boolean => type % 4 === 2;

/**
 * Keeps the last events and requests in mind, from now on, within bounds. The signal ends that at any time, and leaves what is kept
 * by then; before it has begun, the promise rejects with the signal's reason.
 */
export async function history(namespace: Namespace, options: HistoryOptions = {}): Promise<History> {
  checkKnown(options, ["groups", "most", "bytes", "signal"], "a history's options");
  checkSignal(options.signal);
  return await unlessAborted(options.signal, open(namespace, options), (late) => void late.close());
}

async function open(namespace: Namespace, options: HistoryOptions): Promise<History> {
  const {
    most = MOST,
    bytes = MOST_BYTES,
    groups = allSubjects.filter((each) => each !== "neighbour" && each !== "fdb"),
  } = options;
  if (!Number.isInteger(most) || most < 1 || most > 1_000_000)
    throw new InputError(`${quoted(most)} is not a number of records from 1 to 1000000`, "most");
  if (!Number.isInteger(bytes) || bytes < 1024)
    throw new InputError(`${quoted(bytes)} is not a number of bytes from 1024 on`, "bytes");
  let kept: { readonly record: HistoryRecord; readonly size: number }[] = [];
  let first = 0;
  let total = 0;

  function keep(record: HistoryRecord): void {
    const size = sizeOfRecord(record);
    kept.push({ record, size });
    total += size;
    while (kept.length - first > most || total > bytes) total -= kept[first++]!.size;
    if (2 * first <= kept.length) return;
    kept = kept.slice(first);
    first = 0;
  }

  const observe = ({ messageType, about, error }: Pending): void => {
    if (isAsking(messageType.type)) return;
    const code = (error as { code?: string } | undefined)?.code;
    keep({ subject: "request", time: Date.now(), name: messageType.name, about: about.subject, code });
  };
  const { observers } = namespace.connection;
  let forget: () => void = () => undefined;
  const feed: Feed = await openFeed(namespace, {
    watched: groups,
    lenient: options.groups === undefined,
    tell: keep,
    ended() {
      observers.delete(observe);
      forget();
    },
  });
  observers.add(observe);
  forget = onAbort(options.signal, () => void feed.close());

  return {
    records(since = 0) {
      const all = kept.slice(first).map(({ record }) => record);
      return all.filter(({ time }) => time >= since);
    },
    close: () => feed.close(),
    [Symbol.asyncDispose]: () => feed.close(),
  };
}
