import { channel } from "node:diagnostics_channel";
import type { EntryChange } from "./kept-tables.js";
import type { Subject } from "./subject.js";

/**
 * How a change came to be known: "told" by the kernel; "resynchronised", by reading everything anew after messages were lost;
 * "reread", by reading again what the kernel does not tell of.
 */
export type Origin = "told" | "resynchronised" | "reread";

interface Circumstances {
  readonly origin: Origin;
  /** This host asked for it; undefined where the kernel does not tell who did. */
  readonly byThisHost: boolean | undefined;
  /** The id that the watching namespace has for the one that it happened in; undefined for its own. */
  readonly namespace: number | undefined;
  /** Milliseconds since 1970 when it was read. */
  readonly time: number;
}

/** A change of something that is watched. */
export type Change<S extends Subject = Subject> = { readonly [N in S]: EntryChange<N> & Circumstances }[S];

/** The kernel lost messages for want of room. What they were about follows as changes that are "resynchronised". */
export interface Overrun {
  readonly subject: "overrun";
  /** How many, as the kernel counts them; undefined where it does not say. */
  readonly lost: number | undefined;
  readonly time: number;
}

/** What a watch gives: a change of something, messages that were lost, or that all was read anew. */
export type WatchEvent<S extends Subject = Subject> = Change<S> | Overrun;

/** The channel of node:diagnostics_channel that every event of every watch and mirror is told on. */
export const eventChannel = channel("linkwright:event");
