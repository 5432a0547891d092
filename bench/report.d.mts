import type { compareResults } from "./comparison.mjs";
import type { Result } from "./result.mjs";

/** All that a result says, as text for a terminal. */
export function report(result: Result): string;

/** What changed since an older result, as text. */
export function comparisonReport(comparison: ReturnType<typeof compareResults>): string;
