import { expect, test } from "vitest";
import { fixture, run } from "./program.js";

const WAYS = ["opening", "opened", "await", "tick", "immediate", "timer", "closing", "flood"];

test.each(WAYS)(
  "a process that exits at any moment (%s) has its own status, and no signal ends it",
  async (way) => {
    const once = ["opening", "opened", "flood"].includes(way);
    const counts = once ? [0, 0, 0, 0] : [0, 1, 2, 3, 5, 8, 13];
    for (const count of counts) {
      const { status, signal, stderr } = await run(fixture("exit", way, String(count)));
      expect({ way, count, status, signal, stderr }).toEqual({ way, count, status: 7, signal: null, stderr: "" });
    }
  },
  60_000,
);

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
