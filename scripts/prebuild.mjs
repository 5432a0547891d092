import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gyp } from "./lib/gyp.mjs";
import { provideMusl } from "./lib/musl.mjs";
import { installed, root, runQuietly } from "./lib/run.mjs";

const {
  values: { all, output },
} = parseArgs({ options: { all: { type: "boolean" }, output: { type: "string", default: join(root, "prebuilds") } } });

/** What is compiled for each machine, by Node's name of its architecture: Debian's names, and the prefix of its tools. */
const machines = {
  x64: { machine: "x86_64", debian: "amd64", tools: "x86_64-linux-gnu-" },
  arm64: { machine: "aarch64", debian: "arm64", tools: "aarch64-linux-gnu-" },
};

const PROGRAMS = ["linkwright-qemu", "linkwright-watchdog", "linkwright-cni"];

/** Copies a file that was compiled to where the package has it, without what only a debugger reads. */
function deliver(from, arch, name, tools = "") {
  const folder = join(output, `linux-${arch}`);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  copyFileSync(from, path);
  return !installed(`${tools}strip`) || runQuietly(`${tools}strip`, ["--strip-unneeded", path]).status === 0;
}

/** What was built in this clone, for this machine. */
function deliverBuilt() {
  const built = (name) => deliver(join(root, "build/Release", name), process.arch, name);
  return ["linkwright.node", ...PROGRAMS].every(built);
}

/** Compiles for a machine in a folder of its own: the addon for glibc and for musl, and the programs, which are static. */
function cross(arch) {
  const { machine, debian, tools } = machines[arch];
  const missing = [`${tools}gcc`, `${tools}strip`].filter((name) => !installed(name));
  if (missing.length > 0)
    return `${missing.join(", ")} is not installed (gcc-${machine.replace("_", "-")}-linux-gnu has it)`;
  const musl = provideMusl(machine, debian);
  if (musl.missing !== undefined) return musl.missing;
  const folder = mkdtempSync(join(tmpdir(), "linkwright-cross-"));
  try {
    for (const name of ["native", "binding.gyp", "program.gypi", "package.json"])
      cpSync(join(root, name), join(folder, name), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    const compile = (...variables) =>
      gyp("rebuild", {
        cwd: folder,
        arch,
        // One path for every clone, so that the same sources give the same bytes.
        env: { CC: `${tools}gcc`, LINK: `${tools}gcc`, CFLAGS: `-ffile-prefix-map=${folder}=.` },
        variables: [`-Dmachine=${machine}`, `-Dmusl=${musl.specs}`, ...variables],
      });
    const built = (name) => join(folder, "build/Release", name);
    const done =
      compile() &&
      ["linkwright.node", ...PROGRAMS].every((name) => deliver(built(name), arch, name, tools)) &&
      compile(`-Daddon_musl=${musl.specs}`) &&
      deliver(built("linkwright.node"), arch, "linkwright.musl.node", tools);
    return done ? undefined : `compiling for ${arch} failed`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (all) {
  for (const arch of Object.keys(machines)) {
    const problem = cross(arch);
    if (problem === undefined) continue;
    console.error(`linux-${arch}: ${problem}`);
    process.exitCode = 1;
  }
} else if (!deliverBuilt()) process.exitCode = 1;
