import { runSuites } from "../lib/vitest.mjs";

/** Runs every suite that this machine's own kernel is enough for. */
export function testSuites() {
  return runSuites(["unit", "uapi", "kernel", "e2e", "package"]);
}
