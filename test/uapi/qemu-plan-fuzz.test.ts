import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { seeds } from "./fuzz/seeds.js";

/** Ten seconds of two programs at once, unless LINKWRIGHT_FUZZ_SECONDS says otherwise: seconds of each. */
const SECONDS = Number(process.env["LINKWRIGHT_FUZZ_SECONDS"] ?? 10) / 2;

const folder = mkdtempSync(join(tmpdir(), "linkwright-fuzz-"));
const program = join(folder, "plan");
const sources = [
  "test/uapi/fuzz/plan.c",
  ...["qemu/policy", "qemu/replay", "qemu/trusted", "runner/plan", "runner/row", "runner/steps"].map(
    (name) => `native/${name}.c`,
  ),
];
const project = join(import.meta.dirname, "../..");

/** Why the program cannot be built here, if so. */
function build(): string | undefined {
  const sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"];
  const options = ["-std=gnu11", "-O1", "-g", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", ...sanitizers];
  try {
    writeFileSync(join(folder, "empty.c"), "int main(void) { return 0; }\n");
    execFileSync("cc", [...sanitizers, "-o", join(folder, "empty"), join(folder, "empty.c")], { stdio: "ignore" });
  } catch {
    return "there is no C compiler with AddressSanitizer";
  }
  execFileSync("cc", [...options, "-o", program, ...sources], { cwd: project, stdio: "pipe" });
  return undefined;
}

function writeSeeds(): string[] {
  return seeds().map((plan, i) => {
    const path = join(folder, `${i}.plan`);
    writeFileSync(path, plan);
    return path;
  });
}

afterAll(() => {
  rmSync(folder, { recursive: true });
});

test(
  "no plan makes the program that QEMU calls crash or read past its end",
  async ({ skip }) => {
    const missing = build();
    skip(missing !== undefined, missing);
    const seeds = writeSeeds();
    const runs = [0, 1].map(async (i) => {
      const words = [String(SECONDS), String(Date.now() * 2 + i), ...seeds];
      const { stdout } = await promisify(execFile)(program, words, { env: {}, timeout: (SECONDS + 45) * 1000 });
      return JSON.parse(stdout) as { rounds: number; found: number; done: number };
    });
    for (const { rounds, found, done } of await Promise.all(runs)) {
      expect(rounds).toBeGreaterThan(1000);
      // Plans that are well formed to the end are among them.
      expect(found).toBeGreaterThan(100);
      expect(done).toBeGreaterThan(100);
    }
  },
  (SECONDS + 60) * 1000,
);
