/** The value below which a part of the samples lies. */
export function quantile(samples, part) {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

export const median = (samples) => quantile(samples, 0.5);

/** "median (lower quartile to upper quartile)". */
export function spread(samples, digits = 1) {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((part) => quantile(samples, part).toFixed(digits));
  return `${middle} (${low}–${high})`;
}

/** Run by run, one against the other; runs are only alike when they are neighbours. */
export const ratios = (samples, floor) => samples.map((sample, i) => sample / floor[i]);

/** Rows of text in aligned columns, the first to the left and the others to the right. */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  ");
  return rows.map(line).join("\n");
}
