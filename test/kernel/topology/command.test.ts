import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Host } from "../../../src/index.js";
import { takenBack } from "./journal.js";
import { program, type Program } from "./program.js";

const folder = mkdtempSync(join(tmpdir(), "linkwright-topology-"));
const journal = join(folder, "journal");
let linkwright: Program;
let host: Host;

beforeAll(async () => {
  linkwright = await program();
  ({ host } = linkwright);
});
afterAll(async () => {
  await host.close();
  rmSync(folder, { recursive: true });
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test("plan says what would be done, apply does it, and then diff and drift have nothing to say", async () => {
  const path = file("host.yaml", "links:\n  br0: { kind: bridge, up: true, addresses: [10.0.0.1/24] }\n");
  const planned = await linkwright.run("plan", path);
  expect(planned.stdout).toMatch(/^\+ link br0: a bridge of this name is declared, and there is none\n/);
  expect((await linkwright.run("drift", path)).status).toBe(1);
  expect(await linkwright.run("apply", path, `journal=${journal}`)).toMatchObject({ status: 0 });
  expect(await linkwright.run("plan", path)).toMatchObject({ status: 0, stdout: "nothing to do\n" });
  expect(await linkwright.run("drift", path)).toMatchObject({ status: 0, stdout: "" });
  await host.setLink("br0", { mtu: 1400 });
  const wrong = file("wrong.yaml", "links:\n  br0: { mtu: 1500, upp: true }\n");
  expect((await linkwright.run("plan", wrong)).stderr).toContain(`${wrong}:2:`);
  expect((await linkwright.run("capture")).stdout).toContain("br0:");
  await host.remove("br0");
});

test("what is applied to be confirmed is kept when it is", async () => {
  const path = file("kept.yaml", "links: { br1: { kind: bridge } }\n");
  expect(await linkwright.run("apply", path, "--confirm", "60s", `journal=${journal}`)).toMatchObject({ status: 0 });
  const other = await linkwright.run("apply", path, `journal=${journal}`);
  expect(other.stderr).toContain("waits to be confirmed");
  expect(await linkwright.run("confirm", `journal=${journal}`)).toMatchObject({ status: 0, stdout: "kept: 1 steps\n" });
  expect(await linkwright.run("confirm", `journal=${journal}`)).toMatchObject({ status: 1 });
  expect((await host.link("br1")).name).toBe("br1");
  await host.remove("br1");
});

test("what is not confirmed in time takes itself back, though whoever applied it has ended", async () => {
  const path = file("cut.yaml", "links: { br2: { kind: bridge }, lo: { alias: cut } }\n");
  const gone = host.waitFor("br2", "there").then(() => host.waitFor("br2", "gone", { timeout: 40_000 }));
  expect(await linkwright.run("apply", path, "confirm=2s", `journal=${journal}`)).toMatchObject({ status: 0 });
  await gone;
  await takenBack(host, journal);
  expect((await host.link("lo")).alias ?? "").toBe("");
});
