#!/usr/bin/env node
import { basename } from "node:path";
import { run } from "./run.js";

// A reader that has seen enough, such as head, ends the output and not the work.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE" || process.exitCode === 1) return;
  process.stderr.write(`linkwright: standard output: ${error.message}\n`);
  process.exitCode = 1;
});
// There is nowhere left to say it; the exit status stays.
process.stderr.on("error", () => undefined);

const [, path = "", ...words] = process.argv;
const status = await run(basename(path) === "brctl" ? ["brctl", ...words] : words, process);
process.exitCode = status === 0 ? process.exitCode : status;
