import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Host } from "../../host/host.js";
import { InputError } from "../../base/errors.js";
import { JOURNAL } from "./journal.js";

/** The process that takes a plan back unless it is confirmed. */
export interface Watchdog {
  readonly pid: number;
  /** The moment when it does. */
  readonly until: string;
  stop(): void;
}

/** The program, which stands beside what is built of this file. */
const PROGRAM = "./watchdog.cjs";
const MOST = 2 ** 31 - 1;

/**
 * Starts the process that takes back what is about to be applied: in a session of its own, with nothing of this one's but the
 * namespace, and opened before this resolves. Throws InputError for what is no time.
 */
export async function startWatchdog(host: Host, time: number, journal = JOURNAL): Promise<Watchdog> {
  if (!Number.isInteger(time) || time < 1 || time > MOST)
    throw new InputError(`${String(time)} is not a time in milliseconds`, "confirm");
  await using namespace = await host.namespaceDescriptor();
  const child = spawn(process.execPath, [fileURLToPath(new URL(PROGRAM, import.meta.url)), journal, String(time)], {
    detached: true,
    cwd: "/",
    stdio: ["ignore", "pipe", "ignore", namespace.fd],
  });
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (status) => {
      reject(new Error(`the process that would take this back ended at once, with status ${String(status)}`));
    });
    child.stdout!.once("data", () => {
      resolve();
    });
  });
  child.removeAllListeners();
  child.stdout!.destroy();
  child.unref();
  return {
    pid: child.pid!,
    until: new Date(Date.now() + time).toISOString(),
    stop: () => {
      child.kill("SIGTERM");
    },
  };
}
