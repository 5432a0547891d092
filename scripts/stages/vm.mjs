import { readdirSync } from "node:fs";
import { join } from "node:path";
import { provideKernel } from "../../test/vm/harness/kernel.mjs";
import { RESULT, runInside } from "../../test/vm/harness/machine.mjs";
import { provideNetdevsim } from "../../test/vm/harness/netdevsim.mjs";
import { bundleTests } from "../lib/bundle-tests.mjs";
import { root } from "../lib/run.mjs";
import { runsOnceMore, steadily } from "../lib/unsteady.mjs";
import { totalsOf, vitest } from "../lib/vitest.mjs";

/** Far above what it takes, for a slow machine; what hangs is ended then. */
const SECONDS = 1800;

/** A shell's exit status for a command that a signal ended is above this. */
const SIGNALLED = 128;

const config = join(root, "test/vm/harness/vitest.config.mjs");

/**
 * The suite that needs such a kernel, and of the kernel's those that may not find on this machine what they test, or find that
 * kernels differ in what they tell.
 */
const suites =
  /^(vm\/.*|e2e\/examples|kernel\/(bridge\/(bridge|vlans)|links\/(links|defaults)|errors\/links|formats\/import|watch\/(told|silent|equal|subjects)))\.test\.ts$/;

/** Runs suites, steadily, in a virtual machine with a Debian kernel of a series such as "6.1". */
export async function testUnderKernel(series) {
  const { kernel, missing } = provideKernel(series);
  if (kernel === undefined) return { skip: missing };
  const lacking = provideNetdevsim(kernel, series);
  if (lacking !== undefined) console.log(`There is no netdevsim: ${lacking}`);
  const tests = readdirSync(join(root, "test"), { recursive: true }).filter((name) => suites.test(name));
  const start = machine(kernel);
  return steadily((failures) => start(failures?.map(({ file }) => file) ?? tests.map((name) => `test/${name}`)));
}

/**
 * What runs tests in a machine. One whose tests end by a signal before the first of them has ended, as it happens to Node under
 * emulation, is started once more, by name among what is unsteady: never twice.
 */
function machine(kernel) {
  const command = [process.execPath, ...vitest("run", []), `--config=${config}`, "--configLoader=native"];
  const thorough = process.env.LINKWRIGHT_THOROUGH === "1" ? { LINKWRIGHT_THOROUGH: "1" } : {};
  const env = { LINKWRIGHT_VM: "1", LINKWRIGHT_TOTALS: RESULT, ...thorough };
  const start = () => runInside(kernel, command, { cwd: root, env, seconds: SECONDS });
  const unsteady = [];
  return async (tests) => {
    await bundleTests(tests, "build/vm");
    let { status, result } = await start();
    if (result === undefined && status > SIGNALLED && unsteady.length === 0 && runsOnceMore()) {
      unsteady.push({ name: "the machine", words: `signal ${status - SIGNALLED} ended it before its first test had` });
      console.log(`Started once more: ${unsteady[0].name}: ${unsteady[0].words}`);
      ({ status, result } = await start());
    }
    const totals = { ...totalsOf(status, result), unsteady };
    if (totals.failed > 0 || totals.passed > 0) return totals;
    console.error("In the virtual machine, no test was run.");
    return { ...totals, failed: 1 };
  };
}
