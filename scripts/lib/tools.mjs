import { existsSync, readdirSync } from "node:fs";
import { install, mayInstall, updateLists } from "./apt.mjs";
import { installed } from "./run.mjs";

const compilers = [
  { name: "cc", package: "build-essential", use: "compiling the addon" },
  { name: "c++", package: "build-essential", use: "linking the addon" },
  { name: "make", package: "build-essential", use: "building the addon" },
  { name: "python3", package: "python3", use: "node-gyp" },
  { name: "musl-gcc", package: "musl-tools", use: "programs for QEMU that start in a tenth of the time" },
];

const comparisons = [
  { name: "ip", package: "iproute2", use: "comparing with ip" },
  { name: "brctl", package: "bridge-utils", use: "comparing with brctl" },
];

const openvswitch = [
  { name: "ovs-vswitchd", package: "openvswitch-switch", use: "trying Open vSwitch" },
  { name: "ovsdb-server", package: "openvswitch-common", use: "trying Open vSwitch" },
];

const qemu = { name: "qemu-system-x86_64", package: "qemu-system-x86", use: "starting a real QEMU on a TAP" };

/** A crate that Debian packages, in any version. */
const crate = (name) => ({
  name: `the crate ${name}`,
  folder: "/usr/share/cargo/registry",
  prefix: `${name}-`,
  package: `librust-${name}-dev`,
  use: "comparing with Rust's rtnetlink",
});

/** What the benchmark's contenders need, by their names. */
const contenders = {
  ip: [comparisons[0]],
  "ip-batch": [comparisons[0]],
  brctl: comparisons,
  floor: [compilers[0]],
  libmnl: [
    compilers[0],
    { name: "libmnl", file: "/usr/include/libmnl/libmnl.h", package: "libmnl-dev", use: "comparing with libmnl" },
  ],
  pyroute2: [
    {
      name: "pyroute2",
      file: "/usr/lib/python3/dist-packages/pyroute2/__init__.py",
      package: "python3-pyroute2",
      use: "comparing with Python's pyroute2",
    },
  ],
  go: [
    { name: "Debian's go", file: "/usr/bin/go", package: "golang-go", use: "comparing with Go's netlink" },
    {
      name: "Go's netlink",
      file: "/usr/share/gocode/src/github.com/vishvananda/netlink/netlink.go",
      package: "golang-github-vishvananda-netlink-dev",
      use: "comparing with Go's netlink",
    },
  ],
  rust: [
    { name: "Debian's cargo", file: "/usr/bin/cargo", package: "cargo", use: "comparing with Rust's rtnetlink" },
    { name: "Debian's rustc", file: "/usr/bin/rustc", package: "rustc", use: "comparing with Rust's rtnetlink" },
    ...["rtnetlink", "tokio", "futures", "libc"].map(crate),
  ],
  "node-netlink": compilers,
  openvswitch,
  "ovs-floor": [compilers[0]],
  "ovs-vsctl": [openvswitch[1]],
  "ovs-python": [
    {
      name: "Python's ovs",
      file: "/usr/lib/python3/dist-packages/ovs/db/idl.py",
      package: "python3-openvswitch",
      use: "comparing with Python's ovs.db.idl",
    },
  ],
  "ovs-go": [
    { name: "Debian's go", file: "/usr/bin/go", package: "golang-go", use: "comparing with Go's libovsdb" },
    {
      name: "Go's libovsdb",
      file: "/usr/share/gocode/src/github.com/socketplane/libovsdb/client.go",
      package: "golang-github-socketplane-libovsdb-dev",
      use: "comparing with Go's libovsdb",
    },
  ],
  libvirt: [
    { name: "libvirtd", package: "libvirt-daemon", use: "comparing with libvirt's networks" },
    { name: "virsh", package: "libvirt-clients", use: "comparing with libvirt's networks" },
    { name: "dnsmasq", package: "dnsmasq-base", use: "libvirt's networks" },
    { name: "iptables", package: "iptables", use: "libvirt's networks" },
  ],
};

const unpacking = [
  { name: "modprobe", package: "kmod", use: "a kernel in a virtual machine" },
  { name: "xz", package: "xz-utils", use: "unpacking Linux 6.1" },
  { name: "zstd", package: "zstd", use: "unpacking Linux 6.12" },
];

const plugins = {
  name: "the reference plugins of CNI",
  file: "/usr/lib/cni/bridge",
  package: "containernetworking-plugins",
  use: "attaching containers beside them",
};

/** What the package's binaries for other machines are compiled and tried with. */
const crossing = [
  { name: "aarch64-linux-gnu-gcc", package: "gcc-aarch64-linux-gnu", use: "compiling for arm64" },
  {
    name: "the C library for arm64",
    file: "/usr/aarch64-linux-gnu/lib/libc.so",
    package: "libc6-dev-arm64-cross",
    use: "compiling for arm64",
  },
  { name: "qemu-aarch64-static", package: "qemu-user-static", use: "trying what is compiled for arm64" },
  { name: "qemu-system-aarch64", package: "qemu-system-arm", use: "trying the package on a kernel for arm64" },
];

const clang = { name: "clang", package: "clang", use: "libFuzzer" };

/** What is needed of the system, by task; "more" is what `npm test -- --all` needs beside what it does without. */
const tools = {
  start: [...compilers, ...comparisons, qemu],
  test: [
    ...compilers,
    ...comparisons,
    qemu,
    ...unpacking,
    ...openvswitch,
    { name: "strace", package: "strace", use: "tests in which a system call is made to fail" },
    { name: "zsh", package: "zsh", use: "trying its completion" },
    { name: "fish", package: "fish", use: "trying its completion" },
    { name: "mandoc", package: "mandoc", use: "checking the manual" },
    { name: "unshare", package: "util-linux", use: "tests without root" },
    { name: "nft", package: "nftables", use: "comparing with nft" },
    { name: "iptables-nft", package: "iptables", use: "rules in the chains of iptables" },
    { name: "chromium", package: "chromium", use: "the picture of the wiring in a browser" },
    { name: "dnsmasq", package: "dnsmasq-base", use: "leases from a real server" },
    { name: "busybox", package: "busybox", use: "leases for udhcpc" },
    { name: "dhclient", package: "isc-dhcp-client", use: "leases for dhclient" },
    { name: "dhcpcd", package: "dhcpcd-base", use: "leases for dhcpcd" },
    plugins,
  ],
  more: crossing,
  fuzz: [...compilers, clang],
  bench: [...compilers, ...comparisons, qemu, plugins, ...unpacking, ...new Set(Object.values(contenders).flat())],
};

/**
 * Sees to the system's tools for tasks: root on Debian gets the missing ones from apt-get, unless LINKWRIGHT_NO_APT is
 * 1; whatever is still missing is named with what goes without it.
 */
export function provideTools(...tasks) {
  const missing = tasks.flatMap((task) => tools[task]).filter((tool) => !isThere(tool));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((tool) => tool.package))];
  if (mayInstall()) provide(packages);
  const absent = missing.filter((tool) => !isThere(tool));
  for (const tool of absent) console.log(`missing: ${tool.name} (package ${tool.package}), for ${tool.use}`);
  if (absent.length > 0) console.log("Going on without.");
}

/**
 * What a contender of the benchmark needs and this machine lacks: "NAME (package PACKAGE)" each.
 * @returns {string[]}
 */
export function lackedBy(contender) {
  return (contenders[contender] ?? [])
    .filter((tool) => !isThere(tool))
    .map((tool) => `${tool.name} (package ${tool.package})`);
}

function isThere({ name, file, folder, prefix }) {
  if (folder !== undefined) return existsSync(folder) && readdirSync(folder).some((entry) => entry.startsWith(prefix));
  return file === undefined ? installed(name) : existsSync(file);
}

function provide(packages) {
  console.log(`Installing with apt-get: ${packages.join(" ")} (LINKWRIGHT_NO_APT=1 turns this off)`);
  updateLists();
  if (install(packages)) return;
  for (const name of packages) if (!install([name])) console.log(`apt-get could not install ${name}.`);
}
