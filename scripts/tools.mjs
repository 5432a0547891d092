import { existsSync } from "node:fs";
import { install, mayInstall, updateLists } from "./apt.mjs";
import { installed } from "./run.mjs";

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

const unpacking = [
  { name: "modprobe", package: "kmod", use: "a kernel in a virtual machine" },
  { name: "xz", package: "xz-utils", use: "unpacking Linux 6.1" },
  { name: "zstd", package: "zstd", use: "unpacking Linux 6.12" },
];

/** What is needed of the system, by task. */
const tools = {
  start: [...compilers, ...comparisons, qemu],
  test: [
    ...compilers,
    ...comparisons,
    qemu,
    ...unpacking,
    { name: "strace", package: "strace", use: "tests in which a system call is made to fail" },
    { name: "zsh", package: "zsh", use: "trying its completion" },
    { name: "fish", package: "fish", use: "trying its completion" },
    { name: "unshare", package: "util-linux", use: "tests without root" },
  ],
  bench: [...compilers, ...comparisons, qemu, ...unpacking, libmnl],
};

/**
 * Sees to the system's tools for a task: root on Debian gets the missing ones from apt-get, unless LINKWRIGHT_NO_APT is
 * 1; whatever is still missing is named with what goes without it.
 */
export function provideTools(task) {
  const missing = tools[task].filter((tool) => !isThere(tool));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((tool) => tool.package))];
  if (mayInstall()) provide(packages);
  const absent = missing.filter((tool) => !isThere(tool));
  for (const tool of absent) console.log(`missing: ${tool.name} (package ${tool.package}), for ${tool.use}`);
  if (absent.length > 0) console.log("Going on without.");
}

function isThere(tool) {
  return tool.file === undefined ? installed(tool.name) : existsSync(tool.file);
}

function provide(packages) {
  console.log(`Installing with apt-get: ${packages.join(" ")} (LINKWRIGHT_NO_APT=1 turns this off)`);
  updateLists();
  if (install(packages)) return;
  for (const name of packages) if (!install([name])) console.log(`apt-get could not install ${name}.`);
}
