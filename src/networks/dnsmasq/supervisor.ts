import type { ChildProcess } from "node:child_process";
import { builtin } from "../../base/builtin.js";
import { InputError } from "../../base/errors.js";
import type { Host } from "../../host/host.js";

const PROGRAM = "dnsmasq";
/** Milliseconds before the first new start, and at most; what ran for so long begins anew. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [100, 30_000];
/** What it says when it answers. */
const READY = /started, version/;

/** What becomes of a program that is supervised. */
export interface SupervisorEvent {
  readonly event: "dnsmasqEnded" | "dnsmasqStarted";
  /** What it said, when it ended. */
  readonly reason?: string | undefined;
  readonly pid?: number | undefined;
}

/** A dnsmasq that runs until it is closed, however often it ends. */
export interface Supervised {
  /** Has it read its file of addresses anew. */
  reread(): void;
  close(): Promise<void>;
}

/** Words before a program that is to run in the namespace of a host, where that is another than this process's own. */
async function wordsToEnter(host: Host): Promise<{ words: readonly string[]; close(): Promise<void> }> {
  const { stat } = builtin("node:fs/promises");
  const namespace = await host.namespaceDescriptor();
  const path = `/proc/${process.pid}/fd/${namespace.fd}`;
  const isOwn = (await stat(path)).ino === (await stat("/proc/self/ns/net")).ino;
  return { words: isOwn ? [] : ["nsenter", `--net=${path}`, "--"], close: () => namespace.close() };
}

/** Ends one that a process that was killed has left behind: it has this configuration. */
export async function endFormer(configuration: string, pidFile: string): Promise<void> {
  const fs = builtin("node:fs/promises");
  const pid = Number((await fs.readFile(pidFile, "utf8").catch(() => "")).trim());
  if (!(pid > 1)) return;
  const command = await fs.readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  if (!command.includes(configuration)) return;
  process.kill(pid, "SIGTERM");
  for (const { existsSync } = builtin("node:fs"); existsSync(`/proc/${pid}`);)
    await builtin("node:timers/promises").setTimeout(5);
}

function missing(): InputError {
  return new InputError(
    `there is no program ${PROGRAM}: it is in the package dnsmasq-base of Debian, dnsmasq of others; without it, server: built-in`,
    "dhcp.server",
  );
}

/**
 * Runs a dnsmasq with a configuration, and again whenever it ends, after a pause that grows. Resolves when it answers. Rejects with
 * InputError where there is no dnsmasq, and where the first ends before it answers, with what it said.
 */
export async function superviseDnsmasq(
  host: Host,
  configuration: string,
  report: (event: SupervisorEvent) => void,
): Promise<Supervised> {
  const { spawn } = builtin("node:child_process");
  const { words, close: leave } = await wordsToEnter(host);
  const command = [...words, PROGRAM, "--keep-in-foreground", "--log-facility=-", `--conf-file=${configuration}`];
  let child: ChildProcess | undefined;
  let pause = FIRST_PAUSE;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  let ended = Promise.resolve();

  /** Starts it; resolved when it answers. */
  function start(): Promise<void> {
    const since = Date.now();
    let [said, isReady] = ["", false];
    const begun = spawn(command[0]!, command.slice(1), { stdio: ["ignore", "ignore", "pipe"] });
    child = begun;
    return new Promise((resolve, reject) => {
      begun.stderr.setEncoding("utf8").on("data", (text: string) => {
        said = (said + text).slice(-2000);
        if (isReady || !READY.test(said)) return;
        isReady = true;
        report({ event: "dnsmasqStarted", pid: begun.pid });
        resolve();
      });
      ended = new Promise((over) => {
        begun.once("error", (error: NodeJS.ErrnoException) => {
          reject(error.code === "ENOENT" ? missing() : error);
          over();
        });
        begun.once("exit", () => {
          const reason = said.trim().split("\n").at(-1)!;
          reject(new InputError(`dnsmasq ended: ${reason}`, "dhcp.server"));
          over();
          if (!isClosed) again(since, reason);
        });
      });
    });
  }

  let isFirst = true;
  function again(since: number, reason: string): void {
    // Without its configuration it is wanted no more: the network was stopped.
    if (isFirst || !builtin("node:fs").existsSync(configuration)) return;
    report({ event: "dnsmasqEnded", reason });
    if (Date.now() - since > LONGEST_PAUSE) pause = FIRST_PAUSE;
    timer = setTimeout(() => void start().catch(() => undefined), pause);
    pause = Math.min(2 * pause, LONGEST_PAUSE);
  }

  async function close(): Promise<void> {
    isClosed = true;
    clearTimeout(timer);
    child?.kill("SIGTERM");
    await ended;
    await leave();
  }

  try {
    await start();
  } catch (error) {
    await close();
    throw error;
  }
  isFirst = false;
  return { reread: () => void child?.kill("SIGHUP"), close };
}
