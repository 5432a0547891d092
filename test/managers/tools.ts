import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { provideFolder } from "../../scripts/lib/cache.mjs";

/** The node_modules with a package of a version, such as "pnpm@9", from the cache or by npm; undefined when neither has it. */
export function tool(wanted: string, program: string): string | undefined {
  const at = (folder: string): string => join(folder, "node_modules", program);
  const found = provideFolder(
    `npm/${wanted.replaceAll("/", "-")}`,
    (folder) => existsSync(at(folder)),
    (draft) => {
      const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
      const { status } = spawnSync("npm", ["install", "--prefix", draft, ...quiet, wanted], { timeout: 120_000 });
      return status === 0 ? undefined : "npm failed";
    },
  );
  return found.folder === undefined ? undefined : at(found.folder);
}
