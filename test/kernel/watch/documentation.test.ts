import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { run } from "../scene/program.js";

const page = readFileSync(new URL("../../../docs/watching.md", import.meta.url), "utf8");
const library = new URL("../../../dist/index.js", import.meta.url).href;

test("the example of docs/watching.md runs, and prints what stands beside it", async () => {
  const [, example = ""] = /```js\n([\s\S]*?)```/.exec(page) ?? [];
  const printed = [...example.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);
  expect(printed.length).toBeGreaterThan(1);
  const source = example.replace('"linkwright"', JSON.stringify(library));
  const { status, stdout, stderr } = await run([process.execPath, "--input-type=module", "--eval", source]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout.trimEnd().split("\n")).toEqual(printed);
});
