import type { ComparedRow } from "./comparison.mjs";
import type { Row } from "./result.mjs";

export interface Findings {
  /** Rows that became slower in every try. */
  slower?: ComparedRow[];
  /** What failed. */
  broken?: string | undefined;
  /** Whether others keep the machine too busy to tell. */
  busy?: boolean | undefined;
}

/** Measures up to three times: a row became slower when it is slower than every reference in each. */
export function judge(
  references: readonly (readonly Row[])[],
  measure: () => Promise<{ rows?: Row[]; broken?: string; busy?: boolean }>,
  say: (text: string) => void,
): Promise<Findings>;
