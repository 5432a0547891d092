import type { Row } from "../result.js";
import { type ComparedRow, compareRows } from "./comparison.js";
import { changeOfMedian, ratios } from "./statistics.js";

export interface Findings {
  /** Rows that became slower in every try. */
  slower?: ComparedRow[];
  /** What failed. */
  broken?: string | undefined;
}

/** The rows, or why there are none. */
export type Measured = { rows: Row[]; broken?: undefined } | { rows?: undefined; broken: string };

export type Say = (text: string) => void;

const TRIES = 3;

/**
 * What one process may be worse than another without any change of the code: its code is compiled while it runs, and lies
 * elsewhere in memory.
 */
const MARGIN = 1.25;

/** Whether the rounds leave the ratio to the floor open by more than that: its 99 % interval is wider. */
export function isNoisy({ samples }: Row): boolean {
  const { low, high } = changeOfMedian([1], ratios(samples.linkwright ?? [], samples.floor ?? []));
  return high > low * MARGIN;
}

/** What was measured, beside the reference in which linkwright is furthest from the floor: slower than that is slower than all. */
function compareWithEach(references: readonly (readonly Row[])[], rows: readonly Row[]): ComparedRow[] {
  const all = references.flatMap((reference) => compareRows(reference, rows, MARGIN));
  return rows.flatMap(({ id }) =>
    all
      .filter((row) => row.id === id)
      .sort((a, b) => a.change - b.change)
      .slice(0, 1),
  );
}

/** Measures up to three times: a row became slower when it is slower than every reference in each. */
export async function judge(
  references: readonly (readonly Row[])[],
  measure: () => Promise<Measured>,
  say: Say,
): Promise<Findings> {
  let suspects: ComparedRow[] | undefined;
  for (let i = 1; i <= TRIES; i++) {
    const measured = await measure();
    if (measured.rows === undefined) return { broken: measured.broken };
    const noisy = measured.rows.filter(isNoisy).map(({ id }) => id);
    if (noisy.length > 0) say(`try ${i}: the rounds contradict each other about ${noisy.join(", ")}`);
    const compared = compareWithEach(references, measured.rows);
    say(`try ${i}, times the floor (in the reference): ${compared.map(describe).join(", ")}`);
    const before = suspects;
    suspects = compared.filter(
      ({ id, verdict }) => verdict === "slower" && (before?.some((suspect) => suspect.id === id) ?? true),
    );
    if (suspects.length === 0) break;
  }
  return { slower: suspects ?? [] };
}

const describe = ({ id, before, after }: ComparedRow): string => `${id} ${after.toFixed(2)} (${before.toFixed(2)})`;
