import type { Result, Row } from "../result.js";
import { changeOfMedian, median, ratios } from "./statistics.js";

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

/** What changed of linkwright from one result to another. */
export interface Comparison {
  rows: ComparedRow[];
  /** Ids of rows that only the old one has, and only the new one. */
  missing: string[];
  added: string[];
  /** In what the runs differ beside the code: their options, the machine, its kernel, Node. */
  unlike: string[];
}

const FEWEST = 5;
const MARGIN = 1.05;

/** Compares two results; the margin is 1.05. */
export function compareResults(old: Result, current: Result): Comparison {
  const idsOf = ({ rows }: Result): string[] => rows.map(({ id }) => id);
  return {
    rows: compareRows(old.rows, current.rows, MARGIN),
    missing: idsOf(old).filter((id) => !idsOf(current).includes(id)),
    added: idsOf(current).filter((id) => !idsOf(old).includes(id)),
    unlike: unlike(old, current),
  };
}

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
export function compareRows(old: readonly Row[], current: readonly Row[], margin: number): ComparedRow[] {
  const before = new Map(old.map((row) => [row.id, row]));
  return current
    .filter(({ id }) => before.has(id))
    .map((row) => compareRow(before.get(row.id)!, row, margin))
    .filter((row) => row !== undefined);
}

/** In what the runs differ, beside the code. */
function unlike(old: Result, current: Result): string[] {
  const kinds: Record<string, (result: Result) => unknown> = {
    options: ({ quick, limits = {} }) => [quick, limits.most, limits.rounds],
    machine: ({ machine: { processors, model } }) => [processors, model],
    kernel: ({ machine }) => machine.kernel,
    Node: ({ versions }) => versions.node,
  };
  const differs = (of: (result: Result) => unknown): boolean => JSON.stringify(of(old)) !== JSON.stringify(of(current));
  return Object.entries(kinds)
    .filter(([, of]) => differs(of))
    .map(([name]) => name);
}

/** Undefined for a row in which linkwright took no part. */
function compareRow(old: Row, current: Row, margin: number): ComparedRow | undefined {
  const both = [old, current];
  if (both.some((row) => ownSamples(row).length === 0)) return undefined;
  const floor = commonFloor(current, old) ?? commonFloor(old, current);
  const numbersOf = (row: Row): number[] =>
    floor === undefined ? ownSamples(row) : ratios(ownSamples(row), row.samples[floor]!);
  const [before, after] = [numbersOf(old), numbersOf(current)];
  const { change, low, high } = changeOfMedian(before, after);
  return {
    id: current.id,
    title: current.title,
    unit: current.unit,
    relative: floor !== undefined,
    before: median(before),
    after: median(after),
    change,
    low,
    high,
    verdict: Math.min(before.length, after.length) < FEWEST ? "too few rounds" : verdictOf(change, low, high, margin),
  };
}

/** The floor of one row, if the other has it too. */
function commonFloor(row: Row, other: Row): string | undefined {
  const floor = floorOf(row);
  return [row, other].every(({ samples }) => (samples[floor]?.length ?? 0) > 0) ? floor : undefined;
}

function verdictOf(change: number, low: number, high: number, margin: number): ComparedRow["verdict"] {
  if (change > margin && low > 1) return "slower";
  if (change < 1 / margin && high < 1) return "quicker";
  return "same";
}

/** The contender that a row is about, and the one that the others are divided by. */
export const oursOf = (row: Pick<Row, "ours">): string => row.ours ?? "linkwright";
export const floorOf = (row: Pick<Row, "floor">): string => row.floor ?? "floor";
/** Linkwright once more, with its requests executed in another way than unless it is said. */
export const isAnotherWay = (name: string): boolean => ANOTHER_WAY.test(name);
const ANOTHER_WAY = /^linkwright-(?:never|always)$/;
/** Whether a contender of a row is one that linkwright is to be ahead of. */
export const isPeer = (row: Row, name: string): boolean =>
  name !== oursOf(row) && name !== floorOf(row) && !isAnotherWay(name) && !(row.aside ?? []).includes(name);
const ownSamples = (row: Row): number[] => row.samples[oursOf(row)] ?? [];
