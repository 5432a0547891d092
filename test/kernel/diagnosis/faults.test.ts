import { test } from "vitest";
import { checkFault } from "./built.js";
import { faults } from "./faults.js";

for (const [code, each] of Object.entries(faults))
  test.for(each.map((fault) => [fault.name, fault] as const))(`${code}: %s`, async ([, fault], { skip }) => {
    skip(fault.missing !== undefined, fault.missing);
    await checkFault(code, fault);
  });
