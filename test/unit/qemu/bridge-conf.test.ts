import { expect, test } from "vitest";
import { bridgeConfProblem } from "../../../src/qemu/bridge-conf.js";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

test.each([
  ["allow br0\n", undefined],
  ["allow all\ndeny br9\n", undefined],
  ["# nothing\n", 'the bridge helper refuses everybody: a line "allow br0" allows one'],
  ["allow all\ndeny br0\n", 'the bridge helper refuses everybody: a line "allow br0" allows one'],
])("of bridge.conf with %j it is said whether it refuses everybody", (text, problem) => {
  const folder = mkdtempSync(join(tmpdir(), "linkwright-conf-"));
  try {
    const path = join(folder, "bridge.conf");
    expect(bridgeConfProblem(["br0"], path)).toContain("there is no such file");
    writeFileSync(path, text);
    expect(bridgeConfProblem(["br0"], path)).toBe(problem);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
