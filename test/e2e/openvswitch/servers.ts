import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Host } from "../../../src/host/host.js";
import { lacks, run } from "../../kernel/scene/program.js";

export const SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema";

/** Why Open vSwitch cannot be had here, or undefined. */
export const lacking =
  lacks("ovsdb-server", "--version") ??
  lacks("ovsdb-tool", "--version") ??
  lacks("ovs-vswitchd", "--version") ??
  lacks("ovs-vsctl", "--version") ??
  (existsSync(SCHEMA) ? undefined : `${SCHEMA} is not there`);

/** A real ovsdb-server, with run files of its own. */
export interface DatabaseServer {
  /** Where its files are. */
  readonly folder: string;
  /** "unix:PATH" */
  readonly remote: string;
  /** What it wrote into its log. */
  log(): string;
  /** Ends the server at once, as SIGKILL does. */
  kill(): Promise<void>;
  /** Starts it again, with the same database. */
  start(...more: readonly string[]): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

async function must(command: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await run(command);
  if (status !== 0) throw new Error(`${command.join(" ")} ended with ${status}: ${stderr}`);
  return stdout;
}

/** A program that is ready once it says so in its log. */
async function startDaemon(
  command: readonly string[],
  ready: RegExp,
  { env = {}, onText = () => undefined }: { env?: object; onText?: (text: string) => void } = {},
): Promise<ChildProcess> {
  const child = spawn(command[0]!, command.slice(1), {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, ...env },
  });
  let said = "";
  await new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-65_536);
      onText(text);
      if (ready.test(said)) resolve();
    });
    child.once("exit", () => reject(new Error(`${command[0]} ended: ${said}`)));
    child.once("error", reject);
  });
  return child;
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await gone;
}

/** The words before a command that run it in a host's namespace. */
export async function inside(host: Host): Promise<{ words: string[]; close(): Promise<void> }> {
  const namespace = await host.namespaceDescriptor();
  return {
    words: ["nsenter", `--net=/proc/${process.pid}/fd/${namespace.fd}`],
    close: () => namespace.close(),
  };
}

/** Starts an ovsdb-server for the database Open_vSwitch; `prefix`: words that put it elsewhere, `more`: its further words. */
export async function startServer(
  prefix: readonly string[] = [],
  more: readonly string[] = [],
): Promise<DatabaseServer> {
  const folder = mkdtempSync(join(tmpdir(), "linkwright-ovs-"));
  const database = join(folder, "conf.db");
  const socket = join(folder, "db.sock");
  await must(["ovsdb-tool", "create", database, SCHEMA]);
  let child: ChildProcess | undefined;
  let said = "";
  const server: DatabaseServer = {
    folder,
    log: () => said,
    remote: `unix:${socket}`,
    kill: () => end(child, "SIGKILL"),
    async start(...words) {
      const command = [...prefix, "ovsdb-server", database, `--remote=punix:${socket}`];
      const own = [
        `--pidfile=${join(folder, "server.pid")}`,
        `--unixctl=${join(folder, "server.ctl")}`,
        "--no-chdir",
        "-vconsole:info",
        "-vsyslog:off",
      ];
      child = await startDaemon([...command, ...own, ...more, ...words], /ovsdb-server \(Open vSwitch\)/, {
        onText: (text) => (said += text),
      });
    },
    async [Symbol.asyncDispose]() {
      await end(child, "SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  await must(["ovs-vsctl", `--db=${server.remote}`, "--no-wait", "init"]);
  return server;
}

/** A real Open vSwitch in a host's namespace: ovsdb-server and ovs-vswitchd. */
export interface RealSwitch extends DatabaseServer {
  /** Runs ovs-appctl, and gives what it says. */
  appctl(...words: readonly string[]): Promise<string>;
  /** Runs the real ovs-vsctl. */
  vsctl(...words: readonly string[]): Promise<string>;
  stopSwitching(): Promise<void>;
  startSwitching(): Promise<void>;
}

/** Starts Open vSwitch in a host's namespace; bridges need the datapath type netdev. `more`: further words of the database's server. */
export async function startSwitch(host: Host, more: readonly string[] = []): Promise<RealSwitch> {
  const place = await inside(host);
  const server = await startServer(place.words, more);
  const control = join(server.folder, "vswitchd.ctl");
  const environment = { OVS_RUNDIR: server.folder, OVS_LOGDIR: server.folder };
  let child: ChildProcess | undefined;
  const real: RealSwitch = {
    ...server,
    appctl: (...words) => must([...place.words, "ovs-appctl", "-t", control, ...words]),
    vsctl: (...words) => must(["ovs-vsctl", `--db=${server.remote}`, "--timeout=10", ...words]),
    stopSwitching: () => end(child, "SIGTERM"),
    async startSwitching() {
      const command = [...place.words, "ovs-vswitchd", server.remote, `--unixctl=${control}`, "--no-chdir"];
      const words = [...command, `--pidfile=${join(server.folder, "vswitchd.pid")}`, "-vconsole:info", "-vsyslog:off"];
      child = await startDaemon(words, /ovs-vswitchd \(Open vSwitch\)/, { env: environment });
    },
    async [Symbol.asyncDispose]() {
      await end(child, "SIGTERM");
      await server[Symbol.asyncDispose]();
      await place.close();
    },
  };
  await real.startSwitching();
  return real;
}
