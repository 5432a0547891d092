import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run } from "./run.mjs";

/**
 * Runs suites with vitest and returns { passed, failed, skipped }. Without root they run in a user namespace, where the
 * kernel allows it. `node`: the program that runs them. `exclude`: globs of files to leave out. `options`: those of run().
 */
export function runSuites(names, { node = process.execPath, exclude = [], ...options } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "linkwright-totals-"));
  const file = join(folder, "totals.json");
  const choice = [...names.map((name) => `--project=${name}`), ...exclude.map((glob) => `--exclude=${glob}`)];
  const vitest = [join(root, "node_modules/vitest/vitest.mjs"), "run", ...choice];
  const [command, ...args] = [...ownNamespace(), node, ...vitest];
  try {
    const { status } = run(command, args, { ...options, env: { ...options.env, LINKWRIGHT_TOTALS: file } });
    const totals = read(file);
    if (status !== 0 && totals.failed === 0) totals.failed = 1;
    return totals;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

/** The command that gives a user who is not root namespaces of his own; none for root, or where it is forbidden. */
export function ownNamespace() {
  if (process.getuid() === 0) return [];
  const command = ["unshare", "--user", "--map-root-user", "--net"];
  return run(command[0], [...command.slice(1), "true"], { stdio: "ignore" }).status === 0 ? command : [];
}
