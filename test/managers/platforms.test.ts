import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { provideMusl } from "../../scripts/lib/musl.mjs";
import { lacks } from "../kernel/scene/program.js";
import { run } from "../package/packed.js";
import { provideArm64, runEmulated, runInArm64 } from "./platforms/arm64.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const project = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "linkwright-platforms-"));
/** A program with the package in its node_modules. */
const app = join(folder, "app");
const installed = join(app, "node_modules/linkwright");
const obstacle = ["aarch64-linux-gnu-gcc", "qemu-aarch64-static", "qemu-system-aarch64"]
  .map((program) => lacks(program, "--version"))
  .find((reason) => reason !== undefined);
const arm64 = obstacle === undefined ? provideArm64() : { missing: obstacle };
if (obstacle !== undefined) console.log(`skipped: binaries for other machines: ${obstacle}`);

beforeAll(() => {
  if (obstacle !== undefined) return;
  mkdirSync(installed, { recursive: true });
  run(process.execPath, ["scripts/prebuild.mjs", "--all", "--output", join(installed, "prebuilds")], project);
  for (const name of ["package.json", "dist"]) cpSync(join(project, name), join(installed, name), { recursive: true });
  cpSync(join(import.meta.dirname, "platforms/smoke.mjs"), join(app, "smoke.mjs"));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const SHOWN = [
  'links ["tun",2,20000]',
  "ports [true]",
  'refusal ["EEXIST","RTM_NEWLINK"]',
  'addresses ["192.0.2.1/24"]',
  'routes ["198.51.100.0/24"]',
  "forwarding 1",
  'watch ["tun"]',
  "removal []",
];

/** What Node does with an addon until it calls it. */
const LOADER = `#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv) {
  void *addon = argc == 2 ? dlopen(argv[1], RTLD_NOW) : NULL;
  if (addon == NULL)
    return fprintf(stderr, "%s\\n", dlerror()), 1;
  if (dlsym(addon, "napi_register_module_v1") == NULL)
    return 1;
  return puts("napi_register_module_v1 is there") < 0;
}
`;

test.skipIf(obstacle !== undefined)("on x64 the package does what it does elsewhere", () => {
  expect(run(process.execPath, ["smoke.mjs"], app).trim().split("\n")).toEqual([...SHOWN, "done on x64"]);
});

test.skipIf(obstacle !== undefined)(
  "on arm64 the addon works in a Node that is emulated, as far as the emulator's netlink goes",
  ({ skip }) => {
    if ("missing" in arm64) {
      skip(arm64.missing);
      return;
    }
    const words = ["smoke.mjs", "links", "refusal", "addresses"];
    const shown = SHOWN.filter((line) => words.includes(line.split(" ")[0]!));
    expect(runEmulated(arm64, words, app).trim().split("\n")).toEqual([...shown, "done on arm64"]);
  },
);

test.skipIf(obstacle !== undefined)(
  "on arm64 the package does in a virtual machine what it does elsewhere",
  ({ skip }) => {
    if ("missing" in arm64) {
      skip(arm64.missing);
      return;
    }
    const shown = runInArm64(arm64, ["smoke.mjs"], app, join(folder, "machine")).split("\n");
    expect(shown.filter((line) => /^(\w+ [[\d]|done|status)/.test(line))).toEqual([
      ...SHOWN,
      "done on arm64",
      "status 0",
    ]);
  },
);

const muslMachines = {
  x64: { machine: "x86_64", debian: "amd64", start: (program: string) => [program] },
  arm64: {
    machine: "aarch64",
    debian: "arm64",
    start: (program: string, specs: string) => ["qemu-aarch64-static", "-L", dirname(specs), program],
  },
};

test.skipIf(obstacle !== undefined).each(Object.entries(muslMachines))(
  "on %s the addon for musl is taken by musl's loader, which finds all that is not Node's in its own libc",
  (arch, { machine, debian, start }) => {
    const { specs, missing } = provideMusl(machine, debian);
    if (missing !== undefined) throw new Error(missing);
    const addon = join(installed, `prebuilds/linux-${arch}/linkwright.musl.node`);
    const wanted = run("nm", ["--dynamic", "--undefined-only", addon], folder).matchAll(/ U ((napi|uv)_\w+)/g);
    const program = join(folder, `loader-${arch}`);
    const stubs = [...wanted].map(([, name]) => `void ${name}(void) {}`).join("\n");
    writeFileSync(`${program}.c`, `${LOADER}${stubs}\n`);
    run(
      `${machine}-linux-gnu-gcc`,
      [`-specs=${specs}`, "-fPIE", "-pie", "-rdynamic", "-o", program, `${program}.c`],
      folder,
    );
    const [command, ...words] = start(program, specs);
    expect(run(command!, [...words, addon], folder)).toBe("napi_register_module_v1 is there\n");
  },
);

test
  .skipIf(obstacle !== undefined)
  .each(["x64/linkwright", "x64/linkwright.musl", "arm64/linkwright", "arm64/linkwright.musl"])(
  "linux-%s.node needs libc alone, with its loader for what each thread has of its own",
  (name) => {
    const addon = join(installed, `prebuilds/linux-${name}.node`);
    const needed = [...run("readelf", ["--dynamic", addon], folder).matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(
      ([, found]) => found!,
    );
    expect(needed.filter((each) => !each.startsWith("ld-linux"))).toEqual([
      name.includes("musl") ? "libc.so" : "libc.so.6",
    ]);
  },
);

test.skipIf(obstacle !== undefined).each(["x64", "arm64"])("the programs for %s are static, and start", (arch) => {
  for (const name of ["linkwright-qemu", "linkwright-watchdog", "linkwright-cni"]) {
    const program = join(installed, `prebuilds/linux-${arch}/${name}`);
    expect(run("readelf", ["--program-headers", program], folder)).not.toContain("INTERP");
    const [command, ...words] = arch === "x64" ? [program] : ["qemu-aarch64-static", program];
    const { stderr, signal } = spawnSync(command, words, { encoding: "utf8", input: "", env: {} });
    expect([signal, stderr === ""]).toEqual([null, name === "linkwright-cni"]);
  }
});
