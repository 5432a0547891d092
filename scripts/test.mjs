import { join } from "node:path";
import { root, run } from "./run.mjs";
import { runSuites } from "./suites.mjs";
import { testUnderAsan } from "./test-asan.mjs";
import { testBench } from "./test-bench.mjs";
import { smokeUnderNode, testUnderNode } from "./test-nodes.mjs";
import { testUnderTsan } from "./test-tsan.mjs";
import { testUnderKernel } from "./test-vm.mjs";

const major = Number(process.versions.node.split(".")[0]);

/** A check prints nothing but what is wrong, and counts only when it fails. */
function check(program, ...args) {
  const { status } = run(process.execPath, [join(root, "node_modules", program), ...args]);
  return { passed: 0, failed: status === 0 ? 0 : 1, skipped: 0 };
}

const stages = [
  { name: "build", work: () => ({ failed: run(process.execPath, ["scripts/build.mjs"]).status === 0 ? 0 : 1 }) },
  { name: "format", work: () => check("prettier/bin/prettier.cjs", "--check", "--log-level=warn", ".") },
  { name: "lint", work: () => check("eslint/bin/eslint.js") },
  { name: "types", work: () => check("typescript/bin/tsc", "-p", "tsconfig.json") },
  { name: "suites", built: true, work: () => runSuites(["unit", "uapi", "kernel", "e2e", "package"]) },
  ...["6.1", "6.12"].map((series) => ({ name: `vm-${series}`, built: true, work: () => testUnderKernel(series) })),
  { name: "node-20.0", built: true, work: () => smokeUnderNode("20.0.0") },
  ...[20, 22, 24]
    .filter((version) => version !== major)
    .map((version) => ({ name: `node-${version}`, built: true, work: () => testUnderNode(version) })),
  { name: "bench", built: true, work: testBench },
  { name: "asan", built: true, work: testUnderAsan },
  { name: "tsan", built: true, work: testUnderTsan },
];

/** Runs the named stages, or all of them, each whatever became of those before; prints the totals; true when all is well. */
async function runStages(names) {
  const results = [];
  let built = true;
  for (const { name, built: needsBuild, work } of stages.filter(
    ({ name }) => names.length === 0 || names.includes(name),
  )) {
    console.log(`\n== ${name}`);
    const start = performance.now();
    const {
      skip,
      passed = 0,
      failed = 0,
      skipped = 0,
      failures = [],
    } = needsBuild && !built ? { skip: "nothing is built" } : await work();
    if (name === "build") built = failed === 0;
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    results.push({ name, seconds, skip, passed, failed, skipped, failures });
  }
  console.log();
  for (const { name, failures } of results) for (const failure of failures) console.log(`failed: ${name}: ${failure}`);
  for (const result of results) console.log(describe(result));
  const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
  console.log(`${total("passed")} passed, ${total("failed")} failed`);
  return total("failed") === 0;
}

function describe({ name, seconds, skip, passed, failed, skipped }) {
  const start = `${name.padEnd(9)} ${`${seconds} s`.padStart(8)}  `;
  if (skip !== undefined) return `${start}skipped: ${skip}`;
  if (passed + failed + skipped === 0) return `${start}ok`;
  if (passed + skipped === 0) return `${start}failed`;
  return `${start}${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

async function main(names) {
  const unknown = names.find((name) => !stages.some((stage) => stage.name === name));
  if (unknown !== undefined) {
    console.error(`no stage "${unknown}"; there are ${stages.map(({ name }) => name).join(", ")}`);
    return 2;
  }
  return (await runStages(names)) ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
