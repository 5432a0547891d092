import { builtin } from "../base/builtin.js";

/** A C library that the package has an addon for. */
export type Libc = "glibc" | "musl";

/** The architectures that the package has binaries for; for others they are built in a clone. */
const DELIVERED: readonly string[] = ["x64", "arm64"];

/** What a process says of itself, as far as a binary must fit it: Node's `process` does. */
export interface Platform {
  readonly platform: string;
  readonly arch: string;
  /** Versions of the runtime and its parts: "deno" is among Deno's. */
  readonly versions: Readonly<Record<string, string | undefined>>;
}

/** The C library of a program, of whose file these bytes are the first: musl's loader has its name near the start (elf(5), PT_INTERP). */
export function libcOf(start: Uint8Array): Libc {
  return Buffer.from(start.buffer, start.byteOffset, start.length).includes("/ld-musl-") ? "musl" : "glibc";
}

/** The C library that this process runs with; glibc where nobody can tell. */
function ownLibc(): Libc {
  const { closeSync, openSync, readSync } = builtin("node:fs");
  const start = new Uint8Array(4096);
  try {
    const file = openSync("/proc/self/exe", "r");
    try {
      return libcOf(start.subarray(0, readSync(file, start)));
    } finally {
      closeSync(file);
    }
  } catch {
    return "glibc";
  }
}

/** The folder of the program that runs. */
function programFolder(): string {
  const { dirname } = builtin("node:path");
  const { realpathSync } = builtin("node:fs");
  try {
    return dirname(realpathSync(process.argv[1] ?? process.execPath));
  } catch {
    return dirname(process.execPath); // code that was given on the command line
  }
}

/** The folder of this code; undefined where a bundler made an ES module of it, and left it no name. */
function ownFolder(): string | undefined {
  const { dirname } = builtin("node:path");
  const { fileURLToPath } = builtin("node:url");
  try {
    return dirname(fileURLToPath(import.meta.url));
  } catch {
    return undefined;
  }
}

function foldersAbove(folder: string): string[] {
  const { dirname } = builtin("node:path");
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...foldersAbove(above)];
}

/** Where this code is in its package; a bundle that happens to lie elsewhere has no business two folders up. */
const IN_PACKAGE = /\/(dist\/code|src\/kernel)$/;

/** What the places of the addon depend on. */
export interface Whereabouts {
  /** The folder of this code; one in a package that is gone was written down by a bundler, and then the program was moved. */
  readonly code: string | undefined;
  /** The folder of the program that runs. */
  readonly program: () => string;
  readonly arch: string;
  /** Asked when a delivered addon is looked for. */
  readonly libc: () => Libc;
  readonly exists: (path: string) => boolean;
}

function ownWhereabouts(): Whereabouts {
  const { existsSync } = builtin("node:fs");
  return { code: ownFolder(), program: programFolder, arch: process.arch, libc: ownLibc, exists: existsSync };
}

/**
 * Where the addon may be: in the package that this code is in, a build of one's own before the delivered one; for code that a
 * bundler packed, beside the bundle, in a node_modules above it, then the same of the program that runs; and beside the
 * executable, which may have the bundle inside. The package of such code need not be there any more.
 */
export function* nativePlaces({ code, program, arch, libc, exists } = ownWhereabouts()): Generator<string> {
  const { dirname, join } = builtin("node:path");
  const isInPackage = code !== undefined && IN_PACKAGE.test(code);
  if (isInPackage) yield join(code, "../../build/Release/linkwright.node");
  const delivered = `prebuilds/linux-${arch}/linkwright${libc() === "musl" ? ".musl" : ""}.node`;
  const around = (folder: string): string[] => [
    join(folder, delivered),
    ...foldersAbove(folder).map((above) => join(above, "node_modules/linkwright", delivered)),
  ];
  if (isInPackage) yield join(code, "../..", delivered);
  else if (code !== undefined) yield* around(code);
  if (!isInPackage || !exists(join(code, "../../package.json"))) yield* around(program());
  yield join(dirname(process.execPath), delivered);
}

/** How an addon is looked for and loaded. */
export interface Loading {
  readonly exists: (path: string) => boolean;
  readonly open: (path: string) => unknown;
  readonly platform: Platform;
}

/** Loads the addon from the first of the places where it is. Throws what explainNative says. */
export function loadNative(places: Iterable<string>, { exists, open, platform }: Loading): unknown {
  const looked = new Set<string>();
  for (const place of places) {
    looked.add(place);
    if (!exists(place)) continue;
    try {
      return open(place);
    } catch (error) {
      throw explainNative(platform, [...looked], error as Error);
    }
  }
  throw explainNative(platform, [...looked]);
}

function failure(message: string): Error {
  return Object.assign(new Error(message), { code: "ERR_LINKWRIGHT_NATIVE" });
}

/** Why there is no addon, and what to do. `problem`: what loading it said, where one was found. */
export function explainNative(
  { platform, arch, versions }: Platform,
  places: readonly string[],
  problem?: Error,
): Error {
  if ("deno" in versions)
    return failure("linkwright does not work in Deno, which is not supported: use Node 20 or later");
  if (platform !== "linux") return failure(`linkwright is for Linux alone, and this is ${platform}`);
  if (!DELIVERED.includes(arch))
    return failure(
      `linkwright has no binary for ${arch}: build it in a clone with "npm run build"` +
        (problem === undefined ? "" : ` (${problem.message})`),
    );
  if (problem !== undefined) return failure(`linkwright's native part cannot be loaded: ${problem.message}`);
  return failure(
    `linkwright's native part was not found at ${places.join(", ")}: a bundler has to leave linkwright out (mark it as external), ` +
      'or copy the package\'s folder "prebuilds" beside the bundle; in a clone, "npm run build" makes it',
  );
}
