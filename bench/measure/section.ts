import type { Participant } from "../contenders/participant.js";
import type { Contender } from "../result.js";
import type { Attempt } from "./arena.js";
import type { Recorder } from "./recorder.js";

/** What a section is given. */
export interface Bench {
  readonly quick: boolean;
  /** At most so many TAPs. */
  readonly most: number;
  readonly contenders: readonly Participant[];
  readonly record: Recorder;
  /** How many rounds of those that were planned. */
  rounds(planned: number): number;
  /** Tells how far the section is, from 0 to 1, and with what. */
  progress(part: number, text: string): void;
  /** Names somebody who takes part in this section only. */
  describe(name: string, contender: Contender): void;
  /**
   * Does something with a contender, or with its process. One that fails is out, and the rows say why: all of the section,
   * or those that are named.
   */
  readonly attempt: Attempt;
}

/** A part of the benchmark. */
export interface Section {
  /** Measures; resolves with the reason why it did not, if so. */
  run(bench: Bench): Promise<string | undefined> | string | undefined;
}
