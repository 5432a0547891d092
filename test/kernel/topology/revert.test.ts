import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import {
  apply,
  capture,
  drift,
  type HostDeclaration,
  readDeclaration,
  revert,
  writeDeclaration,
} from "../../../src/topology/index.js";
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
  const wiring: HostDeclaration = {
    links: { lo: { up: true }, br0: { kind: "bridge", up: true, mtu: 1400 } },
    nexthops: [{ id: 1, blackhole: true }],
    rules: [{ from: "10.0.0.0/8", priority: 50, table: 100 }],
  };
  await apply(host, wiring, { journal });
  const stop = new AbortController();
  const seen: string[][] = [];
  for await (const { steps } of drift(host, wiring, { signal: stop.signal, quiet: 5 })) {
    seen.push(steps.map(({ subject, name }) => `${subject} ${name}`));
    if (seen.length === 1) await host.setLink("br0", { up: false });
    if (seen.length === 2) await apply(host, wiring, { journal });
    // What the kernel tells of no link.
    if (seen.length === 3) await host.nexthops.remove(1);
    if (seen.length === 4) await host.rules.remove({ priority: 50 });
    if (seen.length === 5) stop.abort();
  }
  expect(seen).toEqual([
    [],
    ["link br0"],
    [],
    ["nexthop 1"],
    ["nexthop 1", "rule from 10.0.0.0/8 priority 50 table 100"],
  ]);
});
