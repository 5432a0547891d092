import { existsSync } from "node:fs";
import { join } from "node:path";
import { provideFolder } from "../lib/cache.mjs";
import { run, runQuietly } from "../lib/run.mjs";
import { ownNamespace, runSuites } from "../lib/vitest.mjs";

/** What a version of Node may do in its own way without a kernel: load every module, print, parse, end. */
const smoke = ["source/every-module", "netlink/debug", "ovsdb/json", "host/operations"];

/** What is about other programs, or about being killed at each step, and reaches the addon as the others do. */
const exclude = [
  "boot/*",
  "cni/*",
  "formats/*",
  "networks/{adopted-chains,dnsmasq}",
  "topology/{killed,managed,ssh,undo}",
].map((name) => `test/kernel/${name}.test.*`);

/** Runs the suite that reaches the addon, and a few tests of the others, under another version of Node, with the addon that is built. */
export function testUnderNode(version) {
  const { node, skip } = provideNode(version);
  return node === undefined
    ? { skip }
    : runSuites(["unit", "kernel"], {
        node,
        exclude,
        files: ["test/kernel/", ...smoke.map((name) => `test/unit/${name}.test.ts`)],
      });
}

/** Checks the main job under a version of Node on which vitest does not start. */
export function testMainJob(version) {
  const { node, skip } = provideNode(version);
  if (node === undefined) return { skip };
  const [command, ...args] = [...ownNamespace(), node, "scripts/stages/programs/main-job.mjs"];
  const { status, stdout } = run(command, args, { stdio: ["ignore", "pipe", "inherit"], timeout: 60_000 });
  const lines = stdout.trimEnd().split("\n");
  for (const line of lines) console.log(line);
  const reason = lines.find((line) => line.startsWith("skipped: "));
  if (reason !== undefined) return { skip: reason.slice("skipped: ".length) };
  return { passed: lines.filter((line) => line.startsWith("passed: ")).length, failed: status === 0 ? 0 : 1 };
}

/** The program of a version of Node, "22" for the newest that npm has of it, or why it cannot be had. */
function provideNode(version) {
  const name = `node-linux-${process.arch}`;
  const program = (folder) => join(folder, "node_modules", name, "bin/node");
  const { folder } = provideFolder(
    `nodes/${version}-${process.arch}`,
    (folder) => runs(program(folder), version),
    (draft) => fetch(`${name}@${version}`, draft),
  );
  if (folder === undefined) return { skip: `Node ${version} for ${process.arch} cannot be fetched from npm` };
  return { node: program(folder) };
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
  return status === 0 && `${stdout.trim()}.`.startsWith(`v${version}.`);
}
