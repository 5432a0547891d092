import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { checks } from "../../../src/diagnosis/checks/index.js";
import { faults } from "../../kernel/diagnosis/faults.js";
import { faults as moduleFaults } from "../../vm/diagnosis/faults.js";

/** What is tested by itself, found and not: by listening, which takes as long as others take, and with a real Open vSwitch. */
const ELSEWHERE = {
  "kernel/diagnosis/listening.test.ts": ["second-dhcp-server", "second-router"],
  "e2e/openvswitch/seen.test.ts": [
    ...["open-vswitch-down", "switch-port-failed", "switch-vlan-alone", "switch-without-controller"],
  ],
};

test("every fault that the doctor knows is built on a kernel, found and made good, by a test of its code", () => {
  const built = new Set([...Object.keys(faults), ...Object.keys(moduleFaults), ...Object.values(ELSEWHERE).flat()]);
  expect([...built].sort()).toEqual(checks.map(({ code }) => code).sort());
  for (const [file, codes] of Object.entries(ELSEWHERE)) {
    const tests = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
    for (const code of codes) expect(tests).toContain(code);
  }
});

test("of every fault one at least is built", () => {
  for (const [code, built] of Object.entries({ ...faults, ...moduleFaults }))
    expect(built.length, code).toBeGreaterThan(0);
});

test("at least fifteen of them are built", () => {
  expect([...Object.values(faults), ...Object.values(moduleFaults)].flat().length).toBeGreaterThanOrEqual(15);
});
