import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** Tests that call every method in turn, whatever it does, and this one. */
const GENERAL = ["kernel/host/public-methods.ts", "unit/source/public-methods.test.ts"];

/** What all tests do, as text. */
const tests = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(ts|mjs)$/.test(name) && !GENERAL.includes(name))
  .map((name) => readFileSync(join(root, "test", name), "utf8"))
  .join("\n");

/** The public methods of Host, as they are written, and those of its groups, by the list that the general tests go through. */
function publicMethods(): string[] {
  const internal = /\/\*\*\s*(?:\* )?@internal[^/]*\*\/\s*\w+/g;
  const host = readFileSync(join(root, "src/host/host.ts"), "utf8").replace(internal, "");
  const own = [...host.matchAll(/^ {2}(?:static )?(?:async )?([a-z]\w+)(?:<[^(]*>)?\(/gm)].map(([, name]) => name!);
  const list = readFileSync(join(root, "test/kernel/host/public-methods.ts"), "utf8");
  const grouped = [...list.matchAll(/^ {2}"(\w+\.\w+)":/gm)].map(([, name]) => name!);
  return [...new Set([...own, ...grouped])].filter((name) => name !== "constructor");
}

test("every public method of a host is called by a test of what it does", () => {
  const methods = publicMethods();
  expect(methods.length).toBeGreaterThan(90);
  expect(methods.filter((name) => !new RegExp(`\\.${name.replace(".", "\\.")}\\b`).test(tests))).toEqual([]);
});
