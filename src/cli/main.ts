#!/usr/bin/env node
import nodeModule from "node:module";
import { basename } from "node:path";
import type { Io } from "./io.js";

// Node 22.1 on: what is loaded after this need not be compiled anew by each command.
(nodeModule as { enableCompileCache?: () => unknown }).enableCompileCache?.();

// A reader that has seen enough, such as head, ends the output and not the work.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE" || process.exitCode === 1) return;
  process.stderr.write(`linkwright: standard output: ${error.message}\n`);
  process.exitCode = 1;
});
// There is nowhere left to say it; the exit status stays.
process.stderr.on("error", () => undefined);

const { stdout, stderr, env } = process;
const io: Io = {
  stdout,
  stderr,
  env,
  get ask() {
    return (require("./ask.js") as typeof import("./ask.js")).askAtTerminal(process);
  },
};

/** Programs that this one is, where it is called by their names. */
const programs: Readonly<Record<string, (words: readonly string[]) => Promise<number>>> = {
  brctl: async (words) => (await import("./run.js")).run(["brctl", ...words], io),
  "ovs-vsctl": async (words) => (await import("../openvswitch/vsctl/vsctl.js")).vsctl(process, words),
  "ovsdb-client": async (words) =>
    (await import("../openvswitch/ovsdb-client/ovsdb-client.js")).ovsdbClient(process, words),
};

async function main([, path = "", ...words]: readonly string[]): Promise<void> {
  const name = basename(path);
  const program = Object.hasOwn(programs, name) ? programs[name] : undefined;
  const status = await (program?.(words) ?? (await import("./run.js")).run(words, io));
  process.exitCode = status === 0 ? process.exitCode : status;
}

void main(process.argv);
