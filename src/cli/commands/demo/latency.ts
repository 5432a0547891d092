/** The value below which a share of the samples lies (nearest rank). */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

/** Upper bounds of the histogram's bars: two to a doubling, in milliseconds. */
function bounds(least: number, most: number): number[] {
  const found: number[] = [];
  for (let step = Math.floor(2 * Math.log2(least)); ; step++) {
    const bound = 2 ** (step / 2);
    if (bound > least) found.push(bound);
    if (bound > most) return found;
  }
}

/** Bars of blocks for how many samples lie between two bounds. */
export function histogram(samples: readonly number[], width = 40): string {
  const edges = bounds(Math.min(...samples), Math.max(...samples));
  const counts = edges.map(
    (edge, i) => samples.filter((sample) => sample < edge && (i === 0 || sample >= edges[i - 1]!)).length,
  );
  const most = Math.max(...counts);
  return counts
    .map((count, i) => {
      const bar = "█".repeat(count === 0 ? 0 : Math.max(1, Math.round((count / most) * width)));
      return (
        `  below ${String(Math.round(edges[i]! * 1000)).padStart(5)} µs  ${String(count).padStart(4)}  ${bar}`.trimEnd() +
        "\n"
      );
    })
    .join("");
}
