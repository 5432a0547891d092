import { existsSync } from "node:fs";
import { join } from "node:path";
import { provideFolder } from "./cache.mjs";
import { run, runQuietly } from "./run.mjs";
import { runSuites } from "./suites.mjs";

/** Runs the suites that reach the addon under another major version of Node, with the addon that is built. */
export function testUnderNode(version) {
  const name = `node-linux-${process.arch}`;
  const program = (folder) => join(folder, "node_modules", name, "bin/node");
  const { folder } = provideFolder(
    `nodes/${version}-${process.arch}`,
    (folder) => runs(program(folder), version),
    (draft) => fetch(`${name}@${version}`, draft),
  );
  if (folder === undefined) return { skip: `Node ${version} for ${process.arch} cannot be fetched from npm` };
  return runSuites(["unit", "kernel"], { node: program(folder) });
}

/** Fetches a Node from npm's package of that name; says why not. */
function fetch(specifier, folder) {
  const fetch = ["install", "--prefix", folder, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
  console.log(`Fetching ${specifier} from npm`);
  const { status } = runQuietly("npm", [...fetch, "--loglevel=error", specifier]);
  return status === 0 ? undefined : "npm failed";
}

function runs(program, version) {
  if (!existsSync(program)) return false;
  const { status, stdout } = run(program, ["--version"], { stdio: ["ignore", "pipe", "inherit"] });
  return status === 0 && stdout.startsWith(`v${version}.`);
}
