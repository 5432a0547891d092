import { join } from "node:path";
import { root } from "../../../scripts/lib/run.mjs";
import type { Bench } from "../section.js";
import type { Inside } from "./kinds-inside.js";
import { provideKernel } from "../../../test/vm/harness/kernel.mjs";
import { accelerated, runInside } from "../../../test/vm/harness/machine.mjs";

/** As it was built. */
const PROGRAM = join(root, "build/bench/kinds-inside.mjs");
const COUNT = 1000;

/** Kinds that the machine's own kernel may lack, by linkwright and by `ip -batch`, in a virtual machine whose kernel has them. */
export async function run(bench: Bench): Promise<string | undefined> {
  if (bench.quick) return "it takes a minute, too long for a quick run";
  const count = Math.min(COUNT, bench.most);
  const { kernel, missing } = provideKernel("6.1");
  if (kernel === undefined) return missing;
  bench.progress(0, `${count} of each in a virtual machine`);
  const { status, result } = await runInside(kernel, [process.execPath, PROGRAM, String(count)], {
    output: process.stderr,
  });
  if (status !== 0) return `the virtual machine's program ended with ${status}`;
  const { release, times } = JSON.parse(result ?? "") as Inside;
  const speed = accelerated() ? "KVM" : "emulated, ten to twenty times slower";
  for (const { what, title, samples } of times) {
    const id = `kinds.${what}.${count}`;
    bench.record.row({
      section: "kinds",
      id,
      title,
      count,
      unit: "ms",
      remark: `Linux ${release} in a virtual machine, ${speed}`,
    });
    for (const [name, time] of Object.entries(samples)) bench.record.add(id, name, time);
  }
  return undefined;
}
