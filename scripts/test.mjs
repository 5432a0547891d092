import { spending } from "./lib/budgets.mjs";
import { testUnderAsan } from "./stages/asan.mjs";
import { testBench } from "./stages/bench.mjs";
import { build, checkFormat, checkLint, checkTypes } from "./stages/checks.mjs";
import { testMainJob, testUnderNode } from "./stages/nodes.mjs";
import { testBoot, testManagers, testSuites } from "./stages/suites.mjs";
import { testUnderTsan } from "./stages/tsan.mjs";
import { testUnderKernel } from "./stages/vm.mjs";

const USAGE = "usage: npm test [-- --all | STAGE …]";

const major = Number(process.versions.node.split(".")[0]);

/** `built`: needs what is built. `more`: left out unless all is asked for. */
const stages = [
  { name: "build", work: build },
  { name: "format", work: checkFormat },
  { name: "lint", work: checkLint },
  { name: "types", work: checkTypes },
  { name: "suites", built: true, work: testSuites },
  // The newest that Debian's stable release can have: fewest tests are skipped there for what the kernel does not have yet.
  { name: "vm-6.12", built: true, work: () => testUnderKernel("6.12") },
  { name: "vm-6.1", built: true, more: true, work: () => testUnderKernel("6.1") },
  { name: "boot", built: true, more: true, work: testBoot },
  { name: "node-20.0", built: true, more: true, work: () => testMainJob("20.0.0") },
  ...[20, 22, 24]
    .filter((version) => version !== major)
    .map((version) => ({ name: `node-${version}`, built: true, more: true, work: () => testUnderNode(version) })),
  { name: "managers", built: true, more: true, work: testManagers },
  { name: "bench", built: true, more: true, work: testBench },
  { name: "asan", built: true, more: true, work: testUnderAsan },
  { name: "tsan", built: true, more: true, work: testUnderTsan },
];

/** Which stages the words name, without any those that are not left out; or a complaint. */
function chosen(words) {
  const all = words.includes("--all");
  const names = words.filter((word) => word !== "--all");
  const unknown = names.find((name) => !stages.some((stage) => stage.name === name));
  if (unknown !== undefined)
    return { complaint: `no stage "${unknown}"; there are ${stages.map(({ name }) => name).join(", ")}` };
  if (all && names.length > 0) return { complaint: "--all is every stage: it goes with no name" };
  if (names.length > 0) return { selection: stages.filter(({ name }) => names.includes(name)) };
  return { selection: stages.filter(({ more }) => all || !more) };
}

/** Runs stages, each whatever became of those before. */
async function runStages(selection) {
  const results = [];
  let built = true;
  for (const { name, built: needsBuild, work } of selection) {
    console.log(`\n== ${name}`);
    const start = performance.now();
    const {
      skip,
      passed = 0,
      failed = 0,
      skipped = 0,
      failures = [],
      spent = {},
    } = needsBuild && !built ? { skip: "nothing is built" } : await work();
    if (name === "build") built = failed === 0;
    const seconds = (performance.now() - start) / 1000;
    results.push({ name, seconds, skip, passed, failed, skipped, failures, spent });
  }
  return results;
}

/** Prints what failed, each stage, what was left out, and the totals; true when all is well. */
function report(results, leftOut) {
  console.log();
  for (const { name, failures } of results) for (const failure of failures) console.log(`failed: ${name}: ${failure}`);
  for (const result of results) console.log(describe(result));
  for (const line of spending(results.map(({ spent }) => spent))) console.log(line);
  const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
  const minutes = (total("seconds") / 60).toFixed(1);
  if (leftOut.length > 0) console.log(`${minutes} min; left out, for npm test -- --all: ${leftOut.join(", ")}`);
  console.log(`${total("passed")} passed, ${total("failed")} failed`);
  return total("failed") === 0;
}

function describe({ name, seconds, skip, passed, failed, skipped }) {
  const start = `${name.padEnd(9)} ${`${seconds.toFixed(1)} s`.padStart(8)}  `;
  if (skip !== undefined) return `${start}skipped: ${skip}`;
  if (passed + failed + skipped === 0) return `${start}ok`;
  if (passed + skipped === 0) return `${start}failed`;
  return `${start}${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

async function main(words) {
  const { complaint, selection } = chosen(words);
  if (complaint !== undefined) {
    console.error(`${complaint}\n${USAGE}`);
    return 2;
  }
  if (selection.length === stages.length) process.env.LINKWRIGHT_FUZZ_SECONDS ??= "60";
  const leftOut = words.length > 0 ? [] : stages.filter(({ more }) => more).map(({ name }) => name);
  return report(await runStages(selection), leftOut) ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
