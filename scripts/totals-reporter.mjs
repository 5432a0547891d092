import { writeFileSync } from "node:fs";

/**
 * A vitest reporter that names every skipped test with its reason, and writes the totals as JSON to the file named by
 * LINKWRIGHT_TOTALS. What fails outside of a test (a file that cannot be loaded, a hook, a worker that crashes) counts
 * as one failed.
 */
export default class TotalsReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const totals = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) totals.failed += 1;
      for (const suite of module.children.allSuites()) if (suite.errors().length > 0) totals.failed += 1;
      for (const test of module.children.allTests()) count(test, module, totals);
    }
    if (process.env.LINKWRIGHT_TOTALS !== undefined)
      writeFileSync(process.env.LINKWRIGHT_TOTALS, JSON.stringify(totals));
  }
}

function count(test, module, totals) {
  const { state, note } = test.result();
  if (state === "passed") totals.passed += 1;
  else if (state === "skipped") {
    totals.skipped += 1;
    console.log(`skipped: ${module.relativeModuleId}: ${test.fullName}: ${note ?? "no reason given"}`);
  } else totals.failed += 1;
}
