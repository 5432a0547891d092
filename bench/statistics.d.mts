/** The value below which a part of the samples lies; between two samples, in proportion. */
export function quantile(samples: readonly number[], part: number): number;

export function median(samples: readonly number[]): number;

/** Lower quartile, median, upper quartile. */
export function quartiles(samples: readonly number[]): [number, number, number];

/** Round by round, one against the other: what a slow moment does to both cancels. As many as both have. */
export function ratios(samples: readonly number[], others: readonly number[]): number[];

/**
 * How the median changed from one list of samples to another, as a ratio, and between which ratios it lies with this
 * confidence (0.99): by bootstrap, that is by drawing from both lists again and again (2000 times) as many samples as they
 * have.
 */
export function changeOfMedian(
  before: readonly number[],
  after: readonly number[],
  options?: { confidence?: number; draws?: number },
): { change: number; low: number; high: number };
