import { provideKernel } from "../test/vm/harness/kernel.mjs";
import { provideNetdevsim } from "../test/vm/harness/netdevsim.mjs";
import { RESULT, runInside } from "../test/vm/harness/machine.mjs";
import { root, run } from "./run.mjs";
import { ownNamespace, totalsOf, vitest } from "./suites.mjs";

/** Far above what it takes, for a slow machine; what hangs is ended then. */
const SECONDS = 900;

const projects = ["vm", "kernel"];

/** The suite that needs such a kernel, and of the kernel's those that may not find on this machine what they test. */
const suites = ["test/vm/", "test/kernel/host-bridge", "test/kernel/host-links", "test/kernel/errors-links"];

/** What is the same with every kernel, and takes its time, is tried with the first. */
const scenes = ["bond-scene", "bridge-scenes", "many-vlans", "vlan-flood", "vlan-filtering-bridge", "vlan-trunk"];
const left = { 6.12: scenes.map((name) => `--exclude=test/vm/${name}.test.ts`) };

/** One process and one thread for all files: in the guest, starting takes longer than the tests. */
const together = ["--pool=threads", "--no-file-parallelism", "--no-isolate"];

/** Imports every module of the library, which then does not wait for the test that is first to load it. */
const everyModule = "test/unit/every-module";

/** Lists the tests, for which vitest transforms all files and keeps them; in the guest that takes ten times as long. */
function transform() {
  const names = [...projects, "unit"];
  const [command, ...args] = [...ownNamespace(), process.execPath, ...vitest("list", names), ...suites, everyModule];
  run(command, args, { env: { LINKWRIGHT_VM: "1" }, stdio: "ignore" });
}

/** Runs suites in a virtual machine with a Debian kernel of a series such as "6.1". */
export async function testUnderKernel(series) {
  const { kernel, missing } = provideKernel(series);
  if (kernel === undefined) return { skip: missing };
  const lacking = provideNetdevsim(kernel, series);
  if (lacking !== undefined) console.log(`There is no netdevsim: ${lacking}`);
  transform();
  const command = [process.execPath, ...vitest("run", projects), ...together, ...(left[series] ?? []), ...suites];
  const env = { LINKWRIGHT_VM: "1", LINKWRIGHT_TOTALS: RESULT };
  const { status, result } = await runInside(kernel, command, { cwd: root, env, seconds: SECONDS });
  const totals = totalsOf(status, result);
  if (totals.failed > 0 || totals.passed > 0) return totals;
  console.error("In the virtual machine, no test was run.");
  return { ...totals, failed: 1 };
}
