import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { checks } from "../../../src/diagnosis/checks/index.js";
import { faults } from "../../kernel/diagnosis/faults.js";
import { faults as moduleFaults } from "../../vm/diagnosis/faults.js";

/** What is found by listening alone, and how long that takes is others' to say: tested by itself, found and not. */
const LISTENING = ["second-dhcp-server", "second-router"];

test("every fault that the doctor knows is built on a kernel, found and made good, by a test of its code", () => {
  const built = new Set([...Object.keys(faults), ...Object.keys(moduleFaults), ...LISTENING]);
  expect([...built].sort()).toEqual(checks.map(({ code }) => code).sort());
  const listening = readFileSync(new URL("../../kernel/diagnosis/listening.test.ts", import.meta.url), "utf8");
  for (const code of LISTENING) expect(listening).toContain(code);
});

test("of every fault one at least is built", () => {
  for (const [code, built] of Object.entries({ ...faults, ...moduleFaults }))
    expect(built.length, code).toBeGreaterThan(0);
});

test("at least fifteen of them are built", () => {
  expect([...Object.values(faults), ...Object.values(moduleFaults)].flat().length).toBeGreaterThanOrEqual(15);
});
