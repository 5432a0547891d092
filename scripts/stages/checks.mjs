import { join } from "node:path";
import { root, runBeside } from "../lib/run.mjs";

/** What a check remembers of the last time. ESLint has none: what it says of a file hangs on the types of others. */
const remembered = (name) => join(root, "build/checks", name);

/** Builds what is not up to date. */
export function build() {
  return check("scripts/build.mjs");
}

/** Whether all that prettier knows is written as it would write it. */
export function checkFormat() {
  const cache = ["--cache", "--cache-strategy=content", `--cache-location=${remembered("format")}`];
  return check("node_modules/prettier/bin/prettier.cjs", "--check", "--log-level=warn", ...cache, ".");
}

export function checkLint() {
  return check("node_modules/eslint/bin/eslint.js");
}

export function checkTypes() {
  const cache = ["--incremental", "--tsBuildInfoFile", remembered("types")];
  return check("node_modules/typescript/bin/tsc", "-p", "tsconfig.json", ...cache);
}

/** A check counts only when it fails. */
async function check(program, ...args) {
  const { status, said } = await runBeside(join(root, program), ...args);
  return { failed: status === 0 ? 0 : 1, said };
}
