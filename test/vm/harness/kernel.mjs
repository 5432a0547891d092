import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { findPackages, mayInstall, unpackPackages, updateLists, versionOf } from "../../../scripts/lib/apt.mjs";
import { cache, provideFolder } from "../../../scripts/lib/cache.mjs";
import { installed, run, runQuietly } from "../../../scripts/lib/run.mjs";
import { unpackImage } from "./image.mjs";

/** A kernel's folder in the cache: what QEMU boots, and what the guest takes its modules from. */
const parts = { image: "image", busybox: "busybox", early: "early", modules: "lib/modules", manifest: "manifest.json" };

/** Modules without which the machine's own files are not seen in the guest, which therefore are in the initramfs. */
const early = ["virtio_pci", "9pnet_virtio", "9p", "overlay", "virtio_console"];

/** Two thirds of a Debian kernel, for devices that the guest has not. */
const unwanted = ["sound", ...["gpu", "infiniband", "media", "net/wireless", "scsi"].map((name) => `drivers/${name}`)];

const needs = ["qemu-system-x86_64", "apt-get", "apt-cache", "dpkg-deb", "modprobe", "depmod", "xz"];

/**
 * Provides Debian's newest kernel of a series such as "6.1", fetched once and never installed: `{ kernel }`, or `{ missing }`
 * with the reason.
 */
export function provideKernel(series) {
  if (process.arch !== "x64") return { missing: `the virtual machine is made for x86-64, this is ${process.arch}` };
  const absent = needs.filter((name) => !installed(name));
  if (absent.length > 0) return { missing: `${absent.join(", ")} not installed` };
  let found = fetchNewest(series);
  if (found.missing !== undefined && mayInstall()) {
    updateLists();
    found = fetchNewest(series);
  }
  return found.missing === undefined ? found : (newestInCache(series) ?? found);
}

function fetchNewest(series) {
  const pattern = new RegExp(`^linux-image-${series.replace(".", "\\.")}\\.\\d+(-\\d+|\\+\\w+)-amd64(-unsigned)?$`);
  const name = findPackages(`linux-image-${series}.`, pattern).at(-1);
  const version = name === undefined ? undefined : versionOf(name);
  if (version === undefined) return { missing: `apt knows no kernel package of Linux ${series} for amd64` };
  const { folder, missing } = provideFolder(`kernels/${version}`, isWhole, (draft) => fetch(name, version, draft));
  return folder === undefined ? { missing } : { kernel: open(folder) };
}

/** For a machine that is not connected. */
function newestInCache(series) {
  const folder = join(cache, "kernels");
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(`${series}.`)) : [];
  const name = names
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
    .findLast((name) => isWhole(join(folder, name)));
  return name === undefined ? undefined : { kernel: open(join(folder, name)) };
}

function open(folder) {
  const { release, version } = JSON.parse(readFileSync(join(folder, parts.manifest), "utf8"));
  const paths = Object.fromEntries(Object.entries(parts).map(([part, name]) => [part, join(folder, name)]));
  return { folder, release, version, ...paths, modules: join(folder, parts.modules, release) };
}

/** Whether a folder has every file that its manifest names, each of its size. */
function isWhole(folder) {
  try {
    const { files } = JSON.parse(readFileSync(join(folder, parts.manifest), "utf8"));
    return Object.entries(files).every(([name, size]) => statSync(join(folder, name)).size === size);
  } catch {
    return false;
  }
}

function fetch(name, version, folder) {
  console.log(`Fetching ${name} ${version} from Debian`);
  const unpacked = join(folder, "unpacked");
  mkdirSync(unpacked);
  if (!unpackPackages([name, "busybox-static"], unpacked)) return `${name} cannot be downloaded`;
  const tree = ["lib/modules", "usr/lib/modules"].map((path) => join(unpacked, path)).find(existsSync);
  const release = readdirSync(tree)[0];
  mkdirSync(join(folder, "lib"));
  renameSync(tree, join(folder, parts.modules));
  prepareModules(folder, release);
  cpSync(join(unpacked, "bin/busybox"), join(folder, parts.busybox));
  unpackImage(join(unpacked, "boot", `vmlinuz-${release}`), join(folder, parts.image));
  rmSync(unpacked, { recursive: true });
  // Not the index, which netdevsim changes.
  const names = [parts.image, parts.busybox, `${parts.modules}/${release}/modules.order`];
  const files = Object.fromEntries(names.map((name) => [name, statSync(join(folder, name)).size]));
  writeFileSync(join(folder, parts.manifest), JSON.stringify({ name, version, release, files }, null, 2));
  return undefined;
}

/** Unpacks the modules, for the guest is slow at it, indexes them, and copies the early ones in the order of loading. */
function prepareModules(folder, release) {
  const modules = join(folder, parts.modules, release);
  for (const name of unwanted) rmSync(join(modules, "kernel", name), { recursive: true, force: true });
  runQuietly("find", [modules, "-name", "*.ko.xz", "-exec", "xz", "-d", "{}", "+"]);
  indexModules({ folder, release });
  mkdirSync(join(folder, parts.early));
  const paths = new Set(early.flatMap((name) => modulesOf(folder, release, name)));
  for (const [index, path] of [...paths].entries())
    cpSync(path, join(folder, parts.early, `${String(index).padStart(2, "0")}-${basename(path)}`));
}

/** Makes the index that modprobe reads; the package's own script would have done it. */
export function indexModules({ folder, release }) {
  return runQuietly("depmod", ["-b", folder, release]).status === 0;
}

/** The files of a module and of those that it needs; none when it is built in. */
function modulesOf(folder, release, name) {
  const { stdout } = run("modprobe", ["-d", folder, "-S", release, "--show-depends", name], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  return [...stdout.matchAll(/^insmod (\S+)/gm)].map(([, path]) => path);
}
