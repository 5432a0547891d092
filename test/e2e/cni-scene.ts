import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { lacks, type Outcome, outcome } from "../kernel/scene/program.js";
import { Host } from "../../src/index.js";

const ROOT = join(import.meta.dirname, "../..");
export const MAIN = join(ROOT, "dist/code/cli.cjs");
/** Where the plugins are, under each of their names. */
export const BIN = "/mnt/bin";

export const missing = lacks("unshare", "--net", "--mount", "true") ?? lacks("ip", "-V");

const SETUP = `
mount --make-rprivate /
mount -t tmpfs -o mode=755 scene /mnt
mkdir /mnt/upper /mnt/work /mnt/upper2 /mnt/work2 /mnt/bin
cp "$1" /mnt/bin/linkwright-cni
ln -s linkwright-cni /mnt/bin/linkwright-bridge
mount -t overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work etc /etc
mount -t overlay -o lowerdir=/var/lib,upperdir=/mnt/upper2,workdir=/mnt/work2 lib /var/lib
rm -rf /etc/linkwright /etc/cni /var/lib/cni
mkdir /etc/linkwright
mount -t tmpfs -o mode=755 run /run
ip link set lo up
echo ready
exec cat
`;

export interface Service {
  said(): string;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** A machine with a network, an /etc, a /run and a /var/lib of its own, on which plugins are started as runtimes start them. */
export interface Machine extends AsyncDisposable {
  readonly host: Host;
  readonly pid: number;
  /** A path of the machine, as it is reached from here. */
  path(inside: string): string;
  command(...words: readonly string[]): string[];
  run(words: readonly string[], environment?: Readonly<Record<string, string>>, input?: string): Promise<Outcome>;
  start(words: readonly string[], environment?: Readonly<Record<string, string>>): ChildProcess;
  /** Starts the service, and resolves when it answers. */
  serve(): Promise<Service>;
  /** A plugin for a container that `ip netns add` has made. */
  plugin(
    command: string,
    container: string,
    configuration: object,
    more?: Readonly<Record<string, string>>,
  ): Promise<Outcome>;
}

export async function machine(): Promise<Machine> {
  const program = join(ROOT, "build/Release/linkwright-cni");
  const child = spawn("unshare", ["--net", "--mount", "sh", "-ec", SETUP, "sh", program], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  const pid = child.pid!;
  const host = await Host.open({ namespace: { pid } });
  const running = new Set<ChildProcess>();
  const command = (...words: readonly string[]): string[] => [
    "nsenter",
    `--target=${pid}`,
    "--net",
    "--mount",
    "--wd=/",
    "--",
    ...words,
  ];

  function start(words: readonly string[], environment: Readonly<Record<string, string>> = {}): ChildProcess {
    const [name, ...rest] = command(...words);
    const started = spawn(name!, rest, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...environment } });
    started.stdin.on("error", () => undefined);
    running.add(started);
    started.once("close", () => running.delete(started));
    return started;
  }

  const run: Machine["run"] = (words, environment, input = "") => {
    const started = start(words, environment);
    started.stdin!.end(input);
    return outcome(started);
  };

  return {
    host,
    pid,
    path: (inside) => `/proc/${pid}/root${inside}`,
    command,
    run,
    start,
    async serve() {
      const service = start([process.execPath, MAIN, "serve"]);
      let said = "";
      await new Promise<void>((resolve, reject) => {
        service.stdout!.on("data", (text) => {
          said += String(text);
          if (said.includes('"ready"')) resolve();
        });
        service.stderr!.on("data", (text) => (said += String(text)));
        service.once("close", () => reject(new Error(`it ended: ${said}`)));
      });
      return {
        said: () => said,
        async kill(signal) {
          const ended = service.exitCode === null && service.signalCode === null ? once(service, "close") : undefined;
          service.kill(signal);
          await ended;
        },
      };
    },
    plugin(order, container, configuration, more = {}) {
      const environment = {
        CNI_COMMAND: order,
        CNI_CONTAINERID: container,
        CNI_NETNS: `/run/netns/${container}`,
        CNI_IFNAME: "eth0",
        CNI_PATH: `${BIN}:/usr/lib/cni`,
        ...more,
      };
      return run([`${BIN}/linkwright-bridge`], environment, JSON.stringify(configuration));
    },
    async [Symbol.asyncDispose]() {
      const ends = [...running].map((each) => once(each, "close"));
      for (const each of running) each.kill("SIGKILL");
      await Promise.all(ends);
      const ended = once(child, "close");
      child.stdin.end();
      await ended;
      await host.close();
    },
  };
}
