import { writeFileSync } from "node:fs";
import { spentOn } from "./budgets.mjs";

/** So many of the files whose tests took longest are named, of those that took this many milliseconds. */
const SLOWEST = 10;
const SLOW = 3000;

/**
 * A vitest reporter that names every skipped test with its reason and the slowest files, and writes the totals, what failed, by its
 * name and first words, and what each subject took, as JSON to the file named by LINKWRIGHT_TOTALS. What fails outside of a test (a
 * file that cannot be loaded, a hook, a worker that crashes) counts as one failed.
 */
export default class TotalsReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const times = modules.map((module) => ({ name: module.relativeModuleId, time: module.diagnostic().duration }));
    const totals = { passed: 0, failed: 0, skipped: 0, failures: [], spent: spentOn(times) };
    fail("outside of the tests", unhandledErrors, totals);
    for (const module of modules) {
      fail(module.relativeModuleId, module.errors(), totals);
      for (const suite of module.children.allSuites()) fail(nameOf(suite, module), suite.errors(), totals);
      for (const test of module.children.allTests()) count(test, module, totals);
    }
    for (const line of slowest(times)) console.log(line);
    if (process.env.LINKWRIGHT_TOTALS !== undefined)
      writeFileSync(process.env.LINKWRIGHT_TOTALS, JSON.stringify(totals));
  }
}

function count(test, module, totals) {
  const { state, note, errors } = test.result();
  if (state === "passed") totals.passed += 1;
  else if (state === "skipped") {
    totals.skipped += 1;
    console.log(`skipped: ${nameOf(test, module)}: ${note ?? "no reason given"}`);
  } else fail(nameOf(test, module), errors?.length > 0 ? errors : [undefined], totals);
}

function slowest(times) {
  return times
    .filter(({ time }) => time >= SLOW)
    .sort((one, other) => other.time - one.time)
    .slice(0, SLOWEST)
    .map(({ name, time }) => `slow: ${name}: ${(time / 1000).toFixed(1)} s`);
}

const nameOf = (task, module) => `${module.relativeModuleId}: ${task.fullName}`;

/** Counts one failure when there are errors. */
function fail(name, errors, totals) {
  if (errors.length === 0) return;
  totals.failed += 1;
  totals.failures.push(`${name}: ${String(errors[0]?.message ?? "it did not end").split("\n", 1)[0]}`);
}
