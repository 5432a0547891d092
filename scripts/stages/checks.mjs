import { join } from "node:path";
import { root, run } from "../lib/run.mjs";

/** Builds what is not up to date. */
export function build() {
  return { failed: succeeds("scripts/build.mjs") ? 0 : 1 };
}

/** Whether all that prettier knows is written as it would write it. */
export function checkFormat() {
  return check("prettier/bin/prettier.cjs", "--check", "--log-level=warn", ".");
}

export function checkLint() {
  return check("eslint/bin/eslint.js");
}

export function checkTypes() {
  return check("typescript/bin/tsc", "-p", "tsconfig.json");
}

/** A check prints nothing but what is wrong, and counts only when it fails. */
function check(program, ...args) {
  return { failed: succeeds(join("node_modules", program), ...args) ? 0 : 1 };
}

function succeeds(program, ...args) {
  return run(process.execPath, [join(root, program), ...args]).status === 0;
}
