import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { apply, BusyError, capture, recover } from "../../../src/topology/index.js";
import { applyAndDie } from "./killed.js";
import { after, before, changesOf, plans } from "./states.js";

const journal = mkdtempSync(join(tmpdir(), "linkwright-topology-"));
afterAll(() => {
  rmSync(journal, { recursive: true });
});

test.each(plans)(
  "an apply of %s that is killed at any change is taken back by recover, attribute by attribute",
  async (_, first, second) => {
    await using host = await Host.open({ namespace: "new" });
    await apply(host, first, { journal });
    const state = await capture(host);
    let killed = 0;
    for (const at of changesOf(18)) {
      const { signal } = await applyAndDie(host, { at, declaration: second, journal });
      if (signal === null) break;
      expect(signal).toBe("SIGKILL");
      killed++;
      expect(await recover(host, { journal }), `change ${at}`).toBeGreaterThan(0);
      expect(await capture(host), `change ${at}`).toEqual(state);
      expect(await recover(host, { journal })).toBe(0);
    }
    expect(killed).toBeGreaterThan(1);
  },
  600_000,
);

test("the next apply takes back what a killed one left, and then does its own", async () => {
  await using host = await Host.open({ namespace: "new" });
  await apply(host, before, { journal });
  const state = await capture(host);
  await applyAndDie(host, { at: 12, declaration: after, journal });
  expect(await capture(host)).not.toEqual(state);
  await apply(host, { links: { tap0: { mtu: 1420 } } }, { journal });
  const { links } = await capture(host);
  expect(links!["tap0"]).toMatchObject({ mtu: 1420 });
  expect({ ...links, tap0: state.links!["tap0"] }).toEqual(state.links);
});

test("two applies at once in a namespace: one of them is refused", async () => {
  await using host = await Host.open({ namespace: "new" });
  const ends = await Promise.allSettled([
    apply(host, before, { journal }),
    apply(host, { links: { br9: { kind: "bridge" } } }, { journal }),
  ]);
  const refusals = ends.flatMap((each) => (each.status === "rejected" ? [each.reason as unknown] : []));
  expect(refusals).toEqual([expect.any(BusyError)]);
  expect(refusals).toMatchObject([{ pid: process.pid }]);
});
