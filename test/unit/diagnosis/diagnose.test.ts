import { expect, test } from "vitest";
import { errnoNumber } from "../../../src/base/errno.js";
import type { Check } from "../../../src/diagnosis/check.js";
import { findingsOf } from "../../../src/diagnosis/diagnose.js";
import type { Observation } from "../../../src/diagnosis/observation.js";
import { NetlinkError } from "../../../src/kernel/error.js";

function failing(error: Error): Check {
  const find = (): Promise<never> => Promise.reject(error);
  return { code: "loop", severity: "error", symptom: "", cause: "", remedy: "", find };
}

test("what a check could not see is a note, and what is no refusal of the kernel's rejects", async () => {
  const refusal = new NetlinkError({ errno: errnoNumber("EINTR"), syscall: "RTM_GETLINK" });
  expect(await findingsOf(failing(refusal), {} as Observation)).toMatchObject([
    { severity: "note", summary: "whether loop is so could not be seen", evidence: [refusal.message], links: [] },
  ]);
  await expect(findingsOf(failing(new TypeError("broken")), {} as Observation)).rejects.toThrow("broken");
});
