import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unpackPackages, versionOf } from "../../../scripts/lib/apt.mjs";
import { installed, runQuietly } from "../../../scripts/lib/run.mjs";
import { indexModules } from "./kernel.mjs";

const SOURCES = "drivers/net/netdevsim";

const needs = ["apt-get", "dpkg-deb", "tar", "xz", "make", "gcc", "strip"];

/**
 * Sees to netdevsim, the pretended network card with virtual functions that Debian's kernels lack: builds it from Debian's
 * sources, once, and puts it among the modules of a kernel in the cache. Says why there is none.
 */
export function provideNetdevsim(kernel, series) {
  if (readFileSync(join(kernel.modules, "modules.dep"), "utf8").includes("netdevsim.ko")) return undefined;
  const refused = join(kernel.folder, "netdevsim.refused");
  if (existsSync(refused)) return `it did not compile; remove ${refused} to try again`;
  const absent = needs.filter((name) => !installed(name));
  if (absent.length > 0) return `${absent.join(", ")} not installed`;
  try {
    return provide(kernel, series, refused);
  } catch (error) {
    return error.message;
  }
}

function provide(kernel, series, refused) {
  const draft = mkdtempSync(join(kernel.folder, "netdevsim-"));
  try {
    console.log(`Building netdevsim for ${kernel.release}`);
    if (!unpackSources(draft, kernel, series)) return "its sources cannot be had";
    const module = build(draft, kernel, series);
    if (module === undefined) {
      writeFileSync(refused, "");
      return "it does not compile";
    }
    const updates = join(kernel.modules, "updates");
    mkdirSync(updates, { recursive: true });
    renameSync(module, join(updates, "netdevsim.ko"));
    return indexModules(kernel) ? undefined : "depmod failed";
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Unpacks the headers, the programs that build with them, and the module's sources, all of the kernel's own version. */
function unpackSources(folder, { release, version }, series) {
  const build = release.replace(/-amd64$/, "");
  const kbuild = [build, series].map((name) => `linux-kbuild-${name}`).find(versionOf);
  const names = [`linux-headers-${release}`, `linux-headers-${build}-common`, kbuild, `linux-source-${series}`];
  const archive = join(folder, `usr/src/linux-source-${series}.tar.xz`);
  return (
    unpackPackages(
      names.map((name) => `${name}=${version}`),
      folder,
    ) && runQuietly("tar", ["xJf", archive, `linux-source-${series}/${SOURCES}`], { cwd: folder }).status === 0
  );
}

function build(folder, { release }, series) {
  const headers = join(folder, "usr/src", `linux-headers-${release}`);
  const makefile = join(headers, "Makefile");
  // The package's Makefile expects to be installed.
  writeFileSync(makefile, readFileSync(makefile, "utf8").replaceAll(" /usr/src/", ` ${folder}/usr/src/`));
  const sources = join(folder, `linux-source-${series}`, SOURCES);
  const module = join(sources, "netdevsim.ko");
  const options = [
    "-s",
    "-C",
    headers,
    `M=${sources}`,
    "CONFIG_NETDEVSIM=m",
    "CONFIG_DEBUG_INFO_BTF_MODULES=",
    "modules",
  ];
  if (runQuietly("make", options).status !== 0) return undefined;
  return runQuietly("strip", ["--strip-debug", module]).status === 0 ? module : undefined;
}
