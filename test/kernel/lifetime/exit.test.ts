import { expect, test } from "vitest";
import { fixture, report, run } from "../scene/program.js";

const WAYS = ["opening", "opened", "await", "tick", "immediate", "timer", "closing", "flood"];

test.each(WAYS)(
  "a process that exits at any moment (%s) has its own status, and no signal ends it",
  async (way) => {
    const once = ["opening", "opened", "flood"].includes(way);
    const counts = once ? [0, 0, 0, 0] : [0, 1, 2, 5];
    for (const count of counts) {
      const { status, signal, stderr } = await run(fixture("exit", way, String(count)));
      expect({ way, count, status, signal, stderr }).toEqual({ way, count, status: 7, signal: null, stderr: "" });
    }
  },
  60_000,
);

interface Exits {
  readonly statuses: Record<string, number>;
  readonly before: Record<string, number>;
  readonly after: Record<string, number>;
  readonly settled: boolean;
  readonly alive: string;
}

test("workers that exit, each way at five moments, leave no descriptor and no thread behind", async () => {
  const { before, after, ...rest } = await report<Exits>(fixture("exits", "40"));
  expect(rest).toEqual({ statuses: { 7: 40 }, settled: true, alive: "lo" });
  for (const [what, count] of Object.entries(after)) expect(count, what).toBeLessThanOrEqual(before[what]!);
}, 60_000);

test("a process that throws in the middle of requests ends with the throw", async () => {
  for (const count of [0, 1, 5]) {
    const { status, signal, stderr } = await run(fixture("exit", "throwing", String(count)));
    expect({ status, signal }).toEqual({ status: 1, signal: null });
    expect(stderr).toContain("OnPurpose: on purpose");
  }
}, 60_000);

test("a host that is idle and never closed does not keep the process alive", async () => {
  expect(await run(fixture("idle"))).toEqual({ status: 0, signal: null, stdout: "idle\n", stderr: "" });
});
