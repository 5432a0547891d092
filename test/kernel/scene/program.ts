import { type ChildProcess, spawn, spawnSync, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** How a program ended, and what it said. */
export interface Outcome {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function text(stream: NodeJS.ReadableStream | null): Promise<string> {
  let all = "";
  if (stream !== null) for await (const piece of stream.setEncoding("utf8")) all += String(piece);
  return all;
}

/** Waits for a program's end. */
export async function outcome(child: ChildProcess): Promise<Outcome> {
  const closed = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  const [stdout, stderr, [status, signal]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { status, signal, stdout, stderr };
}

/** Far above what a program takes, in milliseconds. */
const TIMEOUT = 60_000;

/** Runs a command to its end. */
export function run(
  command: readonly string[],
  stdio: StdioOptions = ["ignore", "pipe", "pipe"],
  timeout = TIMEOUT,
): Promise<Outcome> {
  return outcome(spawn(command[0]!, command.slice(1), { stdio, timeout, killSignal: "SIGKILL" }));
}

/** The command that runs one of the programs in fixtures/. */
export function fixture(name: string, ...args: readonly string[]): string[] {
  return [process.execPath, fileURLToPath(new URL(`../fixtures/${name}.mjs`, import.meta.url)), ...args];
}

/** Runs one of the programs in fixtures/, and gives the JSON that it printed last. */
export async function report<T>(command: readonly string[], timeout?: number): Promise<T> {
  const { status, signal, stdout, stderr } = await run(command, undefined, timeout);
  if (status !== 0) throw new Error(`${command.join(" ")} ended with ${status ?? signal}: ${stderr}${stdout}`);
  return JSON.parse(stdout.trimEnd().split("\n").at(-1)!) as T;
}

/** Why a program of the machine cannot be used, or undefined when it can. */
export function lacks(command: string, ...args: string[]): string | undefined {
  const { error, status } = spawnSync(command, args, { stdio: "ignore" });
  if (error !== undefined) return `${command} is not installed`;
  return status === 0 ? undefined : `${command} ${args.join(" ")} fails here`;
}
