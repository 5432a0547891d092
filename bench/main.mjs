import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { obstacleToTaps } from "../scripts/lib/privilege.mjs";
import { compareResults } from "./comparison.mjs";
import { checkOutput, readOptions, USAGE, UsageError } from "./options.mjs";
import { peerNames } from "./peers.mjs";
import { comparisonReport, report } from "./report.mjs";
import { readResult, ResultError, resultName, writeResult } from "./result.mjs";
import { OWN, runSections } from "./run.mjs";
import * as guest from "./sections/guest.mjs";
import * as kinds from "./sections/kinds.mjs";
import * as latency from "./sections/latency.mjs";
import * as programs from "./sections/programs.mjs";
import * as reading from "./sections/reading.mjs";
import * as throughput from "./sections/throughput.mjs";
import { progressBar } from "./terminal.mjs";

const sections = { latency, throughput, programs, reading, guest, kinds };
const RESULTS = fileURLToPath(new URL("results", import.meta.url));

const PRIVILEGE = "It needs root, or: unshare --user --map-root-user --net npm run bench";

/** How long the parts take, of all, in seconds. */
const shares = { verification: 12, latency: 240, throughput: 650, programs: 15, reading: 20, guest: 120, kinds: 110 };
const quickShares = { verification: 12, latency: 16, throughput: 45, programs: 8, reading: 6, guest: 14, kinds: 0 };

async function measure(options) {
  const chosen = Object.fromEntries(Object.entries(sections).filter(([name]) => options.only?.includes(name) ?? true));
  const bar = progressBar(
    Object.fromEntries(
      ["verification", ...Object.keys(chosen)].map((name) => [name, (options.quick ? quickShares : shares)[name]]),
    ),
  );
  try {
    return await runSections(chosen, options, bar.show);
  } finally {
    bar.end();
  }
}

/** Where the result is to go; undefined for nowhere. */
function destination({ output }, result) {
  return output === "none" ? undefined : (output ?? join(RESULTS, resultName(result)));
}

class Unmeasurable extends Error {}

/** Measures; the result is shown, and written where it is to go. */
async function newResult(options) {
  checkOutput(options.output);
  const obstacle = obstacleToTaps();
  if (obstacle !== undefined) throw new Unmeasurable(`nothing can be measured: ${obstacle}. ${PRIVILEGE}`);
  const result = await measure(options);
  console.log(report(result));
  const file = destination(options, result);
  if (file !== undefined) {
    writeResult(file, result);
    console.log(`\nwritten to ${file}`);
  }
  return result;
}

const isMeasured = ({ missing, skipped = [], rows }) =>
  rows.length > 0 && !missing.some(({ name }) => OWN.includes(name)) && !skipped.some(({ failed }) => failed);

async function main(words) {
  const options = await readOptions(words, { sections: Object.keys(sections), peers: peerNames });
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const old = options.compare === undefined ? undefined : readResult(options.compare);
  const result = options.current === undefined ? await newResult(options) : readResult(options.current);
  const comparison = old === undefined ? undefined : compareResults(old, result);
  if (comparison !== undefined) console.log(`\n${comparisonReport(comparison)}`);
  return isMeasured(result) && !comparison?.rows.some(({ verdict }) => verdict === "slower") ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof UsageError || error instanceof ResultError;
  console.error(`bench: ${isUsage || error instanceof Unmeasurable ? error.message : error.stack}`);
  if (error instanceof UsageError) console.error("npm run bench -- --help tells what there is.");
  process.exitCode = isUsage ? 2 : 1;
}
