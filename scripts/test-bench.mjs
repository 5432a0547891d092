import { existsSync } from "node:fs";
import { join } from "node:path";
import { obstacleToTaps } from "./privilege.mjs";
import { installed, root, run } from "./run.mjs";
import { ownNamespace } from "./suites.mjs";

const REFERENCE = join(root, "bench/results/reference.json");
/** Exit status of bench/check.mjs when the machine is too busy to tell. */
const BUSY = 3;

/** Whether linkwright beside the floor is as quick as the committed result of the benchmark says. */
export function testBench() {
  const reason = obstacle();
  if (reason !== undefined) return { skip: reason };
  const [command, ...args] = [...ownNamespace(), process.execPath, join(root, "bench/check.mjs"), REFERENCE];
  const { status } = run(command, args);
  if (status === BUSY) return { skip: "the machine is busy with other things" };
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1 };
}

function obstacle() {
  if (!existsSync(REFERENCE)) return "there is no bench/results/reference.json";
  if (!installed("cc")) return "cc not installed";
  return obstacleToTaps(ownNamespace());
}
