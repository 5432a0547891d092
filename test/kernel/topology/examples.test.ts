import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { apply, describePlan, plan, readDeclaration } from "../../../src/topology/index.js";

const journal = mkdtempSync(join(tmpdir(), "linkwright-topology-"));
afterAll(() => {
  rmSync(journal, { recursive: true });
});

const folder = new URL("../../../examples/", import.meta.url);
/** Those that need VLANs or bonds, which this kernel may lack. */
const ELSEWHERE = ["bridge-per-vlan.yaml", "vlan-filtering-bridge.yaml", "bond-vlans-bridges.yaml"];

function example(name: string): ReturnType<typeof readDeclaration> {
  return readDeclaration(readFileSync(new URL(name, folder), "utf8"), `examples/${name}`);
}

const names = readdirSync(folder);

test.each(names)("examples/%s is a declaration", (name) => {
  expect(Object.keys(example(name).links).length).toBeGreaterThan(0);
});

test.each(names.filter((name) => !ELSEWHERE.includes(name)))("examples/%s is applied, twice", async (name) => {
  await using host = await Host.open({ namespace: "new" });
  await host.addVeth("eno3", { peer: { name: "far0", up: true }, up: true });
  await host.addTap("vnet0");
  await apply(host, example(name), { journal });
  expect(describePlan(await plan(host, example(name)))).toBe("nothing to do\n");
});
