import type { Result, Row } from "../../../bench/result.js";

/** A row with these samples. */
export const row = (id: string, samples: Row["samples"], more: Partial<Row> = {}): Row => ({
  section: id.split(".")[0]!,
  id,
  title: id,
  unit: "ms",
  better: "less",
  samples,
  ...more,
});

/** A result with these rows and nothing else. */
export const resultOf = (...rows: Row[]): Result => ({
  format: 1,
  date: "2026-01-02T03:04:05.000Z",
  machine: { processors: 2, model: "Made-up 9000", memory: 1, kernel: "6.18.0" },
  quick: false,
  versions: {},
  contenders: {},
  missing: [],
  rows,
  latencies: [],
  verdicts: [],
});

/** Samples that lie around a value as those of a real run do: evenly, and at most so much of it away. */
export const around = (value: number, rounds = 9, spread = 0.05): number[] =>
  Array.from({ length: rounds }, (_, i) => value * (1 + spread * (((i * 5) % rounds) / (rounds - 1) - 0.5) * 2));
