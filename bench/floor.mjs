import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCE = fileURLToPath(new URL("peers/floor.c", import.meta.url));

/** Compiles the floor into a directory that goes with the process; its path. */
export function buildFloor() {
  const directory = mkdtempSync(join(tmpdir(), "linkwright-bench-"));
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  const program = join(directory, "floor");
  execFileSync("cc", ["-O2", "-Wall", "-Wextra", "-Werror", "-o", program, SOURCE], { stdio: "inherit" });
  return program;
}

/** Runs the floor in a namespace of its own; the milliseconds of each phase. */
export function runFloor(program, taps, mode) {
  return JSON.parse(execFileSync("unshare", ["--net", program, String(taps), mode], { encoding: "utf8" }));
}
