import { run } from "../lib/run.mjs";
import { reportsIn, sanitized } from "../lib/sanitized.mjs";
import { ownNamespace } from "../lib/vitest.mjs";

/** What the addon's threads do beside the event loop: all it can do, workers that end at any moment, hosts that are lost. */
const programs = [
  ["scripts/stages/programs/exercise.mjs"],
  ["test/kernel/fixtures/workers.mjs", "3"],
  ["test/kernel/fixtures/exits.mjs", "10"],
  ["test/kernel/fixtures/throwing.mjs", "end", "handled", "5"],
];

/** Runs programs in a copy of the project whose addon is built with ThreadSanitizer. */
export function testUnderTsan() {
  // It wants memory where it is without randomization.
  if (run("setarch", ["-R", "true"], { stdio: "ignore" }).status !== 0)
    return { skip: "addresses cannot be made predictable here (setarch -R)" };
  return sanitized("thread", check);
}

function check(copy, library, logs) {
  const env = { LD_PRELOAD: library, TSAN_OPTIONS: `exitcode=0:report_signal_unsafe=0:log_path=${logs}` };
  const ended = programs.filter((program) => {
    const [command, ...args] = [...ownNamespace(), "setarch", "-R", process.execPath, "--expose-gc", ...program];
    const { status } = run(command, args, { cwd: copy, env, stdio: ["ignore", "ignore", "inherit"], timeout: 120_000 });
    if (status !== 0) console.error(`${program.join(" ")} ended with ${status}`);
    return status === 0;
  });
  const faults = reportsIn(copy).flatMap(ours);
  for (const fault of faults) console.error(fault);
  console.log(`ThreadSanitizer found ${faults.length === 0 ? "nothing" : `${faults.length} faults`}`);
  return { passed: ended.length, failed: programs.length - ended.length + faults.length, skipped: 0 };
}

/** The reports in which one side is the addon's own code: Node's code is not built to be looked at. */
function ours(reports) {
  const sides = /^ {2}(?:Previous )?(?:atomic )?(?:read|write) of .*\n((?: {4}#.*\n)*)/gim;
  return reports
    .split("==================\n")
    .filter((report) => !isNodesDescriptor(report))
    .filter((report) =>
      [...report.matchAll(sides)].some(([, stack]) => /^ {4}#[01] .*\/native\/[\w/]+\.c:/m.test(stack)),
    );
}

/**
 * Node closes its descriptors by system calls that the sanitizer does not see: whoever has the number of one next seems to race with
 * the one who had it.
 */
function isNodesDescriptor(report) {
  const [, stack] = /^ {2}Location is file descriptor .*\n((?: {4}#[01] .*\n)+)/m.exec(report) ?? [];
  return stack !== undefined && !stack.includes("/native/");
}
