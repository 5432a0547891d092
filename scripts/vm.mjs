import { provideKernel } from "../test/vm/harness/kernel.mjs";
import { runInside } from "../test/vm/harness/machine.mjs";

const USAGE = "usage: npm run vm -- [--kernel SERIES] [--seconds LIMIT] COMMAND [ARGUMENT …]";

/** Runs one command in a virtual machine with a Debian kernel, by default 6.1. */
async function main(words) {
  const options = { "--kernel": "6.1", "--seconds": "600" };
  while (words[0] in options) options[words[0]] = words.splice(0, 2)[1];
  const seconds = Number(options["--seconds"]);
  if (words.length === 0 || !(seconds > 0)) {
    console.error(USAGE);
    return 2;
  }
  const { kernel, missing } = provideKernel(options["--kernel"]);
  if (kernel === undefined) {
    console.error(`There is no virtual machine: ${missing}`);
    return 1;
  }
  return (await runInside(kernel, words, { seconds, env: { LINKWRIGHT_VM: "1" } })).status;
}

process.exitCode = await main(process.argv.slice(2));
