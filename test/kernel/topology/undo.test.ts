import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { apply, ApplyError, capture, describePlan, type HostDeclaration, plan } from "../../../src/topology/index.js";
import { failing } from "./failing.js";
import { plans, stride } from "./states.js";

const journal = mkdtempSync(join(tmpdir(), "linkwright-topology-"));
afterAll(() => {
  rmSync(journal, { recursive: true });
});

async function there(before: HostDeclaration): Promise<Host> {
  const host = await Host.open({ namespace: "new" });
  await apply(host, before, { journal });
  return host;
}

test.each(plans)("a large plan, %s, is applied, and the next one is empty", async (_, before, after) => {
  await using host = await there(before);
  const made = await apply(host, after, { journal });
  expect(made.steps.length).toBeGreaterThan(25);
  expect(describePlan(await plan(host, after))).toBe("nothing to do\n");
});

test.each(plans)(
  "whichever change of %s is refused, the host is as it was before, attribute by attribute",
  async (_, before, after) => {
    await using host = await there(before);
    const state = await capture(host);
    let refused = 0;
    for (let at = 0; ; at += stride(3)) {
      const error = await apply(failing(host, at), after, { journal }).catch((refusal: unknown) => refusal);
      if (!(error instanceof Error)) break;
      refused++;
      expect(error, `change ${at}`).toBeInstanceOf(ApplyError);
      expect((error as ApplyError).standing, `change ${at}`).toEqual([]);
      expect(await capture(host), `change ${at}`).toEqual(state);
    }
    expect(refused).toBeGreaterThan(8);
  },
  600_000,
);
