import type { Peer } from "./peers.js";

/** Why there is no time for a command or a way to attach, by its name. */
export type Lacks = Record<string, string | undefined>;

/** Somebody who may be tried. */
export interface Tried extends Peer {
  /** Milliseconds that a command may take. */
  readonly limit?: number;
}

/** What a contender is, by which the benchmark chooses how often and how it is measured. */
export interface Marks {
  /** The floor and linkwright take part in more rounds than the others. */
  readonly own: boolean;
  /** It starts a process for each operation. */
  readonly processes: boolean;
  /** Its code is compiled while it runs. */
  readonly compiledLater: boolean;
  /** It is linkwright once more, with its requests executed in another way (Host.open's `thread`). */
  readonly anotherWay: boolean;
}

/** Somebody who takes part: whatever it lacks has been found out. */
export type Participant = Tried & Marks & { readonly lacks: Lacks };
