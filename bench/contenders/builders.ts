import { cpSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gyp } from "../../scripts/lib/gyp.mjs";
import { runQuietly } from "../../scripts/lib/run.mjs";

/** Where a contender's source is. */
export const sourceOf = (name: string): string => fileURLToPath(new URL(`peers/${name}`, import.meta.url));

/** Builds a contender in the folder in which the result belongs; returns why it could not, if so. */
export type Builder = (folder: string) => string | undefined;

/** A program of C, linked with libraries. */
export const inC =
  (source: string, ...libraries: readonly string[]): Builder =>
  (folder) => {
    const flags = ["-O2", "-Wall", "-Wextra", "-Werror"];
    return failure(runQuietly("cc", [...flags, "-o", join(folder, "program"), sourceOf(source), ...libraries]), source);
  };

/** Links with musl's libc; of Debian's musl-tools. */
export const MUSL = "musl-gcc";

/**
 * The programs beside which QEMU's are measured: one that starts and times others, and one that does nothing, linked as most
 * would link it, and, if `musl`, as linkwright's are.
 */
export const programTools =
  (musl: boolean): Builder =>
  (folder) => {
    const made = (compiler: string, source: string, product: string, ...flags: readonly string[]): { status: number } =>
      runQuietly(compiler, [
        "-O2",
        "-Wall",
        "-Wextra",
        "-Werror",
        ...flags,
        "-o",
        join(folder, product),
        sourceOf(source),
      ]);
    const results = [
      made("cc", "spawn.c", "spawn"),
      made("cc", "nothing.c", "nothing", "-static"),
      ...(musl ? [made(MUSL, "nothing.c", "nothing-musl", "-static")] : []),
    ];
    return results
      .map((result, i) => failure(result, i === 0 ? "spawn.c" : "nothing.c"))
      .find((why) => why !== undefined);
  };

/** A program of Go, with Debian's go and what Debian packages for it. */
export const inGo =
  (source: string): Builder =>
  (folder) => {
    const own = join(folder, "own");
    const env = { GO111MODULE: "off", GOFLAGS: "", GOPATH: "/usr/share/gocode", GOCACHE: own };
    const result = runQuietly("/usr/bin/go", ["build", "-o", join(folder, "program"), sourceOf(source)], { env });
    rmSync(own, { recursive: true, force: true });
    return failure(result, source);
  };

/** A program of Rust, with Debian's cargo and crates, and nothing fetched. */
export const inRust =
  (source: string): Builder =>
  (folder) => {
    const own = join(folder, "own");
    cpSync(sourceOf(source), own, { recursive: true });
    const registry = 'source.crates-io.replace-with="debian"';
    const place = 'source.debian.directory="/usr/share/cargo/registry"';
    const words = ["build", "--quiet", "--release", "--offline", "--config", registry, "--config", place];
    const env = { CARGO_HOME: join(own, "home"), CARGO_TARGET_DIR: join(own, "target"), RUSTC: "/usr/bin/rustc" };
    const result = runQuietly("/usr/bin/cargo", words, { cwd: own, env });
    const program = join(own, "target/release/program");
    if (existsSync(program)) cpSync(program, join(folder, "program"));
    rmSync(own, { recursive: true, force: true });
    return failure(result, source);
  };

/** A package of npm with what it depends on; `addons` are those that have to be compiled. */
export const fromNpm =
  (name: string, addons: readonly string[]): Builder =>
  (folder) => {
    const options = ["--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    const installed = runQuietly("npm", ["install", ...options, name]);
    if (installed.status !== 0) return `npm could not install ${name}`;
    for (const addon of addons)
      if (!gyp("rebuild", { cwd: join(folder, "node_modules", addon) }))
        return `${addon}, of ${name}, does not compile`;
    return undefined;
  };

const failure = ({ status }: { status: number }, source: string): string | undefined =>
  status === 0 ? undefined : `${source} does not compile`;
