import { spawn } from "node:child_process";
import { constants } from "node:os";
import { InputError } from "../base/errors.js";
import type { QemuTap } from "../host/taps/qemu-tap.js";

/** Signals that are passed on to QEMU. */
const PASSED = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGCONT"] as const;

/** The status that a shell would see. */
function statusOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + constants.signals[signal!];
}

/**
 * Starts a QEMU with a TAP that waits for it and resolves with its exit status, 128 and the signal's number when a signal ended
 * it. The TAP is open in QEMU alone, and goes with it, however it ends. Rejects when the program cannot be started.
 */
export async function runQemu(
  tap: Pick<QemuTap, "arguments" | "stdio" | "close" | "leave">,
  program: readonly string[],
): Promise<number> {
  const [command = "", ...words] = program;
  const child = spawn(command, [...words, ...tap.arguments], {
    stdio: ["inherit", "inherit", "inherit", ...tap.stdio],
  });
  const pass = PASSED.map((signal) => [signal, () => void child.kill(signal)] as const);
  for (const [signal, handler] of pass) process.on(signal, handler);
  try {
    const ended = new Promise<number>((resolve, reject) => {
      child.once("error", (error: NodeJS.ErrnoException) => {
        reject(error.code === "ENOENT" ? new InputError(`there is no program ${JSON.stringify(command)}`) : error);
      });
      child.once("exit", (code, signal) => {
        resolve(statusOf(code, signal));
      });
    });
    const [status] = await Promise.all([ended, tap.close()]);
    await tap.leave();
    return status;
  } finally {
    for (const [signal, handler] of pass) process.off(signal, handler);
  }
}
