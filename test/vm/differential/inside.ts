import { spawnSync } from "node:child_process";
import type { Host } from "../../../src/index.js";

/** Programs of the machine, in a host's namespace. */
export interface Inside {
  /** Runs a command and gives what it prints. */
  run(...command: readonly string[]): string;
  /** What a command of iproute2 prints as JSON. */
  ask(...command: readonly string[]): unknown;
  /** Runs many lines of `ip` or `bridge` in one process. */
  batch(program: "ip" | "bridge", lines: readonly string[]): void;
}

/** Programs of the machine, in a host's namespace, for as long as the host is open. */
export async function inside(host: Host): Promise<Inside> {
  const namespace = await host.namespaceDescriptor();
  function run(command: readonly string[], input?: string): string {
    const args = [`--net=/proc/${process.pid}/fd/${namespace.fd}`, ...command];
    const { status, stdout, stderr } = spawnSync("nsenter", args, { encoding: "utf8", input });
    if (status !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
    return stdout;
  }
  return {
    run: (...command) => run(command),
    ask: (...command) => JSON.parse(run(command)) as unknown,
    batch: (program, lines) => void run([program, "-batch", "-"], `${lines.join("\n")}\n`),
  };
}
