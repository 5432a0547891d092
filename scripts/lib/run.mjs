import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const root = dirname(fileURLToPath(new URL("..", import.meta.url)));

/** Where programs are looked for, those that only root usually finds, too. */
export const searchPath = [process.env.PATH ?? "", "/usr/sbin", "/sbin"].join(":");

/**
 * Runs a program to its end in the project's folder, by default on this terminal, and returns its exit status as a
 * shell counts it: 127 when it could not start, 128 and the signal's number when a signal ended it.
 */
export function run(command, args = [], { env, ...options } = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    maxBuffer: Infinity,
    env: { ...process.env, PATH: searchPath, ...env },
    ...options,
  });
  const status = result.error
    ? 127
    : (result.status ?? 128 + (result.signal === null ? 0 : constants.signals[result.signal]));
  return { status, stdout: result.stdout?.toString() ?? "", stderr: result.stderr?.toString() ?? "" };
}

/** Runs a program of Node beside whatever else is done, and resolves to its exit status and to all that it said. */
export async function runBeside(program, ...args) {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, PATH: searchPath },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
  const [status, signal] = await once(child, "close");
  return { status: status ?? 128 + constants.signals[signal], said };
}

/** Runs a program in silence; prints what it said only when it fails. */
export function runQuietly(command, args, options = {}) {
  const result = run(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  if (result.status !== 0) process.stderr.write(`${result.stdout}${result.stderr}`);
  return result;
}

/** Whether a program is installed, be it where only root usually looks. */
export function installed(command) {
  return run("/bin/sh", ["-c", `command -v ${command}`], { stdio: "ignore" }).status === 0;
}
