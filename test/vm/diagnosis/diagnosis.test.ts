import { spawnSync } from "node:child_process";
import { test } from "vitest";
import { checkFault } from "../../kernel/diagnosis/built.js";
import { faults as bridgeFaults } from "../../kernel/diagnosis/faults.js";
import { faults } from "./faults.js";

for (const [code, each] of Object.entries(faults))
  test.for(each.map((fault) => [fault.name, fault] as const))(`${code}: %s`, ([, fault]) => checkFault(code, fault));

test("bridged-frames-filtered: as it is with the module that hands frames over", async ({ skip }) => {
  const { status } = spawnSync("modprobe", ["br_netfilter"], { stdio: "ignore" });
  skip(status !== 0, "this kernel has no module br_netfilter");
  for (const fault of bridgeFaults["bridged-frames-filtered"]!.slice(0, 3))
    await checkFault("bridged-frames-filtered", fault);
});
