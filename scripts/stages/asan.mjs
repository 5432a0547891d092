import { run } from "../lib/run.mjs";
import { reportsIn, sanitized } from "../lib/sanitized.mjs";
import { ownNamespace, runSuites } from "../lib/vitest.mjs";

/**
 * One measures memory, which a sanitizer uses in its own way; one preloads a library that stands in the sanitizer's place; one reads
 * a page that the copy lacks; the others run other programs, in which a sanitizer finds faults of their own.
 */
const exclude = [
  "bench/*",
  "boot/*",
  "cni/*",
  "lifetime/rounds",
  "native/faults",
  "host/readme",
  "cli/brctl",
  "dhcp/{dnsmasq,kept-leases,serve}",
  "formats/*",
  "wiring/page",
  "networks/{adopted-chains,dnsmasq,names}",
  "topology/{killed,managed,ssh}",
  "traffic/traffic",
  "neighbour/differential",
  "routing/*-differential",
  "qemu/*",
].map((name) => `test/kernel/${name}.test.*`);

/**
 * Runs the kernel suites in a copy of the project whose addon is built with AddressSanitizer, then, since vitest ends its
 * workers with a signal, a program that ends by itself and so is checked for leaks.
 */
export function testUnderAsan() {
  return sanitized("address", check);
}

async function check(copy, library, logs) {
  const options = `log_path=${logs}`;
  const env = { LD_PRELOAD: library, ASAN_OPTIONS: `detect_leaks=0:${options}` };
  const totals = await runSuites(["kernel"], { cwd: copy, env, exclude });
  if (totals.passed + totals.failed === 0) return { skip: "no kernel suite can run here" };
  env.ASAN_OPTIONS = `detect_leaks=1:exitcode=0:${options}`;
  const [command, ...args] = [...ownNamespace(), process.execPath, "scripts/stages/programs/exercise.mjs"];
  const ended = run(command, args, { cwd: copy, env, timeout: 60_000 }).status === 0;
  const faults = reportsIn(copy).flatMap((report) => {
    if (report.includes("ERROR: LeakSanitizer")) return leaks(report);
    return report.includes("ERROR: AddressSanitizer") ? [report] : [];
  });
  for (const fault of faults) console.error(fault);
  console.log(
    `AddressSanitizer and LeakSanitizer found ${faults.length === 0 ? "nothing" : `${faults.length} faults`}`,
  );
  return { ...totals, failed: totals.failed + faults.length + (ended ? 0 : 1) };
}

/**
 * The leaks of a report that the addon allocated, itself or by a call of Node-API. Node's own are none of ours, nor is
 * what it keeps of a napi_create_external that the collector has not come to by the end.
 */
function leaks(report) {
  return report
    .split("\n\n")
    .filter((leak) => /leak of/.test(leak) && /^ {4}#[0-3] .*(\/native\/[\w/]+\.c|linkwright\.node)/m.test(leak))
    .filter((leak) => !/^ {4}#1 .* napi_create_external /m.test(leak));
}
