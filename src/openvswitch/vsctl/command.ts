import type { Draft, DraftRow } from "./draft.js";
import type { TextTable } from "../text/table-text.js";

/** One command of a call. */
export interface Call {
  readonly draft: Draft;
  readonly words: readonly string[];
  readonly options: ReadonlyMap<string, string | undefined>;
  /** The command as it was typed. */
  readonly typed: string;
  /** Says something on standard error. */
  warn(message: string): void;
}

/** What a command prints: text, a table, or the UUID that a row gets. */
export type Printed = string | TextTable | { readonly created: DraftRow } | void;

export interface Command {
  readonly least: number;
  readonly most: number;
  /** Its options: "--if-exists", "--id=" with a value. */
  readonly options: readonly string[];
  readonly run: (call: Call) => Printed;
}

/** A command that takes at least and at most so many words. */
export function command(least: number, most: number, options: readonly string[], run: Command["run"]): Command {
  return { least, most, options, run };
}
