import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { apply, ApplyError, capture, describePlan, plan, type Plan } from "../../../src/topology/index.js";
import { failing, listing } from "./failing.js";
import { changesOf, plans } from "./states.js";

const journal = mkdtempSync(join(tmpdir(), "linkwright-topology-"));
afterAll(() => {
  rmSync(journal, { recursive: true });
});

test.each(plans)(
  "whichever change of %s is refused, the host is as it was, attribute by attribute; applied, the next plan is empty",
  async (_, before, after) => {
    await using host = await Host.open({ namespace: "new" });
    await apply(host, before, { journal });
    const state = await capture(host);
    let refused = 0;
    for (const at of changesOf(6)) {
      const made = await apply(failing(host, at), after, { journal }).catch((refusal: unknown) => refusal);
      if (!(made instanceof Error)) {
        expect((made as Plan).steps.length).toBeGreaterThan(25);
        break;
      }
      refused++;
      expect(made, `change ${at}`).toBeInstanceOf(ApplyError);
      expect((made as ApplyError).standing, `change ${at}`).toEqual([]);
      expect(await capture(host), `change ${at}`).toEqual(state);
    }
    expect(refused).toBeGreaterThan(4);
    expect(describePlan(await plan(host, after))).toBe("nothing to do\n");
  },
  600_000,
);

test("a host that cannot be read back when all steps are taken is as it was", async () => {
  const [, before, after] = plans[0]!;
  const listings = { all: 0, left: 0 };
  await using twin = await Host.open({ namespace: "new" });
  await apply(twin, before, { journal });
  await apply(
    listing(twin, () => listings.all++),
    after,
    { journal },
  );
  await using host = await Host.open({ namespace: "new" });
  await apply(host, before, { journal });
  const state = await capture(host);
  listings.left = listings.all;
  // The last one reads back.
  const unreadable = listing(host, () => {
    if (--listings.left === 0) throw new Error("injected");
  });
  const refusal: unknown = await apply(unreadable, after, { journal }).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(ApplyError);
  expect(refusal).toMatchObject({ code: "ERR_LINKWRIGHT_VERIFY", standing: [] });
  expect((refusal as ApplyError).message).toBe("it could not be read back: injected; what was done is undone");
  expect(await capture(host)).toEqual(state);
});
