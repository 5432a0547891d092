import "../scripts/build.mjs";

await import("../build/bench/check.mjs");
