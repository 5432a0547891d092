import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import typescript, { ModuleKind, ScriptTarget } from "typescript";
import { expect, test } from "vitest";

const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
const library = new URL("../../../dist/index.js", import.meta.url).href;

test("the README's example does what it says", () => {
  const [, example = ""] = /```ts\n(import [\s\S]*?)```/.exec(readme) ?? [];
  const source = example.replace('"linkwright"', JSON.stringify(library));
  const code = typescript.transpile(source, { module: ModuleKind.ESNext, target: ScriptTarget.ES2022 });
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "--eval", code], {
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
  expect(example).toContain("[ 'tap0', 'tap1' ]");
  expect(stdout).toBe("[ 'tap0', 'tap1' ]\n");
});
