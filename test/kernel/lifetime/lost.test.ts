import { expect, test } from "vitest";
import { fixture, report, run } from "../scene/program.js";

interface Report {
  readonly before: { threads: number; descriptors: number };
  readonly most: number;
  readonly after: { threads: number; descriptors: number };
  readonly hostsGone: boolean;
  readonly descriptorsGone: boolean;
  readonly alive: string;
}

test("hosts and descriptors that are never closed go when nothing refers to them", async () => {
  const [node, ...program] = fixture("lost");
  const { before, most, after, ...rest } = await report<Report>([node!, "--expose-gc", ...program]);
  expect(rest).toEqual({ hostsGone: true, descriptorsGone: true, alive: "lo" });
  expect(before.threads).toBe(1);
  expect(most).toBeGreaterThan(before.threads);
  expect(after.threads).toBe(before.threads);
  expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
}, 60_000);

interface Throws {
  readonly caught: string[];
  readonly alive: number;
  readonly before: Record<string, number>;
  readonly after: Record<string, number>;
}

const PLACES = ["data", "end", "promise", "refused", "write"];
const ROUNDS = 15;

test.each(PLACES)(
  "throws in a continuation (%s) that are handled leave hosts alive, and no descriptor or thread behind",
  async (where) => {
    const { caught, alive, before, after } = await report<Throws>(
      fixture("throwing", where, "handled", String(ROUNDS)),
    );
    // The kernel sends frames of its own, too.
    expect([...new Set(caught)]).toEqual([`in ${where}`]);
    expect(caught.length).toBeGreaterThanOrEqual(ROUNDS);
    expect(alive).toBe(ROUNDS - 1);
    // A thread that closed descriptors may have been counted before, and has ended since.
    for (const [what, count] of Object.entries(after)) expect(count, what).toBeLessThanOrEqual(before[what]!);
  },
  60_000,
);

test.each(PLACES)("a throw in a continuation (%s) that nobody handles ends the process", async (where) => {
  const { status, signal, stderr } = await run(fixture("throwing", where, "unhandled"));
  expect({ status, signal }).toEqual({ status: 1, signal: null });
  expect(stderr).toContain(`Error: in ${where}`);
});
