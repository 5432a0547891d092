import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { file, page } from "../../../scripts/troubleshooting.mjs";
import { checks } from "../../../src/diagnosis/checks/index.js";

test("docs/troubleshooting.md has every fault that is looked for", () => {
  const text = readFileSync(file, "utf8");
  expect(page(text, checks), "node scripts/troubleshooting.mjs writes it anew").toBe(text);
});

test("every fault has a code of its own", () => {
  const codes = checks.map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
});
