import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { apply, capture, drift, plan, readDeclaration, revert, writeDeclaration } from "../../../src/topology/index.js";
import { after, before } from "./states.js";

const journal = mkdtempSync(join(tmpdir(), "linkwright-topology-"));
afterAll(() => {
  rmSync(journal, { recursive: true });
});

test("the way back, taken as a file before a declaration is applied, takes it back", async () => {
  await using host = await Host.open({ namespace: "new" });
  await apply(host, before, { journal });
  const state = await capture(host);
  const back = writeDeclaration(await revert(host, after));
  await apply(host, after, { journal });
  await apply(host, readDeclaration(back, "back.yaml"), { journal });
  const sorted = (links: object = {}): unknown => Object.entries(links).sort();
  const now = await capture(host);
  expect(sorted(now.links)).toEqual(sorted(state.links));
  expect(now.rules).toEqual(state.rules);
  expect(new Set((now.routes as object[]).map((each) => JSON.stringify(each)))).toEqual(
    new Set((state.routes as object[]).map((each) => JSON.stringify(each))),
  );
});

test("what is no longer as declared is told at each change, and that it is so again", async () => {
  await using host = await Host.open({ namespace: "new" });
  const wiring = { links: { br0: { kind: "bridge", up: true, mtu: 1400 } } } as const;
  await apply(host, wiring, { journal });
  const stop = new AbortController();
  const seen: string[][] = [];
  for await (const { steps } of drift(host, wiring, { signal: stop.signal, quiet: 5 })) {
    seen.push(steps.flatMap(({ name, differences }) => differences.map(({ property }) => `${name} ${property}`)));
    if (seen.length === 1) await host.setLink("br0", { up: false });
    if (seen.length === 2) await apply(host, wiring, { journal });
    if (seen.length === 3) stop.abort();
  }
  expect(seen).toEqual([[], ["br0 up"], []]);
  expect((await plan(host, wiring)).steps).toEqual([]);
});
