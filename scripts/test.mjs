import { availableParallelism } from "node:os";
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

/** `aside`: can be done beside others that can. `built`: needs what is built. `more`: left out unless all is asked for. */
const stages = [
  { name: "build", aside: true, work: build },
  { name: "lint", aside: true, work: checkLint },
  { name: "types", aside: true, work: checkTypes },
  { name: "format", aside: true, work: checkFormat },
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

/** Runs stages, each whatever became of the others: first those that can be done beside one another, then the rest in turn. */
async function runStages(selection) {
  const results = await severalAtOnce(
    selection.filter(({ aside }) => aside),
    runStage,
  );
  const built = results.every(({ name, failed }) => name !== "build" || failed === 0);
  for (const stage of selection.filter(({ aside }) => !aside)) {
    console.log(`\n== ${stage.name}`);
    results.push(stage.built && !built ? resultOf(stage, 0, { skip: "nothing is built" }) : await runStage(stage));
  }
  return results;
}

async function runStage(stage) {
  const start = performance.now();
  const outcome = await stage.work();
  if (outcome.said !== undefined) console.log(`\n== ${stage.name}\n${outcome.said}`.trimEnd());
  return resultOf(stage, (performance.now() - start) / 1000, outcome);
}

function resultOf({ name, more = false }, seconds, outcome) {
  const none = { skip: undefined, passed: 0, failed: 0, skipped: 0, failures: [], unsteady: [], spent: {} };
  return { name, more, seconds, ...none, ...outcome };
}

/** Works on as many items at once as there are processors, and resolves to the results in the items' order. */
async function severalAtOnce(items, work) {
  const results = [];
  const waiting = [...items.entries()];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return results;
}

/** Prints what failed, what is unsteady, each stage, what was left out, and the totals; true when all is well. */
function report(results, seconds, leftOut) {
  console.log();
  for (const { name: stage, unsteady, failures } of results) {
    for (const { name, words } of unsteady) console.log(`unsteady: ${stage}: ${name}: ${words}`);
    for (const { name, words } of failures) console.log(`failed: ${stage}: ${name}: ${words}`);
  }
  for (const result of results) console.log(describe(result));
  for (const line of spending(results.filter(({ more }) => !more).map(({ spent }) => spent))) console.log(line);
  const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
  const without = leftOut.length === 0 ? "" : `; left out, for npm test -- --all: ${leftOut.join(", ")}`;
  console.log(`${(seconds / 60).toFixed(1)} min${without}`);
  const unsteady = results.reduce((sum, result) => sum + result.unsteady.length, 0);
  if (unsteady > 0) console.log(`${unsteady} unsteady, each of them to be mended (docs/testing.md)`);
  console.log(`${total("passed")} passed, ${total("failed")} failed`);
  return total("failed") === 0;
}

function describe({ name, seconds, skip, passed, failed, skipped, unsteady }) {
  const start = `${name.padEnd(9)} ${`${seconds.toFixed(1)} s`.padStart(8)}  `;
  if (skip !== undefined) return `${start}skipped: ${skip}`;
  if (passed + failed + skipped === 0) return `${start}ok`;
  if (passed + skipped === 0) return `${start}failed`;
  const more = Object.entries({ skipped, unsteady: unsteady.length }).filter(([, count]) => count > 0);
  return [`${start}${passed} passed, ${failed} failed`, ...more.map(([word, count]) => `${count} ${word}`)].join(", ");
}

async function main(words) {
  const { complaint, selection } = chosen(words);
  if (complaint !== undefined) {
    console.error(`${complaint}\n${USAGE}`);
    return 2;
  }
  if (selection.length === stages.length) {
    process.env.LINKWRIGHT_FUZZ_SECONDS ??= "60";
    process.env.LINKWRIGHT_THOROUGH ??= "1";
  }
  const leftOut = words.length > 0 ? [] : stages.filter(({ more }) => more).map(({ name }) => name);
  const start = performance.now();
  const results = await runStages(selection);
  return report(results, (performance.now() - start) / 1000, leftOut) ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
