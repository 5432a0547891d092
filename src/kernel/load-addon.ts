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

/** What Node says of itself, as far as it tells the platform. */
export interface ProcessFacts {
  readonly platform: string;
  readonly arch: string;
  /** Versions of the runtime and its parts: "deno" is among Deno's. */
  readonly versions: Readonly<Record<string, string | undefined>>;
  /** The version of glibc in a diagnostic report's header; there is none with musl. */
  readonly glibc: string | undefined;
}

/** The platform that a process with these facts runs on. */
export function platformFrom({ platform: system, arch, versions, glibc }: ProcessFacts): Platform {
  return {
    system,
    arch,
    libc: glibc === undefined ? "musl" : "glibc",
    unsupported: "deno" in versions ? "Deno" : undefined,
  };
}

/** What this process runs on. */
export function ownPlatform(): Platform {
  const report = process.report as typeof process.report & { excludeNetwork?: boolean };
  report.excludeNetwork = true; // otherwise it looks addresses up
  const { header } = report.getReport() as { header: { glibcVersionRuntime?: string } };
  const { platform, arch, versions } = process;
  return platformFrom({ platform, arch, versions, glibc: header.glibcVersionRuntime });
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
  readonly exists: (path: string) => boolean;
}

function ownWhereabouts(): Whereabouts {
  const { existsSync } = builtin("node:fs");
  return { code: ownFolder(), program: programFolder, arch: process.arch, exists: existsSync };
}

/**
 * Where the addon may be: in the package that this code is in, a build of one's own before the delivered one; for code that a
 * bundler packed, beside the bundle, in a node_modules above it, then the same of the program that runs; and beside the
 * executable, which may have the bundle inside. The package of such code need not be there any more.
 */
export function* nativePlaces({ code, program, arch, exists } = ownWhereabouts()): Generator<string> {
  const { dirname, join } = builtin("node:path");
  const delivered = `prebuilds/linux-${arch}/linkwright.node`;
  const around = (folder: string): string[] => [
    join(folder, delivered),
    ...foldersAbove(folder).map((above) => join(above, "node_modules/linkwright", delivered)),
  ];
  const isInPackage = code !== undefined && IN_PACKAGE.test(code);
  if (isInPackage) {
    yield join(code, "../../build/Release/linkwright.node");
    yield join(code, "../..", delivered);
  } else if (code !== undefined) yield* around(code);
  if (!isInPackage || !exists(join(code, "../../package.json"))) yield* around(program());
  yield join(dirname(process.execPath), delivered);
}

/** How an addon is looked for and loaded. */
export interface Loading {
  readonly exists: (path: string) => boolean;
  readonly open: (path: string) => unknown;
  readonly platform: () => Platform;
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
      throw explainNative(platform(), [...looked], error as Error);
    }
  }
  throw explainNative(platform(), [...looked]);
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
