import { join } from "node:path";
import { obstacleToTaps } from "../../scripts/lib/privilege.mjs";
import { root } from "../../scripts/lib/run.mjs";
import { compareResults } from "../judge/comparison.js";
import { checkOutput, type Options, readOptions, USAGE, UsageError } from "../options.js";
import { peerNames } from "../contenders/peers.js";
import { comparisonReport, report, standingsReport } from "../render/report.js";
import { readResult, type Result, ResultError, resultName, writeResult } from "../result.js";
import { OWN, runSections } from "./run.js";
import type { Section } from "./section.js";
import * as containers from "./sections/containers.js";
import * as guest from "./sections/guest.js";
import * as kinds from "./sections/kinds.js";
import * as latency from "./sections/latency.js";
import * as networks from "./sections/networks.js";
import * as openvswitch from "./sections/openvswitch.js";
import * as programs from "./sections/programs.js";
import * as reading from "./sections/reading.js";
import * as throughput from "./sections/throughput.js";
import * as watching from "./sections/watching.js";
import { progressBar } from "../render/terminal.js";

const sections: Readonly<Record<string, Section>> = {
  latency,
  throughput,
  programs,
  containers,
  networks,
  openvswitch,
  reading,
  guest,
  watching,
  kinds,
};
const RESULTS = join(root, "bench/results");

const PRIVILEGE = "It needs root, or: unshare --user --map-root-user --net npm run bench";

/** How long the parts take, of all, in seconds. */
const shares: Readonly<Record<string, number>> = {
  verification: 12,
  latency: 240,
  throughput: 650,
  programs: 15,
  containers: 30,
  networks: 60,
  openvswitch: 150,
  reading: 20,
  guest: 120,
  watching: 150,
  kinds: 110,
};
const quickShares: Readonly<Record<string, number>> = {
  verification: 12,
  latency: 16,
  throughput: 45,
  programs: 8,
  containers: 10,
  networks: 15,
  openvswitch: 15,
  reading: 6,
  guest: 14,
  watching: 20,
  kinds: 0,
};

async function measure(options: Options): Promise<Result> {
  const chosen = Object.fromEntries(Object.entries(sections).filter(([name]) => options.only?.includes(name) ?? true));
  const bar = progressBar(
    Object.fromEntries(
      ["verification", ...Object.keys(chosen)].map((name) => [name, (options.quick ? quickShares : shares)[name] ?? 0]),
    ),
  );
  try {
    return await runSections(chosen, options, bar.show);
  } finally {
    bar.end();
  }
}

/** Where the result is to go; undefined for nowhere. */
function destination({ output }: Options, result: Result): string | undefined {
  return output === "none" ? undefined : (output ?? join(RESULTS, resultName(result)));
}

class Unmeasurable extends Error {}

/** Measures; the result is shown, and written where it is to go. */
async function newResult(options: Options): Promise<Result> {
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

const isMeasured = ({ missing, skipped = [], rows }: Result): boolean =>
  rows.length > 0 && !missing.some(({ name }) => OWN.includes(name)) && !skipped.some(({ failed }) => failed);

async function main(words: readonly string[]): Promise<number> {
  const options = readOptions(words, { sections: Object.keys(sections), peers: peerNames });
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const old = options.compare === undefined ? undefined : readResult(options.compare);
  const result = options.current === undefined ? await newResult(options) : readResult(options.current);
  const comparison = old === undefined ? undefined : compareResults(old, result);
  if (comparison !== undefined) console.log(`\n${comparisonReport(comparison)}`);
  if (old !== undefined) console.log(`\n${standingsReport(old, result) ?? ""}`);
  return isMeasured(result) && !comparison?.rows.some(({ verdict }) => verdict === "slower") ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof UsageError || error instanceof ResultError;
  const told = isUsage || error instanceof Unmeasurable;
  console.error(`bench: ${told ? error.message : (error as Error).stack}`);
  if (error instanceof UsageError) console.error("npm run bench -- --help tells what there is.");
  process.exitCode = isUsage ? 2 : 1;
}
