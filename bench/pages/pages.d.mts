import { type Result } from "../result.mjs";

/**
 * What README.md, docs/benchmark.md and bench/charts must hold for a result: the two texts as they are, with what is between
 * their markers replaced, and the charts as SVG. Rejects for a text without markers.
 */
export function pagesOf(
  result: Result,
  texts: { readme: string; benchmark: string },
): Promise<{ readme: string; benchmark: string; charts: { name: string; svg: string }[] }>;
