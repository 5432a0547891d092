import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";

const project = join(import.meta.dirname, "../..");

/** What `npm pack --json` says of a package. */
export interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

/** Runs a program, which must succeed, and gives what it printed. */
export function run(command: string, args: readonly string[], cwd: string, env?: NodeJS.ProcessEnv): string {
  return execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], env });
}

/**
 * Packs the project from a copy in a folder, as publishing would, but for what is compiled for other machines; the tarball is in the
 * folder then.
 */
export function pack(folder: string): Packed {
  const copy = join(folder, "project");
  cpSync(project, copy, {
    recursive: true,
    preserveTimestamps: true,
    filter: (source) => !["node_modules", ".git", "prebuilds", "obj.target"].includes(basename(source)),
  });
  symlinkSync(join(project, "node_modules"), join(copy, "node_modules"));
  for (const script of ["build", "prebuild"]) run(process.execPath, [`scripts/${script}.mjs`], copy);
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  return (JSON.parse(run("npm", args, copy)) as Packed[])[0]!;
}

/** The same of what is built already, with less work: nothing is stripped, no script runs. */
export function packBuilt(folder: string): string {
  const copy = join(folder, "package");
  const prebuilds = join(copy, `prebuilds/linux-${process.arch}`);
  mkdirSync(prebuilds, { recursive: true });
  for (const name of ["package.json", "README.md", "CHANGELOG.md", "LICENSE", "dist", "native", "docs", "examples"])
    cpSync(join(project, name), join(copy, name), { recursive: true });
  for (const name of ["linkwright.node", "linkwright-cni", "linkwright-qemu", "linkwright-watchdog"])
    cpSync(join(project, "build/Release", name), join(prebuilds, name));
  return packFolder(copy, folder);
}

/** Packs what it depends on, and what that does, out of node_modules: the tarballs by the packages' names. */
export function packDependencies(folder: string): Readonly<Record<string, string>> {
  const tarballs: Record<string, string> = {};
  const pack = (from: string): void => {
    const { dependencies = {} } = JSON.parse(readFileSync(join(from, "package.json"), "utf8")) as {
      dependencies?: Record<string, string>;
    };
    for (const name of Object.keys(dependencies)) {
      if (tarballs[name] !== undefined) continue;
      const place = join(project, "node_modules", name);
      tarballs[name] = packFolder(place, folder);
      pack(place);
    }
  };
  pack(project);
  return tarballs;
}

function packFolder(from: string, folder: string): string {
  return run("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder], from).trim();
}
