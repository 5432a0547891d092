import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { packBuilt, run } from "../package/packed.js";
import { tool } from "./tools.js";

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const folder = mkdtempSync(join(tmpdir(), "linkwright-checkers-"));
let tarball: string;

beforeAll(() => {
  tarball = join(folder, packBuilt(folder));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

test.each([
  ["publint", "publint@0", "publint/src/cli.js", ["run", "--strict"], "All good!"],
  ["attw", "@arethetypeswrong/cli@0", "@arethetypeswrong/cli/dist/index.js", [], "No problems found"],
])("%s finds nothing wrong with the package", (_, wanted, program, words, verdict) => {
  const path = tool(wanted, program);
  if (path === undefined) throw new Error(`${wanted} cannot be fetched by npm`);
  expect(run(process.execPath, [path, ...words, tarball], folder)).toContain(verdict);
});

test("npm's audit knows nothing against what the package depends on", ({ skip }) => {
  const project = join(import.meta.dirname, "../..");
  const words = ["npm audit --omit=dev --json || true"];
  const { error, metadata } = JSON.parse(run("sh", ["-c", ...words], project)) as {
    error?: { summary: string };
    metadata?: { vulnerabilities: { total: number } };
  };
  skip(metadata === undefined, `npm's registry does not answer: ${error?.summary ?? "no reason given"}`);
  expect(metadata?.vulnerabilities.total).toBe(0);
});
