import { fileURLToPath } from "node:url";
import { provideKernel } from "../test/vm/harness/kernel.mjs";
import { accelerated, runInside } from "../test/vm/harness/machine.mjs";
import { table } from "./statistics.mjs";

const PROGRAM = fileURLToPath(new URL("vlans.mjs", import.meta.url));

/** VLANs and bridges in a virtual machine, whose kernel has them; says why not where there is none. */
export async function vlanTable(count) {
  const { kernel, missing } = provideKernel("6.1");
  if (kernel === undefined) return `not here: ${count} VLANs, each in its bridge: ${missing}`;
  const { status, result } = await runInside(kernel, [process.execPath, PROGRAM, String(count)]);
  if (status !== 0) return `${count} VLANs, each in its bridge: failed with ${status}`;
  const { release, times } = JSON.parse(result);
  const total = Object.values(times).reduce((sum, time) => sum + time, 0);
  const seconds = { ...times, total };
  const where = `Linux ${release} in a virtual machine, ${accelerated() ? "KVM" : "emulated, ten to twenty times slower"}`;
  return table([
    [`${count} VLANs, each in its bridge, seconds; ${where}`, ...Object.keys(seconds)],
    ["linkwright", ...Object.values(seconds).map((time) => (time / 1000).toFixed(1))],
  ]);
}
