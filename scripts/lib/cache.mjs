import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";

/** What is fetched once for many work trees. Root's is where others may run what is in it: some tests give up their privilege. */
export const cache = join(
  process.getuid() === 0 ? "/var/cache" : (process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache")),
  "linkwright",
);

/**
 * Provides a folder of the cache: `{ folder }`, or `{ missing }` with the reason. `fill` works in a draft, which takes its
 * place when it is whole, and returns why it could not. `isWhole` says whether a folder can be used.
 */
export function provideFolder(name, isWhole, fill) {
  const folder = join(cache, name);
  if (isWhole(folder)) return { folder };
  const draft = `${folder}.draft-${process.pid}`;
  try {
    mkdirSync(dirname(folder), { recursive: true });
    removeAbandoned(folder);
    mkdirSync(draft);
    chmodSync(draft, 0o755);
    const missing = fill(draft) ?? (isWhole(draft) ? undefined : `${draft} is not what was expected`);
    if (missing !== undefined) return { missing };
    rmSync(folder, { recursive: true, force: true });
    renameSync(draft, folder);
    return { folder };
  } catch (error) {
    return isWhole(folder) ? { folder } : { missing: error.message };
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Removes the drafts of processes that are no more. */
function removeAbandoned(folder) {
  const prefix = `${basename(folder)}.draft-`;
  for (const name of readdirSync(dirname(folder)))
    if (name.startsWith(prefix) && !existsSync(`/proc/${name.slice(prefix.length)}`))
      rmSync(join(dirname(folder), name), { recursive: true, force: true });
}
