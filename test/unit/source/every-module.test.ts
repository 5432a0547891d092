import { readdirSync } from "node:fs";
import { expect, test } from "vitest";

const source = new URL("../../../src/", import.meta.url);
/** Programs, which would run. */
const PROGRAMS = ["cli/main.ts"];
const files = readdirSync(source, { encoding: "utf8", recursive: true }).filter(
  (name) => name.endsWith(".ts") && !PROGRAMS.includes(name),
);
const modules = await Promise.all(files.map((name) => import(new URL(name, source).pathname) as Promise<object>));

test("every module of the library can be loaded", () => {
  expect(modules.length).toBeGreaterThan(50);
});
