import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run } from "./run.mjs";
import { steadily } from "./unsteady.mjs";

/** Vitest's program, what it is to do, and the words that choose suites. */
export function vitest(task, names) {
  return [join(root, "node_modules/vitest/vitest.mjs"), task, ...names.map((name) => `--project=${name}`)];
}

/**
 * Runs suites with vitest, steadily, and resolves to their totals. Without root they run in a user namespace, where the kernel allows
 * it. `node`: the program that runs them. `files`: words of which a file's path holds one, else all files. `exclude`: globs of files
 * to leave out. `options`: those of run().
 */
export function runSuites(names, { node = process.execPath, files = [], exclude = [], env = {}, ...options } = {}) {
  return steadily(async (failures) => {
    const folder = mkdtempSync(join(tmpdir(), "linkwright-totals-"));
    const file = join(folder, "totals.json");
    const suites = [...new Set(failures?.map(({ project }) => project) ?? names)];
    const [command, ...args] = [
      ...ownNamespace(),
      node,
      ...vitest("run", suites),
      ...(failures?.map((each) => each.file.replace(/ts$/, "")) ?? files),
      ...exclude.map((glob) => `--exclude=${glob}`),
    ];
    const alone = failures === undefined ? {} : { LINKWRIGHT_ALONE: "1" };
    try {
      const { status } = run(command, args, {
        ...options,
        env: { LINKWRIGHT_BUNDLED: suites.join(","), LINKWRIGHT_TOTALS: file, ...alone, ...env },
      });
      return totalsOf(status, existsSync(file) ? readFileSync(file, "utf8") : undefined);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

/** What the totals' reporter wrote, if it came to it; a run that failed counts as one failure at least. */
export function totalsOf(status, written) {
  const totals = written ? JSON.parse(written) : { passed: 0, failed: 1, skipped: 0, failures: [] };
  if (status !== 0 && totals.failed === 0) totals.failed = 1;
  return totals;
}

/** The command that gives a user who is not root namespaces of his own; none for root, or where it is forbidden. */
export function ownNamespace() {
  if (process.getuid() === 0) return [];
  const command = ["unshare", "--user", "--map-root-user", "--net"];
  return run(command[0], [...command.slice(1), "true"], { stdio: "ignore" }).status === 0 ? command : [];
}
