import { expect, test } from "vitest";
import { fixture, report, run } from "./program.js";

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

test.each(["data", "promise", "write"])(
  "a throw in a continuation (%s) is handled, and the host lives on",
  async (where) => {
    expect(await report(fixture("throwing", where, "handled"))).toEqual({ caught: `in ${where}`, alive: "br0" });
  },
);

test.each(["data", "promise", "write"])(
  "a throw in a continuation (%s) that nobody handles ends the process",
  async (where) => {
    const { status, signal, stderr } = await run(fixture("throwing", where, "unhandled"));
    expect({ status, signal }).toEqual({ status: 1, signal: null });
    expect(stderr).toContain(`Error: in ${where}`);
  },
);
