import { readdirSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "../../test/vm/harness/bundle.mjs";
import { provideKernel } from "../../test/vm/harness/kernel.mjs";
import { RESULT, runInside } from "../../test/vm/harness/machine.mjs";
import { provideNetdevsim } from "../../test/vm/harness/netdevsim.mjs";
import { root } from "../lib/run.mjs";
import { totalsOf, vitest } from "../lib/vitest.mjs";

/** Far above what it takes, for a slow machine; what hangs is ended then. */
const SECONDS = 1800;

const config = join(root, "test/vm/harness/vitest.config.mjs");

/**
 * The suite that needs such a kernel, and of the kernel's those that may not find on this machine what they test, or find that
 * kernels differ in what they tell.
 */
const suites =
  /^(vm\/.*|kernel\/(bridge\/(bridge|vlans)|links\/(links|defaults)|errors\/links|formats\/import|watch\/(told|silent|equal|subjects)))\.test\.ts$/;

/** Runs suites in a virtual machine with a Debian kernel of a series such as "6.1". */
export async function testUnderKernel(series) {
  const { kernel, missing } = provideKernel(series);
  if (kernel === undefined) return { skip: missing };
  const lacking = provideNetdevsim(kernel, series);
  if (lacking !== undefined) console.log(`There is no netdevsim: ${lacking}`);
  const tests = readdirSync(join(root, "test"), { recursive: true }).filter((name) => suites.test(name));
  await bundle(tests.map((name) => `test/${name}`));
  const command = [process.execPath, ...vitest("run", []), `--config=${config}`, "--configLoader=native"];
  const env = { LINKWRIGHT_VM: "1", LINKWRIGHT_TOTALS: RESULT };
  const { status, result } = await runInside(kernel, command, { cwd: root, env, seconds: SECONDS });
  const totals = totalsOf(status, result);
  if (totals.failed > 0 || totals.passed > 0) return totals;
  console.error("In the virtual machine, no test was run.");
  return { ...totals, failed: 1 };
}
