import { findRegressions } from "./regression.js";
import { readResult } from "../result.js";
import { findContenders, OWN } from "./run.js";

/**
 * Usage: node bench/check.mjs RESULT…, of several machines. Exit status 0 when linkwright beside the floor is as quick as one of them has it,
 * 1 when it became slower. The noise of its own paired rounds decides, whatever else runs on the machine.
 */
async function main(paths: readonly string[]): Promise<number> {
  const references = paths.map(readResult);
  const { found, missing } = findContenders(OWN);
  if (missing[0] !== undefined) throw new Error(`${missing[0].name}: ${missing[0].reason}`);
  const { slower = [], broken } = await findRegressions(found, references, console.log);
  if (broken !== undefined) throw new Error(broken);
  for (const { id, before, after, change, low } of slower)
    console.log(
      `${id} became slower: ${after.toFixed(2)} times the floor instead of ${before.toFixed(2)}, that is by ${change.toFixed(2)}, at least ${low.toFixed(2)}`,
    );
  return slower.length === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
