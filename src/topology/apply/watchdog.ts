import type { Socket } from "node:net";
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Host } from "../../host/host.js";
import { InputError } from "../../base/errors.js";
import { nativePlaces } from "../../kernel/load-addon.js";
import { REPORT } from "./plan-file.js";

/** The process that takes a plan back unless it is confirmed. */
export interface Watchdog {
  readonly pid: number;
  /** The moment when it does. */
  readonly until: string;
  /** There is nothing to be taken back. */
  stop(): void;
  /** Everything is done: from now on it waits for its time alone. The end of this process says the same. */
  release(): void;
}

const MOST = 2 ** 31 - 1;

/** Throws InputError for what is no time. */
export function checkTime(time: number): void {
  if (!Number.isInteger(time) || time < 1 || time > MOST)
    throw new InputError(`${String(time)} is not a time in milliseconds`, "confirm");
}

/** The program, which stands beside the addon. */
function programOf(): string {
  const places = [...nativePlaces()].map((place) => join(dirname(place), "linkwright-watchdog"));
  const found = places.find((place) => existsSync(place));
  if (found === undefined)
    throw new InputError(`the program that takes a plan back was not found at ${places.join(", ")}`);
  return found;
}

/**
 * Starts the process that takes back what is about to be applied: in a session of its own, with nothing of this one's but the
 * namespace and the plan, as bytes. It has both, and its socket is open, before this resolves.
 */
export async function startWatchdog(host: Host, time: number, folder: string, plan: Uint8Array): Promise<Watchdog> {
  await using namespace = await host.namespaceDescriptor();
  const report = openSync(join(folder, REPORT), "w", 0o600);
  try {
    const child = spawn(programOf(), [String(time), folder], {
      detached: true,
      cwd: "/",
      stdio: ["pipe", "pipe", report, namespace.fd],
    });
    const [stdin, stdout] = [child.stdin!, child.stdout!];
    // Whether it is still there, its end tells.
    stdin.on("error", () => undefined);
    await new Promise<void>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (status) => {
        const said = readFileSync(join(folder, REPORT), "utf8").trim();
        const words = `the process that would take this back ended at once, with status ${String(status)}: ${said}`;
        reject(Object.assign(new Error(words), { code: "ERR_LINKWRIGHT_WATCHDOG" }));
      });
      stdout.once("data", () => {
        resolve();
      });
      stdin.write(plan);
    });
    child.removeAllListeners();
    stdout.destroy();
    child.unref();
    (stdin as Socket).unref();
    return {
      pid: child.pid!,
      until: new Date(Date.now() + time).toISOString(),
      stop: () => {
        stdin.end("x");
      },
      release: () => {
        stdin.end();
      },
    };
  } finally {
    closeSync(report);
  }
}
