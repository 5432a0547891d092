import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { provideFolder } from "../../scripts/lib/cache.mjs";

/** Where npm's registry did not answer once, it is not waited for again. */
let isReachable = true;

/**
 * A program of a package of a version, such as "pnpm@9", from the cache or by npm; undefined when neither has it. `more`: words for npm.
 */
export function tool(wanted: string, program: string, more: readonly string[] = []): string | undefined {
  const at = (folder: string): string => join(folder, "node_modules", program);
  const found = provideFolder(
    `npm/${wanted.replaceAll("/", "-")}`,
    (folder) => existsSync(at(folder)),
    (draft) => {
      if (!isReachable) return "npm's registry does not answer";
      const patience = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=20000"];
      const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
      const words = ["install", "--prefix", draft, ...patience, ...quiet, ...more, wanted];
      isReachable = spawnSync("npm", words, { timeout: 120_000 }).status === 0;
      return isReachable ? undefined : "npm failed";
    },
  );
  return found.folder === undefined ? undefined : at(found.folder);
}
