import { existsSync } from "node:fs";
import { join } from "node:path";
import { provideFolder } from "../../scripts/lib/cache.mjs";
import { run } from "../../scripts/lib/run.mjs";
import { lackedBy } from "../../scripts/lib/tools.mjs";
import { type Builder, inC, inGo, sourceOf } from "./builders.js";
import type { Contender as Described } from "../result.js";
import type { Program } from "./contender.js";
import { folderOf } from "./peers.js";

/** Where a database answers: "unix:PATH", the path, and a port of 127.0.0.1 for who speaks TCP alone. */
export interface DatabasePlace {
  readonly remote: string;
  readonly path: string;
  readonly port: number;
}

interface Switcher {
  readonly name: string;
  readonly title: string;
  readonly package?: string;
  readonly processes?: boolean;
  readonly source?: string;
  readonly build?: Builder;
  readonly command: (place: DatabasePlace, program: string) => readonly string[];
}

/** Who makes ports of Open vSwitch, by a database's protocol. */
const SWITCHERS: readonly Switcher[] = [
  {
    name: "ovs-floor",
    title: "C, requests as bytes",
    source: "ovs-floor.c",
    build: inC("ovs-floor.c"),
    command: ({ path }, program) => [program, path],
  },
  {
    name: "linkwright",
    title: "linkwright",
    command: ({ remote }) => [process.execPath, sourceOf("ovs-linkwright.mjs"), remote],
  },
  {
    name: "ovs-vsctl",
    title: "ovs-vsctl, a process each",
    package: "openvswitch-common",
    processes: true,
    command: ({ remote }) => [sourceOf("ovs-vsctl.sh"), remote],
  },
  {
    name: "ovs-python",
    title: "Python, ovs.db.idl",
    package: "python3-openvswitch",
    command: ({ remote }) => [sourceOf("ovs-python.py"), remote],
  },
  {
    name: "ovs-go",
    title: "Go, libovsdb",
    package: "golang-github-socketplane-libovsdb-dev",
    source: "ovs-go.go",
    build: inGo("ovs-go.go"),
    command: ({ port }, program) => [program, String(port)],
  },
];

/** What has to be there for all of it. */
export const OPEN_VSWITCH = "openvswitch";

/** Those that this machine has, as they are started beside a database, and why it lacks the others. */
export function switchersAt(place: DatabasePlace): {
  found: (Program & { readonly described: Described })[];
  missing: { name: string; reason: string }[];
} {
  const missing: { name: string; reason: string }[] = [];
  const found = SWITCHERS.flatMap(({ name, title, processes, source, build, command, package: of }) => {
    const lacking = lackedBy(name);
    const had =
      lacking.length > 0
        ? { missing: `not installed: ${lacking.join(", ")}` }
        : build === undefined
          ? { folder: "" }
          : provideFolder(
              folderOf({ name, sources: [source!] }, undefined),
              (folder) => existsSync(join(folder, "program")),
              build,
            );
    if (had.folder === undefined) {
      missing.push({ name, reason: had.missing ?? "it cannot be built" });
      return [];
    }
    const query = ["--show", "--showformat=${Version}", of ?? ""];
    const version = of === undefined ? "" : run("dpkg-query", query, { stdio: ["ignore", "pipe", "ignore"] }).stdout;
    const described: Described = { title, ...(processes === true ? { processes } : {}), ...(version && { version }) };
    return [{ name, described, command: command(place, join(had.folder, "program")) }];
  });
  return { found, missing };
}
