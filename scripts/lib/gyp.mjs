import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { root, runQuietly } from "./run.mjs";

/** Runs node-gyp, with this Node's own headers where it has them, so that none are fetched; for `arch`. True when it succeeded. */
export function gyp(command, { cwd = root, arch = process.arch, env = {}, variables = [] } = {}) {
  const prefix = dirname(dirname(process.execPath));
  const headers = existsSync(join(prefix, "include/node/node_api.h")) ? [`--nodedir=${prefix}`] : [];
  const program = join(root, "node_modules/node-gyp/bin/node-gyp.js");
  return (
    runQuietly(process.execPath, [program, command, `--arch=${arch}`, ...headers, "--", ...variables], { cwd, env })
      .status === 0
  );
}
