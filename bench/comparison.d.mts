import type { Result, Row } from "./result.mjs";

export interface ComparedRow {
  id: string;
  title: string;
  unit: Row["unit"];
  /** Whether the numbers are ratios to the floor of the same round; else they are in the row's unit. */
  relative: boolean;
  /** Medians. */
  before: number;
  after: number;
  /** after / before, and the ratios between which it lies. */
  change: number;
  low: number;
  high: number;
  verdict: "slower" | "quicker" | "same" | "too few rounds";
}

/**
 * What changed of linkwright from one result to another. `missing` and `added` are the ids of rows that only one has; `unlike`
 * is in what the runs differ beside the code: their options, the machine, its kernel, Node. The margin is 1.05.
 */
export function compareResults(
  old: Result,
  current: Result,
): { rows: ComparedRow[]; missing: string[]; added: string[]; unlike: string[] };

/**
 * The rows that both have: by linkwright's ratio to the floor of the same round where both have the floor, by its samples
 * elsewhere. A row is slower (or quicker) when both hold:
 *
 * - the whole 99 % interval of the change of the median lies above (or below) 1, by bootstrap over the rounds of both results;
 * - the median changed by more than `margin`, for what differs from one run to the next, such as where the kernel's
 *   memory lies, is not in the spread of either.
 *
 * With fewer than five rounds on either side nothing is said.
 */
export function compareRows(old: readonly Row[], current: readonly Row[], margin: number): ComparedRow[];

/** The contender that a row is about, and the one that the others are divided by. */
export function oursOf(row: Row): string;
export function floorOf(row: Row): string;

/** Whether a contender of a row is one that linkwright is to be ahead of. */
export function isPeer(row: Row, name: string): boolean;
