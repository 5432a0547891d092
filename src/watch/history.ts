import { checkKnown } from "../base/input.js";
import { InputError, quoted } from "../base/errors.js";
import type { Namespace } from "../host/work/namespace.js";
import type { Pending } from "../netlink/pending.js";
import type { WatchEvent } from "./events.js";
import { type Feed, openFeed } from "./feed.js";
import { allSubjects, type Subject } from "./subjects.js";

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

export type HistoryRecord = WatchEvent | RequestRecord;

export interface HistoryOptions {
  /** What is kept in mind, everything but neighbours and the FDB unless given. */
  readonly groups?: readonly Subject[] | undefined;
  /** How many records, 10000 unless given. */
  readonly most?: number | undefined;
}

/** What happened lately: events and this host's own requests, in their order. */
export interface History {
  /** The records, the oldest first; those since a time (milliseconds since 1970) if given. */
  records(since?: number): HistoryRecord[];
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const MOST = 10_000;
/** Requests that change nothing have every fourth number (RTM_GET*, linux/rtnetlink.h). */
const isAsking = (type: number): boolean => type % 4 === 2;

/** Keeps the last events and requests in a ring, from now on. */
export async function history(namespace: Namespace, options: HistoryOptions = {}): Promise<History> {
  checkKnown(options, ["groups", "most"], "a history's options");
  const { most = MOST, groups = allSubjects.filter((each) => each !== "neighbour" && each !== "fdb") } = options;
  if (!Number.isInteger(most) || most < 1 || most > 1_000_000)
    throw new InputError(`${quoted(most)} is not a number of records from 1 to 1000000`, "most");
  const ring: HistoryRecord[] = [];
  let next = 0;

  function keep(record: HistoryRecord): void {
    ring[next] = record;
    next = (next + 1) % most;
  }

  const observe = ({ messageType, about, error }: Pending): void => {
    if (isAsking(messageType.type)) return;
    const code = (error as { code?: string } | undefined)?.code;
    keep({ subject: "request", time: Date.now(), name: messageType.name, about: about.subject, code });
  };
  const { observers } = namespace.connection;
  const feed: Feed = await openFeed(namespace, {
    watched: groups,
    lenient: options.groups === undefined,
    tell: keep,
    ended: () => observers.delete(observe),
  });
  observers.add(observe);

  return {
    records(since = 0) {
      const all = ring.length < most ? ring : [...ring.slice(next), ...ring.slice(0, next)];
      return all.filter(({ time }) => time >= since);
    },
    close: () => feed.close(),
    [Symbol.asyncDispose]: () => feed.close(),
  };
}
