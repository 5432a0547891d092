import fc from "fast-check";
import { expect, test } from "vitest";
import { changeOfMedian, median, quantile, quartiles, ratios } from "../../../bench/judge/statistics.js";
import { around } from "./rows.js";

const samples = fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 40 });

test("quantiles lie between samples in proportion, whatever their order", () => {
  expect(quartiles([4, 1, 3, 2, 5])).toEqual([2, 3, 4]);
  expect(median([1, 2])).toBe(1.5);
  expect(quantile([10, 20], 0.95)).toBeCloseTo(19.5);
  expect(quantile([7], 0.99)).toBe(7);
  expect(quantile([1, 2, 3], 1)).toBe(3);
});

test("no quantile lies outside the samples, and a higher one is not lower", () => {
  fc.assert(
    fc.property(
      samples,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (list, a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map((part) => quantile(list, part)) as [number, number];
        const slack = 1e-9 * Math.max(...list);
        expect(low).toBeGreaterThanOrEqual(Math.min(...list) - slack);
        expect(high).toBeLessThanOrEqual(Math.max(...list) + slack);
        expect(high).toBeGreaterThanOrEqual(low - slack);
      },
    ),
  );
});

test("ratios are those of the rounds that both have", () => {
  expect(ratios([2, 9, 5], [1, 3])).toEqual([2, 3]);
  expect(ratios([], [1])).toEqual([]);
});

test("a change of the median lies in its interval, which widens with the noise and is the same every time", () => {
  const calm = changeOfMedian(around(100), around(120));
  const noisy = changeOfMedian(around(100, 9, 0.3), around(120, 9, 0.3));
  expect(calm.change).toBeCloseTo(1.2);
  for (const { change, low, high } of [calm, noisy]) {
    expect(low).toBeLessThanOrEqual(change);
    expect(high).toBeGreaterThanOrEqual(change);
  }
  expect(calm.low).toBeGreaterThan(1.05);
  expect(noisy.low).toBeLessThan(1);
  expect(noisy.high - noisy.low).toBeGreaterThan(2 * (calm.high - calm.low));
  expect(changeOfMedian(around(100), around(120))).toEqual(calm);
});

test("samples that are drawn from the same place seldom differ by more than their interval", () => {
  let outside = 0;
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.9, max: 1.1, noNaN: true }), { minLength: 30, maxLength: 30 }), (list) => {
      const { low, high } = changeOfMedian(list.slice(0, 15), list.slice(15), { draws: 200 });
      if (low > 1 || high < 1) outside++;
    }),
    { seed: 1, numRuns: 200 },
  );
  expect(outside).toBeLessThan(10);
});
