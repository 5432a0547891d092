import type { Row } from "../result.js";
import { type ComparedRow, compareRows } from "./comparison.js";

export interface Findings {
  /** Rows that became slower in every try. */
  slower?: ComparedRow[];
  /** What failed. */
  broken?: string | undefined;
  /** Whether others keep the machine too busy to tell. */
  busy?: boolean | undefined;
}

/** The rows, or why there are none. */
export type Measured =
  { rows: Row[]; broken?: undefined } | { rows?: undefined; broken?: string | undefined; busy?: boolean };

export type Say = (text: string) => void;

const TRIES = 3;

/**
 * What one process may be worse than another without any change of the code: its code is compiled while it runs, and lies
 * elsewhere in memory.
 */
const MARGIN = 1.25;

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
    if (measured.rows === undefined) return { broken: measured.broken, busy: measured.busy };
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
