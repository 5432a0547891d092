import { existsSync, readFileSync } from "node:fs";
import { installed, run } from "./run.mjs";

const compilers = [
  { name: "cc", package: "build-essential", use: "compiling the addon" },
  { name: "c++", package: "build-essential", use: "linking the addon" },
  { name: "make", package: "build-essential", use: "building the addon" },
  { name: "python3", package: "python3", use: "node-gyp" },
];

const comparisons = [
  { name: "ip", package: "iproute2", use: "comparing with ip" },
  { name: "brctl", package: "bridge-utils", use: "comparing with brctl" },
];

const qemu = { name: "qemu-system-x86_64", package: "qemu-system-x86", use: "starting a real QEMU on a TAP" };

const libmnl = {
  name: "libmnl",
  file: "/usr/include/libmnl/libmnl.h",
  package: "libmnl-dev",
  use: "the same work in C",
};

/** What is needed of the system, by task. */
const tools = {
  start: [...compilers, ...comparisons, qemu],
  test: [
    ...compilers,
    ...comparisons,
    qemu,
    { name: "strace", package: "strace", use: "tests in which a system call is made to fail" },
    { name: "zsh", package: "zsh", use: "trying its completion" },
    { name: "fish", package: "fish", use: "trying its completion" },
    { name: "unshare", package: "util-linux", use: "tests without root" },
  ],
  bench: [...compilers, ...comparisons, qemu, libmnl],
};

/**
 * Sees to the system's tools for a task: root on Debian gets the missing ones from apt-get, unless LINKWRIGHT_NO_APT is
 * 1; whatever is still missing is named with what goes without it.
 */
export function provideTools(task) {
  const missing = tools[task].filter((tool) => !isThere(tool));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((tool) => tool.package))];
  if (mayInstall()) install(packages);
  const absent = missing.filter((tool) => !isThere(tool));
  for (const tool of absent) console.log(`missing: ${tool.name} (package ${tool.package}), for ${tool.use}`);
  if (absent.length > 0) console.log("Going on without.");
}

function isThere(tool) {
  return tool.file === undefined ? installed(tool.name) : existsSync(tool.file);
}

function mayInstall() {
  return process.env.LINKWRIGHT_NO_APT !== "1" && process.getuid() === 0 && isDebian() && installed("apt-get");
}

function isDebian() {
  try {
    return /^ID(_LIKE)?=.*\bdebian\b/m.test(readFileSync("/etc/os-release", "utf8"));
  } catch {
    return false;
  }
}

function install(packages) {
  console.log(`Installing with apt-get: ${packages.join(" ")} (LINKWRIGHT_NO_APT=1 turns this off)`);
  const options = ["-qq", "-o", "DPkg::Lock::Timeout=120"];
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const stdio = ["ignore", "ignore", "inherit"];
  if (run("apt-get", [...options, "update"], { env, stdio }).status !== 0)
    console.log("apt-get update failed; trying with the lists that are there.");
  const get = (...names) =>
    run("apt-get", [...options, "-y", "--no-install-recommends", "install", ...names], { env, stdio }).status === 0;
  if (get(...packages)) return;
  for (const name of packages) if (!get(name)) console.log(`apt-get could not install ${name}.`);
}
