import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "rolldown";
import { root, run } from "./lib/run.mjs";

const sources = [
  "test/uapi/fuzz/plan.c",
  ...["qemu/policy", "qemu/replay", "qemu/trusted", "runner/plan", "runner/row", "runner/steps"].map(
    (name) => `native/${name}.c`,
  ),
];
const options = ["-std=gnu11", "-O1", "-g", "-D_GNU_SOURCE", "-DLIBFUZZER", "-fsanitize=fuzzer,address,undefined"];

async function writeSeeds(folder, corpus) {
  const module = join(folder, "seeds.mjs");
  const entry = join(root, "test/uapi/fuzz/seeds.ts");
  const resolve = { extensionAlias: { ".js": [".ts", ".js"] } };
  await build({ input: entry, platform: "node", resolve, output: { file: module } });
  const { seeds } = await import(pathToFileURL(module).href);
  mkdirSync(corpus);
  for (const [i, plan] of seeds().entries()) writeFileSync(join(corpus, `${i}.plan`), plan);
}

/** Feeds the reader of QEMU's plans by libFuzzer; what breaks it is written to crash-… in the current directory. */
async function main(seconds = "120") {
  const folder = mkdtempSync(join(tmpdir(), "linkwright-fuzz-"));
  const [program, corpus] = [join(folder, "plan"), join(folder, "corpus")];
  try {
    const words = [...options, "-fno-sanitize-recover=all", "-o", program, ...sources];
    if (run("clang", words).status !== 0) return 1;
    await writeSeeds(folder, corpus);
    const limits = [`-max_total_time=${seconds}`, "-max_len=8192", "-print_final_stats=1"];
    return run(program, [...limits, corpus], { cwd: process.cwd() }).status;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

process.exitCode = await main(process.argv[2]);
