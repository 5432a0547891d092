export interface Options {
  quick: boolean;
  help: boolean;
  /** Sections; undefined for all. */
  only?: string[];
  /** Peers beside the floor and linkwright; undefined for all. */
  peers?: string[];
  /** A file, or "none". */
  output?: string;
  /** The result to compare with, and the one to be compared when nothing is to be measured. */
  compare?: string;
  current?: string;
  /** Limits, to try the benchmark out. */
  most?: number;
  rounds?: number;
}

/** Words that are no options of the benchmark; the message says what is wrong. */
export class UsageError extends Error {}

export const USAGE: string;

/** Makes the folder of the file in which a result is to be written; throws a UsageError when it cannot be. */
export function checkOutput(path: string | undefined): void;

/** Reads the command line. Throws a UsageError. */
export function readOptions(
  words: readonly string[],
  names: { sections: readonly string[]; peers: readonly string[] },
): Promise<Options>;
