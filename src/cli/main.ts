#!/usr/bin/env node
import nodeModule from "node:module";
import { basename } from "node:path";

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

async function main([, path = "", ...words]: readonly string[]): Promise<void> {
  const { run } = await import("./run.js");
  const status = await run(basename(path) === "brctl" ? ["brctl", ...words] : words, process);
  process.exitCode = status === 0 ? process.exitCode : status;
}

void main(process.argv);
