import type { Row, Verdict } from "./result.mjs";

/** Checks rows against what the benchmark must show; a limit for which nothing was measured is left out. */
export function verdictsOf(rows: readonly Row[]): Verdict[];
