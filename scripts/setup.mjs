import { createRequire } from "node:module";
import { provideDependencies } from "./dependencies.mjs";
import { run } from "./run.mjs";
import { provideTools } from "./tools.mjs";

const programs = {
  start: ["dist/cli/main.js", "demo"],
  test: ["scripts/test.mjs"],
  bench: ["bench/main.mjs"],
};

const { devEngines } = createRequire(import.meta.url)("../package.json");

function isNewEnough() {
  const minimum = /\d+\.\d+/.exec(devEngines.runtime.version)[0].split(".").map(Number);
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > minimum[0] || (major === minimum[0] && minor >= minimum[1])) return true;
  console.error(`Node ${minimum.join(".")} or newer is needed; this is ${process.versions.node}.`);
  return false;
}

function main([task, ...rest]) {
  const program = programs[task];
  if (program === undefined) {
    console.error(`usage: node scripts/setup.mjs ${Object.keys(programs).join("|")} [ARGUMENT …]`);
    return 2;
  }
  if (!isNewEnough()) return 1;
  provideTools(task);
  if (!provideDependencies()) return 1;
  if (task !== "test" && run(process.execPath, ["scripts/build.mjs"]).status !== 0) return 1;
  return run(process.execPath, [...program, ...rest]).status;
}

process.exitCode = main(process.argv.slice(2));
