import "../scripts/build.mjs";

await import("../build/bench/baseline.mjs");
