import "../scripts/build.mjs";

await import("../build/bench/benchmark.mjs");
