import "../scripts/build.mjs";

await import("../build/bench/readme.mjs");
