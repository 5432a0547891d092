import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { provideDependencies } from "./lib/dependencies.mjs";
import { root, run } from "./lib/run.mjs";
import { provideTools } from "./lib/tools.mjs";

const programs = {
  start: ["dist/code/cli.cjs", "demo"],
  test: ["scripts/test.mjs"],
  bench: ["bench/main.mjs"],
  fuzz: ["scripts/fuzz.mjs"],
};

const { devEngines } = createRequire(import.meta.url)("../package.json");

function isNewEnough() {
  const minimum = /\d+\.\d+/.exec(devEngines.runtime.version)[0].split(".").map(Number);
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > minimum[0] || (major === minimum[0] && minor >= minimum[1])) return true;
  console.error(`Node ${minimum.join(".")} or newer is needed; this is ${process.versions.node}.`);
  return false;
}

async function main([task, ...rest]) {
  const program = programs[task];
  if (program === undefined) {
    console.error(`usage: node scripts/setup.mjs ${Object.keys(programs).join("|")} [ARGUMENT …]`);
    return 2;
  }
  if (!isNewEnough()) return 1;
  const takesMore = task === "test" && rest.some((word) => ["--all", "managers"].includes(word));
  provideTools(task, ...(takesMore ? ["more"] : []));
  if (!provideDependencies()) return 1;
  if (task !== "test" && run(process.execPath, ["scripts/build.mjs"]).status !== 0) return 1;
  return start([...program, ...rest]);
}

/** Runs a program of the project; signals that would end this one are its to handle. */
async function start(program) {
  const child = spawn(process.execPath, program, { cwd: root, stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  const [status, signal] = await once(child, "close");
  return status ?? 128 + constants.signals[signal];
}

process.exitCode = await main(process.argv.slice(2));
