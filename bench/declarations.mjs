import "../scripts/build.mjs";

await import("../build/bench/declarations.mjs");
