import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { apply, ApplyError, capture, describePlan, plan } from "../../../src/topology/index.js";
import { failing } from "./failing.js";
import { after, before } from "./states.js";

const journal = mkdtempSync(join(tmpdir(), "linkwright-topology-"));
afterAll(() => {
  rmSync(journal, { recursive: true });
});

async function there(): Promise<Host> {
  const host = await Host.open({ namespace: "new" });
  await apply(host, before, { journal });
  return host;
}

test("a large plan is applied, and the next one is empty", async () => {
  await using host = await there();
  const made = await apply(host, after, { journal });
  expect(made.steps.length).toBeGreaterThan(30);
  expect(describePlan(await plan(host, after))).toBe("nothing to do\n");
});

test("whichever change of a large plan is refused, the host is as it was before, attribute by attribute", async () => {
  await using host = await there();
  const state = await capture(host);
  let refused = 0;
  for (let at = 0; ; at++) {
    const error = await apply(failing(host, at), after, { journal }).catch((refusal: unknown) => refusal);
    if (!(error instanceof Error)) break;
    refused++;
    expect(error, `change ${at}`).toBeInstanceOf(ApplyError);
    expect((error as ApplyError).standing, `change ${at}`).toEqual([]);
    expect(await capture(host), `change ${at}`).toEqual(state);
  }
  expect(refused).toBeGreaterThan(30);
}, 180_000);
