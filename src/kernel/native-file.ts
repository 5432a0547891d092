import { builtin } from "../base/builtin.js";

/** What this process runs on, as far as a binary must fit it. */
export interface Platform {
  /** Such as "linux". */
  readonly system: string;
  /** Such as "x64". */
  readonly arch: string;
  /** "glibc", or another C library, such as "musl". */
  readonly libc: "glibc" | "musl";
  /** The runtime, where it is none that the addon works in. */
  readonly unsupported?: "Deno" | undefined;
}

/** The architecture that the package has a binary for; elsewhere it is built in a clone. */
const DELIVERED = { system: "linux", arch: "x64", libc: "glibc" } as const;

function libcOf(): Platform["libc"] {
  const report = process.report as typeof process.report & { excludeNetwork?: boolean };
  report.excludeNetwork = true; // otherwise it looks addresses up
  const { header } = report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime === undefined ? "musl" : "glibc";
}

/** What this process runs on. */
export function ownPlatform(): Platform {
  const { platform: system, arch, versions } = process;
  return { system, arch, libc: libcOf(), unsupported: "deno" in versions ? "Deno" : undefined };
}

/** The folder of this code. A bundler that makes an ES module of it leaves it no name: the program's folder, then. */
function ownFolder(): string {
  const { dirname } = builtin("node:path");
  const { fileURLToPath } = builtin("node:url");
  try {
    return dirname(fileURLToPath(import.meta.url));
  } catch {
    const { realpathSync } = builtin("node:fs");
    return dirname(realpathSync(process.argv[1] ?? process.execPath));
  }
}

function foldersAbove(folder: string): string[] {
  const { dirname } = builtin("node:path");
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...foldersAbove(above)];
}

/** Whether a folder is a clone of this project, whose own programs are bundled, too. */
function isClone(folder: string): boolean {
  const { readFileSync } = builtin("node:fs");
  try {
    return (JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as { name?: unknown }).name === "linkwright";
  } catch {
    return false;
  }
}

/** Where this code is in its package; a bundle that happens to lie elsewhere has no business two folders up. */
const IN_PACKAGE = /\/(dist\/code|src\/kernel)$/;

/**
 * Where the addon may be: in the package that this code is in, a build of one's own before the delivered one; for code that a
 * bundler packed, beside the bundle, in a node_modules above it, and beside the executable, which may have the bundle inside.
 */
export function* nativePlaces(from = ownFolder(), arch: string = process.arch): Generator<string> {
  const { dirname, join } = builtin("node:path");
  const delivered = `prebuilds/linux-${arch}/linkwright.node`;
  if (IN_PACKAGE.test(from)) {
    yield join(from, "../../build/Release/linkwright.node");
    yield join(from, "../..", delivered);
  } else {
    yield join(from, delivered);
    for (const folder of foldersAbove(from)) {
      if (isClone(folder)) yield join(folder, "build/Release/linkwright.node");
      yield join(folder, "node_modules/linkwright", delivered);
    }
  }
  yield join(dirname(process.execPath), delivered);
}

function failure(message: string): Error {
  return Object.assign(new Error(message), { code: "ERR_LINKWRIGHT_NATIVE" });
}

/** Why there is no addon, and what to do. `problem`: what loading it said, where one was found. */
export function explainNative(
  { system, arch, libc, unsupported }: Platform,
  places: readonly string[],
  problem?: Error,
): Error {
  if (unsupported !== undefined)
    return failure(`linkwright does not work in ${unsupported}, which is not supported: use Node 20 or later`);
  if (system !== DELIVERED.system) return failure(`linkwright is for Linux alone, and this is ${system}`);
  if (libc !== DELIVERED.libc || arch !== DELIVERED.arch)
    return failure(
      `linkwright has no binary for ${libc} on ${arch} yet: build it in a clone with "npm run build"` +
        (problem === undefined ? "" : ` (${problem.message})`),
    );
  if (problem !== undefined) return failure(`linkwright's native part cannot be loaded: ${problem.message}`);
  return failure(
    `linkwright's native part was not found at ${places.join(", ")}: a bundler has to leave linkwright out (mark it as external), ` +
      'or copy the package\'s folder "prebuilds" beside the bundle; in a clone, "npm run build" makes it',
  );
}
