import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { accountsOf } from "../../src/qemu/accounts.js";
import { compilePolicy } from "../../src/qemu/compile.js";
import { parsePolicy } from "../../src/qemu/files.js";
import { encodePlan } from "../../src/qemu/plan.js";

/** Seconds of each of two programs at once: longer by hand, with the command that a failure shows. */
const SECONDS = 15;

const folder = mkdtempSync(join(tmpdir(), "linkwright-fuzz-"));
const program = join(folder, "plan");
const sources = ["test/uapi/fuzz/plan.c", ...["attribute", "plan", "replay"].map((name) => `native/qemu/${name}.c`)];
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

const policies = [
  [{ bridge: "br0" }],
  [{ match: { tap: "vnet*", users: [0, 1000], groups: [0] }, bridge: "br0", port: { isolated: true }, mtu: 1400 }],
  [{ match: { startedAs: "qemu-*-b?0", bridge: "b*" }, bridge: "default-route", vlans: [{ id: 10, to: 20 }] }],
  [
    { match: { tap: "v*t*2", programs: ["ifdown"] }, refuse: "because" },
    { bridge: "br1", mac: "keep", mtu: "keep" },
  ],
];

function writeSeeds(): string[] {
  return policies.map((rules, i) => {
    const policy = Buffer.from(JSON.stringify({ rules }));
    const path = join(folder, `${i}.plan`);
    writeFileSync(path, encodePlan(compilePolicy(parsePolicy(policy), accountsOf("", "")), policy));
    return path;
  });
}

afterAll(() => {
  rmSync(folder, { recursive: true });
});

test("no plan makes the program that QEMU calls crash or read past its end", async ({ skip }) => {
  const missing = build();
  skip(missing !== undefined, missing);
  const seeds = writeSeeds();
  const runs = [0, 1].map(async (i) => {
    const words = [String(SECONDS), String(Date.now() * 2 + i), ...seeds];
    const { stdout } = await promisify(execFile)(program, words, { env: {}, timeout: 60_000 });
    return JSON.parse(stdout) as { rounds: number; found: number; valid: number };
  });
  for (const { rounds, found, valid } of await Promise.all(runs)) {
    expect(rounds).toBeGreaterThan(1000);
    // Plans that are still well formed are among them, and plans whose steps are not.
    expect(valid).toBeGreaterThan(100);
    expect(found).toBeGreaterThan(valid);
  }
}, 90_000);
