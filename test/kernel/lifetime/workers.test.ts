import { expect, test } from "vitest";
import { fixture, report } from "../scene/program.js";

interface Report {
  readonly statuses: Record<string, number[]>;
  readonly before: Record<string, number>;
  readonly after: Record<string, number>;
  readonly settled: boolean;
  readonly alive: string;
}

test("workers that end, exit, throw or are terminated in the middle of requests leave nothing behind", async () => {
  const { statuses, before, after, settled, alive } = await report<Report>(fixture("workers", "8"));
  expect(statuses).toEqual({ closed: [0], open: [0], terminated: [1], exit: [3], thrown: [1] });
  expect({ settled, after }).toMatchObject({ settled: true, after: { hostThreads: before["hostThreads"] } });
  expect(after["descriptors"]).toBeLessThanOrEqual(before["descriptors"]!);
  expect(after["threads"]).toBeLessThanOrEqual(before["threads"]!);
  expect(alive).toBe("lo");
}, 120_000);
