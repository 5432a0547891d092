import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { gyp } from "./gyp.mjs";
import { root, run } from "./run.mjs";
import { ownNamespace, runSuites } from "./suites.mjs";

const parts = [
  "binding.gyp",
  "dist",
  "native",
  "package.json",
  "scripts",
  "src",
  "test",
  "tsconfig.json",
  "vitest.config.ts",
];

/**
 * One measures memory, which a sanitizer uses in its own way; one reads the manual, which the copy lacks; the others run other
 * programs, in which a sanitizer finds faults of their own.
 */
const exclude = [
  "bench-*",
  "lifetime-rounds",
  "readme",
  "brctl",
  "traffic",
  "neighbours-differential",
  "routes-differential",
  "rules-differential",
  "qemu-*",
].map((name) => `test/kernel/${name}.test.ts`);

/**
 * Runs the kernel suites in a copy of the project whose addon is built with AddressSanitizer, then, since vitest ends its
 * workers with a signal, a program that ends by itself and so is checked for leaks.
 */
export function testUnderAsan() {
  const library = findLibrary();
  if (library === undefined) return { skip: "the compiler has no libasan" };
  const copy = mkdtempSync(join(tmpdir(), "linkwright-asan-"));
  chmodSync(copy, 0o755);
  try {
    for (const part of parts) cpSync(join(root, part), join(copy, part), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
    const built = gyp("rebuild", { cwd: copy, variables: ["-Dsanitize=address"] });
    return built ? check(copy, library) : { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(copy, { recursive: true });
  }
}

function findLibrary() {
  const { status, stdout } = run("cc", ["-print-file-name=libasan.so"], { stdio: ["ignore", "pipe", "ignore"] });
  const path = stdout.trim();
  return status === 0 && isAbsolute(path) ? path : undefined;
}

function check(copy, library) {
  const logs = join(copy, "asan");
  mkdirSync(logs);
  // Some programs run as nobody.
  chmodSync(logs, 0o777);
  const options = `log_path=${join(logs, "log")}`;
  const env = { LD_PRELOAD: library, ASAN_OPTIONS: `detect_leaks=0:${options}` };
  const totals = runSuites(["kernel"], { cwd: copy, env, exclude });
  if (totals.passed + totals.failed === 0) return { skip: "no kernel suite can run here" };
  env.ASAN_OPTIONS = `detect_leaks=1:exitcode=0:${options}`;
  const [command, ...args] = [...ownNamespace(), process.execPath, "scripts/exercise.mjs"];
  const ended = run(command, args, { cwd: copy, env, timeout: 60_000 }).status === 0;
  const reports = readdirSync(logs).map((name) => readFileSync(join(logs, name), "utf8"));
  const faults = reports.flatMap((report) => {
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
    .filter((leak) => /leak of/.test(leak) && /^ {4}#[0-3] .*(\/native\/\w+\.c|linkwright\.node)/m.test(leak))
    .filter((leak) => !/^ {4}#1 .* napi_create_external /m.test(leak));
}
