import { writeFileSync } from "node:fs";
import { spentOn } from "./budgets.mjs";

/** So many of the files whose tests took longest are named, of those that took this many milliseconds. */
const SLOWEST = 10;
const SLOW = 3000;

/**
 * A vitest reporter that names every skipped test with its reason and the slowest files, and writes the totals, what failed, by its
 * name and first words, and what each subject took, as JSON to the file named by LINKWRIGHT_TOTALS, which is empty from the first
 * test's end on. What fails outside of a test (a file that cannot be loaded, a hook, a worker that crashes) counts as one failed.
 */
export default class TotalsReporter {
  #begun = false;

  onTestCaseResult() {
    if (!this.#begun) write("");
    this.#begun = true;
  }

  onTestRunEnd(modules, unhandledErrors) {
    const times = modules.map((module) => ({ name: fileOf(module), time: module.diagnostic().duration }));
    const totals = { passed: 0, failed: 0, skipped: 0, failures: [], spent: spentOn(times) };
    fail({ name: "outside of the tests" }, unhandledErrors, totals);
    for (const module of modules) {
      fail(placeOf(module), module.errors(), totals);
      for (const suite of module.children.allSuites()) fail(placeOf(module, suite), suite.errors(), totals);
      for (const test of module.children.allTests()) count(test, module, totals);
    }
    for (const line of slowest(times)) console.log(line);
    write(JSON.stringify(totals));
  }
}

function write(text) {
  if (process.env.LINKWRIGHT_TOTALS !== undefined) writeFileSync(process.env.LINKWRIGHT_TOTALS, text);
}

function count(test, module, totals) {
  const { state, note, errors } = test.result();
  if (state === "passed") totals.passed += 1;
  else if (state === "skipped") {
    totals.skipped += 1;
    console.log(`skipped: ${placeOf(module, test).name}: ${note ?? "no reason given"}`);
  } else fail(placeOf(module, test), errors?.length > 0 ? errors : [undefined], totals);
}

function slowest(times) {
  return times
    .filter(({ time }) => time >= SLOW)
    .sort((one, other) => other.time - one.time)
    .slice(0, SLOWEST)
    .map(({ name, time }) => `slow: ${name}: ${(time / 1000).toFixed(1)} s`);
}

/** A file as it is written, also where what is run was bundled from it. */
const fileOf = (module) => module.relativeModuleId.replace(/\.mjs$/, ".ts");

function placeOf(module, task) {
  const file = fileOf(module);
  return { project: module.project.name, file, name: task === undefined ? file : `${file}: ${task.fullName}` };
}

/** Counts one failure when there are errors. */
function fail(place, errors, totals) {
  if (errors.length === 0) return;
  totals.failed += 1;
  totals.failures.push({ ...place, words: String(errors[0]?.message ?? "it did not end").split("\n", 1)[0] });
}
