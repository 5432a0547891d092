import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { provideFolder } from "../scripts/cache.mjs";
import { installed, run, runQuietly } from "../scripts/run.mjs";

const source = (name) => fileURLToPath(new URL(`peers/${name}`, import.meta.url));

/** What a program says of its version, if anything. */
const versionBy = (command, ...args) => /\d+(\.\d+)+/.exec(run(command, args, { stdio: "pipe" }).stdout)?.[0];

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

/**
 * Who does the benchmark's work. `needs`: programs. `build`: how a peer that has to be built is, from `sources`, as the
 * file `program` of a folder; it returns why it could not.
 */
const PEERS = [
  {
    name: "floor",
    title: "C, system calls alone",
    needs: ["cc"],
    sources: ["floor.c", "program.h"],
    build: (folder) => compile("floor.c", folder),
  },
  {
    name: "linkwright",
    title: "linkwright",
    command: [process.execPath, source("linkwright.mjs")],
    version: () => version,
  },
  { name: "ip", title: "ip, a process each", command: [source("ip.sh")], needs: ["ip", "bridge"], version: iproute },
  { name: "ip-batch", title: "ip -batch", command: [source("ip-batch.sh")], needs: ["ip"], version: iproute },
  {
    name: "brctl",
    title: "brctl and ip, a process each",
    command: [source("brctl.sh")],
    needs: ["brctl", "ip"],
    version: () => versionBy("brctl", "--version"),
  },
];

/** All that may be found, but the floor and linkwright. */
export const peerNames = PEERS.map(({ name }) => name).filter((name) => name !== "floor" && name !== "linkwright");

function iproute() {
  return versionBy("ip", "-V");
}

function compile(name, folder, ...libraries) {
  const flags = ["-O2", "-Wall", "-Wextra", "-Werror"];
  const { status } = runQuietly("cc", [...flags, "-o", join(folder, "program"), source(name), ...libraries]);
  return status === 0 ? undefined : `${name} does not compile`;
}

/** The folder of the cache in which a peer is built: another one when its sources change. */
function folderOf({ name, sources }) {
  const hash = createHash("sha256");
  for (const file of sources) hash.update(readFileSync(source(file)));
  return join("peers", `${name}-${hash.digest("hex").slice(0, 16)}`);
}

const isBuilt = (folder) => existsSync(join(folder, "program"));

/** The command that starts a peer, or why there is none. */
function provide(peer) {
  const lacking = (peer.needs ?? []).filter((program) => !installed(program));
  if (lacking.length > 0) return { reason: `${lacking.join(", ")} not installed` };
  if (peer.build === undefined) return { command: peer.command };
  const { folder, missing } = provideFolder(folderOf(peer), isBuilt, peer.build);
  return missing === undefined ? { command: [join(folder, "program")] } : { reason: missing };
}

/**
 * The peers that this machine has, and why it lacks the others: { found: [{ name, title, version, command }], missing:
 * [{ name, reason }] }. What must be built is built.
 */
export function findPeers() {
  const found = [];
  const missing = [];
  for (const peer of PEERS) {
    const { command, reason } = provide(peer);
    if (command === undefined) missing.push({ name: peer.name, reason });
    else found.push({ name: peer.name, title: peer.title, version: peer.version?.(), command });
  }
  return { found, missing };
}
