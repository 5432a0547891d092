export function quantile(samples, part) {
  const sorted = [...samples].sort((a, b) => a - b);
  const place = (sorted.length - 1) * part;
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
}

export const median = (samples) => quantile(samples, 0.5);

export const quartiles = (samples) => [0.25, 0.5, 0.75].map((part) => quantile(samples, part));

export function ratios(samples, others) {
  return Array.from({ length: Math.min(samples.length, others.length) }, (_, i) => samples[i] / others[i]);
}

export function changeOfMedian(before, after, { confidence = 0.99, draws = 2000 } = {}) {
  const random = generator(before.length * 7919 + after.length);
  const drawn = Array.from({ length: draws }, () => median(redraw(after, random)) / median(redraw(before, random)));
  const [low, high] = [(1 - confidence) / 2, (1 + confidence) / 2].map((part) => quantile(drawn, part));
  return { change: median(after) / median(before), low, high };
}

const redraw = (samples, random) => samples.map(() => samples[Math.floor(random() * samples.length)]);

/** Numbers from 0 to below 1, the same ones every time (mulberry32), so that a comparison can be repeated. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
