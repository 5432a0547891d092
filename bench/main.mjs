import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compareResults } from "./comparison.mjs";
import { readOptions, USAGE, UsageError } from "./options.mjs";
import { peerNames } from "./peers.mjs";
import { comparisonReport, report } from "./report.mjs";
import { readResult, resultName, writeResult } from "./result.mjs";
import { runSections } from "./run.mjs";
import * as guest from "./sections/guest.mjs";
import * as kinds from "./sections/kinds.mjs";
import * as latency from "./sections/latency.mjs";
import * as programs from "./sections/programs.mjs";
import * as reading from "./sections/reading.mjs";
import * as throughput from "./sections/throughput.mjs";
import { progressBar } from "./terminal.mjs";

const sections = { latency, throughput, programs, reading, guest, kinds };
const RESULTS = fileURLToPath(new URL("results", import.meta.url));

/** How long the parts take, of all. */
const shares = { verification: 15, latency: 240, throughput: 650, programs: 10, reading: 20, guest: 100, kinds: 90 };

async function measure(options) {
  const chosen = Object.fromEntries(Object.entries(sections).filter(([name]) => options.only?.includes(name) ?? true));
  const bar = progressBar(
    Object.fromEntries(["verification", ...Object.keys(chosen)].map((name) => [name, shares[name]])),
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

async function main(words) {
  const options = await readOptions(words, { sections: Object.keys(sections), peers: peerNames });
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const old = options.compare === undefined ? undefined : readResult(options.compare);
  const result = options.current === undefined ? await measure(options) : readResult(options.current);
  if (options.current === undefined) {
    console.log(report(result));
    const file = destination(options, result);
    if (file !== undefined) {
      mkdirSync(dirname(file), { recursive: true });
      writeResult(file, result);
      console.log(`\nwritten to ${file}`);
    }
  }
  if (old === undefined) return 0;
  const comparison = compareResults(old, result);
  console.log(`\n${comparisonReport(comparison)}`);
  return comparison.rows.some(({ verdict }) => verdict === "slower") ? 1 : 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof UsageError ? `bench: ${error.message}\n\n${USAGE}` : `bench: ${error.stack}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
