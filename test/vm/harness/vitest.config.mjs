import { fileURLToPath } from "node:url";

const bundles = fileURLToPath(new URL("../../../build/vm", import.meta.url));

/** Far above what anything takes, for an emulated machine on a busy one. */
const timeout = 240_000;

/** Runs what bundle.mjs made: in one thread, for in the guest starting one takes longer than most tests. */
export default {
  root: bundles,
  test: {
    include: ["**/*.test.mjs"],
    pool: "threads",
    fileParallelism: false,
    isolate: false,
    testTimeout: timeout,
    hookTimeout: timeout,
    reporters: ["default", fileURLToPath(new URL("../../../scripts/lib/totals-reporter.mjs", import.meta.url))],
    // Node loads it as it is. (A string would be the name of a package.)
    server: { deps: { external: [/\/build\/vm\//] } },
  },
};
