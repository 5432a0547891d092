import "../scripts/build.mjs";

await import("../build/bench/responses.mjs");
