import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { gyp } from "./gyp.mjs";
import { root, run } from "./run.mjs";

const parts = [
  "bench",
  "binding.gyp",
  "dist",
  "docs",
  "examples",
  "native",
  "package.json",
  "program.gypi",
  "scripts",
  "src",
  "test",
  "tsconfig.json",
  "vitest.config.ts",
];

/** The sanitizers, and the libraries that Node has to be started with. */
const libraries = { address: "libasan.so", thread: "libtsan.so" };

function findLibrary(name) {
  const { status, stdout } = run("cc", [`-print-file-name=${name}`], { stdio: ["ignore", "pipe", "ignore"] });
  const path = stdout.trim();
  return status === 0 && isAbsolute(path) ? path : undefined;
}

/**
 * Does something in a copy of the project whose addon is built with a sanitizer: `work(copy, library, logs)` gets the copy's
 * folder, what to preload, and the start of the names of the files that reports go to. `reports(logs)` reads those.
 */
export async function sanitized(sanitizer, work) {
  const library = findLibrary(libraries[sanitizer]);
  if (library === undefined) return { skip: `the compiler has no ${libraries[sanitizer]}` };
  const copy = mkdtempSync(join(tmpdir(), `linkwright-${sanitizer}-`));
  chmodSync(copy, 0o755);
  try {
    for (const part of parts) cpSync(join(root, part), join(copy, part), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
    if (!gyp("rebuild", { cwd: copy, variables: [`-Dsanitize=${sanitizer}`] }))
      return { passed: 0, failed: 1, skipped: 0 };
    const folder = join(copy, "reports");
    mkdirSync(folder);
    // Some programs run as nobody.
    chmodSync(folder, 0o777);
    return await work(copy, library, join(folder, "log"));
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** What was reported in a copy. */
export function reportsIn(copy) {
  const folder = join(copy, "reports");
  return readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
}
