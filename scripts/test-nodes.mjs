import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { run, runQuietly } from "./run.mjs";
import { runSuites } from "./suites.mjs";

/** Root's is where others may run what is in it: some tests give up their privilege. */
const cache = join(
  process.getuid() === 0 ? "/var/cache" : (process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache")),
  "linkwright/nodes",
);

/** Runs the suites that reach the addon under another major version of Node, with the addon that is built. */
export function testUnderNode(version) {
  const node = provideNode(version);
  if (node === undefined) return { skip: `Node ${version} for ${process.arch} cannot be fetched from npm` };
  return runSuites(["unit", "kernel"], { node });
}

/** The path of a Node of this version, fetched once from npm's package of that name. */
function provideNode(version) {
  const name = `node-linux-${process.arch}`;
  const home = join(cache, `${version}-${process.arch}`);
  const program = join(home, "node_modules", name, "bin/node");
  if (runs(program, version)) return program;
  rmSync(home, { recursive: true, force: true });
  mkdirSync(dirname(home), { recursive: true });
  const draft = mkdtempSync(`${home}-`);
  chmodSync(draft, 0o755);
  const fetch = ["install", "--prefix", draft, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
  console.log(`Fetching ${name}@${version} from npm`);
  if (runQuietly("npm", [...fetch, "--loglevel=error", `${name}@${version}`]).status === 0) renameSync(draft, home);
  else rmSync(draft, { recursive: true });
  return runs(program, version) ? program : undefined;
}

function runs(program, version) {
  if (!existsSync(program)) return false;
  const { status, stdout } = run(program, ["--version"], { stdio: ["ignore", "pipe", "inherit"] });
  return status === 0 && stdout.startsWith(`v${version}.`);
}
