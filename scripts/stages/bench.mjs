import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { obstacleToTaps } from "../lib/privilege.mjs";
import { installed, root, run } from "../lib/run.mjs";
import { ownNamespace } from "../lib/vitest.mjs";

const RESULTS = join(root, "bench/results");
const REFERENCE = join(RESULTS, "reference.json");

/** Whether linkwright beside the floor is as quick as the committed results of the benchmark say. */
export function testBench() {
  const reason = obstacle();
  if (reason !== undefined) return { skip: reason };
  const [command, ...args] = [...ownNamespace(), process.execPath, join(root, "bench/check.mjs"), ...results()];
  const { status } = run(command, args);
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1 };
}

/** The committed results, of a machine each. */
function results() {
  return readdirSync(RESULTS).map((name) => join(RESULTS, name));
}

function obstacle() {
  if (!existsSync(REFERENCE)) return "there is no bench/results/reference.json";
  if (!installed("cc")) return "cc not installed";
  return obstacleToTaps(ownNamespace());
}
