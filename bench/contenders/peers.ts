import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { provideFolder } from "../../scripts/lib/cache.mjs";
import { installed, run } from "../../scripts/lib/run.mjs";
import { lackedBy } from "../../scripts/lib/tools.mjs";
import { type Builder, fromNpm, inC, inGo, inRust, MUSL, programTools, sourceOf } from "./builders.js";
import type { Program } from "./contender.js";

export interface Peer extends Program {
  readonly title: string;
  readonly version?: string | undefined;
}

export interface MissingPeer {
  readonly name: string;
  readonly reason: string;
}

/** How somebody is had who may take part. */
interface Source {
  readonly name: string;
  readonly title: string;
  readonly version?: () => string | undefined;
  readonly build?: Builder;
  /** What is built, in its folder. */
  readonly product?: (folder: string) => string;
  readonly sources?: readonly string[];
  readonly command?: (folder: string) => readonly string[];
}

const output = (command: string, ...args: readonly string[]): string =>
  run(command, [...args], { stdio: ["ignore", "pipe", "ignore"] }).stdout;

/** What a program says of its version, if anything. */
const saidBy = (command: string, word: string): string | undefined => /\d+(\.\d+)+/.exec(output(command, word))?.[0];

const packaged = (name: string): string | undefined =>
  output("dpkg-query", "--show", "--showformat=${Version}", name) || undefined;

const { version: ours } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

const program = (folder: string): string => join(folder, "program");

/** A package of npm, and the program that does the work by it. `addons`: what of it npm brings no binary for. */
function npm(
  name: string,
  version: string,
  { source, addons = [] }: { source: string; addons?: readonly string[] },
): Omit<Source, "name"> {
  return {
    title: `npm's ${name}`,
    version: () => version,
    build: fromNpm(`${name}@${version}`, addons),
    product: (folder) => join(folder, "node_modules", name, "package.json"),
    command: (folder) => [process.execPath, sourceOf(source), folder],
  };
}

/**
 * Who does the benchmark's work. `build` makes `product` in a folder, where it is found again until `sources` or the
 * version change; then `command` starts it.
 */
const PEERS: readonly Source[] = [
  { name: "floor", title: "C, system calls alone", sources: ["floor.c", "program.h"], build: inC("floor.c") },
  {
    name: "linkwright",
    title: "linkwright",
    version: () => ours,
    command: () => [process.execPath, sourceOf("linkwright.mjs")],
  },
  ...(["never", "always"] as const).map((thread) => ({
    name: `linkwright-${thread}`,
    title: `linkwright, thread: ${thread}`,
    version: () => ours,
    command: () => [process.execPath, sourceOf("linkwright.mjs"), thread],
  })),
  { name: "ip", title: "ip, a process each", version: () => saidBy("ip", "-V"), command: () => [sourceOf("ip.sh")] },
  { name: "ip-batch", title: "ip -batch", version: () => saidBy("ip", "-V"), command: () => [sourceOf("ip-batch.sh")] },
  {
    name: "brctl",
    title: "brctl and ip, a process each",
    version: () => saidBy("brctl", "--version"),
    command: () => [sourceOf("brctl.sh")],
  },
  {
    name: "libmnl",
    title: "C, libmnl",
    version: () => packaged("libmnl-dev"),
    sources: ["libmnl.c", "program.h"],
    build: inC("libmnl.c", "-lmnl"),
  },
  {
    name: "pyroute2",
    title: "Python, pyroute2",
    version: () => packaged("python3-pyroute2"),
    command: () => [sourceOf("python.py")],
  },
  {
    name: "go",
    title: "Go, vishvananda/netlink",
    version: () => packaged("golang-github-vishvananda-netlink-dev"),
    sources: ["go.go"],
    build: inGo("go.go"),
  },
  {
    name: "rust",
    title: "Rust, rtnetlink",
    version: () => packaged("librust-rtnetlink-dev"),
    sources: ["rust/Cargo.toml", "rust/main.rs"],
    build: inRust("rust"),
  },
  { name: "npm-netlink", ...npm("netlink", "0.3.0", { source: "npm-netlink.mjs" }) },
  {
    name: "node-netlink",
    ...npm("node-netlink", "0.0.4", { source: "node-netlink.mjs", addons: ["syscall-napi", "buffer2address"] }),
  },
];

/** All that may be found, but the floor and linkwright. */
export const peerNames = PEERS.map(({ name }) => name).filter((name) => name !== "floor" && name !== "linkwright");

/** The folder of the cache in which something is built: another one when its sources or version change. */
export function folderOf(
  { name, sources = [] }: Pick<Source, "name" | "sources">,
  version: string | undefined,
): string {
  const hash = createHash("sha256").update(`${version}`);
  for (const file of sources) hash.update(readFileSync(sourceOf(file)));
  return join("peers", `${name}-${hash.digest("hex").slice(0, 16)}`);
}

/** The programs beside which QEMU's are measured: { folder, musl }, or { missing } with the reason. */
export function provideProgramTools(): { musl: boolean; folder?: string | undefined; missing?: string | undefined } {
  const musl = installed(MUSL);
  const name = folderOf({ name: "programs", sources: ["spawn.c", "nothing.c"] }, musl ? "musl" : "libc");
  return { musl, ...provideFolder(name, (folder) => existsSync(join(folder, "nothing")), programTools(musl)) };
}

/** The command that starts a peer, or why there is none. */
function provide(
  peer: Source,
  version: string | undefined,
  mayBuild: boolean,
): { command: readonly string[]; reason?: undefined } | { command?: undefined; reason: string } {
  const { name, build, product = program, command = (folder: string) => [program(folder)] } = peer;
  const lacking = lackedBy(name);
  if (lacking.length > 0) return { reason: `not installed: ${lacking.join(", ")}` };
  if (build === undefined) return { command: command("") };
  const fill = (folder: string): string | undefined => {
    if (!mayBuild) return "not built yet: npm run bench builds it";
    process.stderr.write(`Building the contender ${name}\n`);
    return build(folder);
  };
  const { folder, missing } = provideFolder(folderOf(peer, version), (folder) => existsSync(product(folder)), fill);
  return folder === undefined ? { reason: missing ?? "it cannot be built" } : { command: command(folder) };
}

/**
 * The peers that this machine has, and why it lacks the others. What must be built is built, which takes minutes the first time;
 * with `build: false`, only the floor is. `names`: those that are wanted, if not all.
 */
export function findPeers({ names, build = true }: { names?: readonly string[] | undefined; build?: boolean } = {}): {
  found: Peer[];
  missing: MissingPeer[];
} {
  const found: Peer[] = [];
  const missing: MissingPeer[] = [];
  for (const peer of PEERS.filter(({ name }) => names?.includes(name) ?? true)) {
    const { name, title } = peer;
    const version = peer.version?.();
    const { command, reason } = provide(peer, version, build || name === "floor");
    if (command === undefined) missing.push({ name, reason });
    else found.push({ name, title, version, command });
  }
  return { found, missing };
}
