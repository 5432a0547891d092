import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installed, run, runQuietly } from "./run.mjs";

const quiet = ["-qq", "-o", "DPkg::Lock::Timeout=120"];
const settings = { env: { DEBIAN_FRONTEND: "noninteractive" }, stdio: ["ignore", "ignore", "inherit"] };

/** Whether packages may be installed: root on Debian, unless LINKWRIGHT_NO_APT is 1. */
export function mayInstall() {
  return process.env.LINKWRIGHT_NO_APT !== "1" && process.getuid() === 0 && isDebian() && installed("apt-get");
}

function isDebian() {
  try {
    return /^ID(_LIKE)?=.*\bdebian\b/m.test(readFileSync("/etc/os-release", "utf8"));
  } catch {
    return false;
  }
}

/** Brings apt's lists of packages up to date. */
export function updateLists() {
  if (run("apt-get", [...quiet, "update"], settings).status === 0) return;
  console.log("apt-get update failed; trying with the lists that are there.");
}

/** What Debian's packages ask before they start a service (invoke-rc.d(8)). */
const POLICY = "/usr/sbin/policy-rc.d";

/** Installs packages, and starts none of their services; true when all of them are installed. */
export function install(packages) {
  const isOurs = !existsSync(POLICY);
  if (isOurs) writeFileSync(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755, flag: "wx" });
  try {
    return run("apt-get", [...quiet, "-y", "--no-install-recommends", "install", ...packages], settings).status === 0;
  } finally {
    if (isOurs) rmSync(POLICY);
  }
}

/** The names of the packages that start with a prefix and match a pattern, the newest last. */
export function findPackages(prefix, pattern, options = []) {
  const names = lines("apt-cache", ...options, "search", "--names-only", `^${prefix.replace(/\W/g, "[$&]")}`).map(
    (line) => line.split(" ")[0],
  );
  return names.filter((name) => pattern.test(name)).sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

/** The version of a package that would be downloaded, or undefined. */
export function versionOf(name) {
  return lines("apt-cache", "show", "--no-all-versions", name)
    .find((line) => line.startsWith("Version: "))
    ?.slice("Version: ".length);
}

function lines(command, ...args) {
  return run(command, args, { stdio: ["ignore", "pipe", "ignore"] }).stdout.split("\n");
}

/** Downloads packages and unpacks them into a folder; nothing is installed. True when all are there. */
export function unpackPackages(names, folder, options = []) {
  const download = ["-q", "-o", "APT::Sandbox::User=root", ...options, "download", ...names];
  const unpack = 'for file in *.deb; do dpkg-deb -x "$file" . && rm "$file"; done';
  return (
    runQuietly("apt-get", download, { cwd: folder }).status === 0 &&
    runQuietly("/bin/sh", ["-ec", unpack], { cwd: folder }).status === 0
  );
}

/**
 * The same of another architecture, with lists of one's own, for this machine need not know of it. Of a kernel, "linux-image", it is the
 * newest one.
 */
export function unpackForeignPackages(architecture, names, folder) {
  const own = mkdtempSync(join(tmpdir(), "linkwright-apt-"));
  try {
    for (const name of ["lists", "archives"]) mkdirSync(join(own, name, "partial"), { recursive: true });
    const places = { "APT::Architectures::": architecture, "Dir::State::lists": join(own, "lists"), "Dir::Cache": own };
    const options = Object.entries(places).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
    const update = ["-qq", "-o", "APT::Sandbox::User=root", ...options, "update"];
    if (runQuietly("apt-get", update).status !== 0) return false;
    const kernels = new RegExp(`^linux-image-[\\d.]+-\\d+-${architecture}$`);
    const found = names.map((name) => (name === "linux-image" ? findPackages(name, kernels, options).at(-1) : name));
    return unpackPackages(
      found.map((name) => `${name}:${architecture}`),
      folder,
      options,
    );
  } finally {
    rmSync(own, { recursive: true });
  }
}
