import type { Rename } from "../observation/renames.js";
import { call } from "./operation.js";
import { type Step, step } from "./step.js";

/** Links get the names that they are declared by, before anything else: all that follows calls them so. */
export function renaming(renames: readonly Rename[]): Step[] {
  return renames.map(({ from, to }, order) =>
    step("rename", {
      order,
      action: "change",
      subject: "link",
      name: to,
      reason: `it is called ${from}`,
      differences: [{ property: "name", wanted: to, found: from }],
      do: [call("setLink", from, { name: to })],
      undo: [call("setLink", to, { name: from })],
    }),
  );
}
