/** The value below which a part of the samples lies; between two samples, in proportion. */
export function quantile(samples: readonly number[], part: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const place = (sorted.length - 1) * part;
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  const [low, high] = [sorted[below] ?? NaN, sorted[above] ?? NaN];
  return low + (high - low) * (place - below);
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);

/** Lower quartile, median, upper quartile. */
export const quartiles = (samples: readonly number[]): [number, number, number] => [
  quantile(samples, 0.25),
  quantile(samples, 0.5),
  quantile(samples, 0.75),
];

/** Round by round, one against the other: what a slow moment does to both cancels. As many as both have. */
export function ratios(samples: readonly number[], others: readonly number[]): number[] {
  return Array.from({ length: Math.min(samples.length, others.length) }, (_, i) => samples[i]! / others[i]!);
}

/**
 * How the median changed from one list of samples to another, as a ratio, and between which ratios it lies with this
 * confidence (0.99): by bootstrap, that is by drawing from both lists again and again (2000 times) as many samples as they
 * have.
 */
export function changeOfMedian(
  before: readonly number[],
  after: readonly number[],
  { confidence = 0.99, draws = 2000 }: { confidence?: number; draws?: number } = {},
): { change: number; low: number; high: number } {
  const random = generator(before.length * 7919 + after.length);
  const drawn = Array.from({ length: draws }, () => median(redraw(after, random)) / median(redraw(before, random)));
  return {
    change: median(after) / median(before),
    low: quantile(drawn, (1 - confidence) / 2),
    high: quantile(drawn, (1 + confidence) / 2),
  };
}

const redraw = (samples: readonly number[], random: () => number): number[] =>
  samples.map(() => samples[Math.floor(random() * samples.length)]!);

/** Numbers from 0 to below 1, the same ones every time (mulberry32), so that a comparison can be repeated. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
