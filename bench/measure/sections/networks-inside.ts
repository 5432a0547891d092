import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { Host } from "../../../src/index.js";
import { type NetworkDefinition, networks } from "../../../src/networks/index.js";
import { floorOf } from "./networks-floor.js";
import {
  askForLeases,
  type Guest,
  linkUpToAck,
  memoryOf,
  openOutside,
  plug,
  processorOf,
  send,
  startIn,
} from "./networks-guests.js";

/**
 * Runs in namespaces of its own for links, files and processes, beside a `linkwright serve` and a libvirtd: networks that each of them starts
 * and stops, in the same rounds, and what guests have of them. Milliseconds, megabytes, and processes begun. Each has its own namespace, for
 * what stands in one is in the way of all that are in it.
 */
const [rounds = 1, others = 1, service = 0] = process.argv.slice(2, 5).map(Number);
const [inTurn = "", datagrams = "", ...there] = process.argv.slice(5);
const [hasLibvirt, hasDnsmasq] = [there.includes("libvirt"), there.includes("dnsmasq")];
/** Datagrams that are sent for a sample. */
const DATAGRAMS = 100_000;
/** Leases that are asked for, one after the other, and all within a second; and those that a server has in the end. */
const [LEASES, A_SECOND, MANY] = [20, 1000, 10_000];

/** The samples of each row, by contender; and who could not do what a row is about, with the reason. */
export interface Inside {
  readonly samples: Record<string, Record<string, number[]>>;
  readonly failed: Record<string, Record<string, string>>;
}

const samples: Inside["samples"] = {};
const failed: Inside["failed"] = {};

function add(row: string, name: string, value: number): void {
  ((samples[row] ??= {})[name] ??= []).push(value);
}

/** Who starts networks: plain ones, and such with DHCP and names, each with a subnet by its number. */
interface Starter {
  readonly name: string;
  define(network: string, place: number, kind: "plain" | "dhcp"): Promise<void>;
  start(network: string, kind: "plain" | "dhcp"): Promise<void>;
  stop(network: string): Promise<void>;
}

function definitionOf(name: string, place: number, kind: "plain" | "dhcp"): NetworkDefinition {
  const definition: NetworkDefinition = { name, mode: "nat", subnet: `10.80.${place}.0/24`, bridge: `l${place}` };
  return kind === "dhcp" ? definition : { ...definition, dhcp: false, dns: [] };
}

/** Where linkwright keeps the networks of a namespace. */
function foldersOf(name: string) {
  const path = (folder: string): string => `${folder}/linkwright/${name}`;
  return { state: path("/var/lib"), run: path("/run"), service: "/run/linkwright/socket" };
}

function ours(host: Host, where: string): Starter {
  const guests = networks(host, foldersOf(where));
  return {
    name: "linkwright",
    async define(name, place, kind) {
      await guests.define(definitionOf(name, place, kind));
    },
    async start(name, kind) {
      await guests.start(name);
      if (kind === "dhcp" && !(await guests.handOver(name))) throw new Error("no service answers");
    },
    stop: (name) => guests.stop(name),
  };
}

function xmlOf(name: string, place: number, kind: "plain" | "dhcp"): string {
  const range = `<dhcp><range start="10.81.${place}.2" end="10.81.${place}.254"/></dhcp>`;
  return [
    `<network><name>${name}</name><forward mode="nat"/><bridge name="v${place}"/>`,
    ...(kind === "dhcp" ? [] : ['<dns enable="no"/>']),
    `<ip address="10.81.${place}.1" netmask="255.255.255.0">${kind === "dhcp" ? range : ""}</ip></network>`,
  ].join("");
}

/** One virsh for all, so that its own start does not count. */
function libvirt(virsh: ChildProcess, write: (path: string, text: string) => void): Starter {
  let said = "";
  let wake: () => void = () => undefined;
  for (const stream of [virsh.stdout!, virsh.stderr!])
    stream.on("data", (text) => {
      said += String(text);
      wake();
    });
  async function ask(command: string, done: string): Promise<void> {
    said = "";
    virsh.stdin!.write(`${command}\n`);
    while (!said.includes(done)) {
      if (said.includes("error:")) throw new Error(said.trim());
      await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  return {
    name: "libvirt",
    async define(name, place, kind) {
      write(`/run/${name}.xml`, xmlOf(name, place, kind));
      await ask(`net-define /run/${name}.xml`, `Network ${name} defined`);
    },
    start: (name) => ask(`net-start ${name}`, `Network ${name} started`),
    stop: (name) => ask(`net-destroy ${name}`, `Network ${name} destroyed`),
  };
}

/** The last process that was begun in this namespace. */
const lastProcess = (): number => Number(readFileSync("/proc/sys/kernel/ns_last_pid", "utf8"));

/** The same in C: a network that is started without being defined. */
function inC(host: Host, isAlone: boolean): Starter {
  const { start, stop } = floorOf(host, inTurn, definitionOf("measured-plain", 254, "plain"), isAlone);
  return {
    name: "c",
    define: () => Promise.resolve(),
    start: async () => void (lastInC = await start()),
    stop: async () => void (lastInC = await stop()),
  };
}

/** Milliseconds that the program in C says, whose own start is not the work. */
let lastInC = 0;

async function measure(count: number, starters: readonly Starter[], kind: "plain" | "dhcp"): Promise<void> {
  const suffix = `${kind === "plain" ? "" : "-dhcp"}.${count}`;
  for (let round = 0; round < rounds; round++)
    for (const starter of starters)
      for (const what of ["start", "stop"] as const) {
        const [since, process] = [performance.now(), lastProcess()];
        await starter[what](`measured-${kind}`, kind);
        add(`${what}${suffix}`, starter.name, starter.name === "c" ? lastInC : performance.now() - since);
        if (starter.name !== "c") add(`${what}${suffix}.processes`, starter.name, lastProcess() - process);
      }
}

async function startOthers(starter: Starter): Promise<void> {
  for (let place = 0; place < others; place++) {
    await starter.define(`other-${place}`, place, "plain");
    await starter.start(`other-${place}`, "plain");
  }
}

/** What the measured network has a guest send to an outside. */
interface Sender {
  /** Milliseconds for all datagrams. */
  take(): Promise<number>;
  close(): Promise<void>;
}

async function openSender(
  host: Host,
  outside: Host,
  starter: Starter,
  bridge: string,
  subnet: string,
): Promise<Sender> {
  await starter.start("measured-plain", "plain");
  const guest = await plug(host, bridge, "guest0", `${subnet}.9/24`);
  await guest.host.routes.add("default", { gateway: `${subnet}.1` });
  return {
    take: () => send(guest, outside, datagrams, DATAGRAMS),
    async close() {
      await host.remove("guest0");
      await guest[Symbol.asyncDispose]();
      await starter.stop("measured-plain");
    },
  };
}

/** Who sends by turns, each for a row. */
async function packets(senders: readonly (readonly [row: number, name: string, sender: Sender])[]): Promise<void> {
  for (let round = 0; round < rounds; round++)
    for (const [count, name, sender] of senders) add(`packets.${count}`, name, await sender.take());
  for (const [, , sender] of senders) await sender.close();
}

/** What gives leases on a bridge: its process, and a guest there. */
interface LeaseServer {
  readonly name: string;
  readonly pid: number;
  readonly guest: Guest;
}

async function leases({ name, pid, guest }: LeaseServer): Promise<void> {
  await askForLeases(guest, 0, 1, 1);
  for (let number = 1; number <= LEASES; number++) add("ack.1", name, await linkUpToAck(guest, number));
  const [processor, memory] = [`leases.${A_SECOND}`, `leases-memory.${MANY}`];
  const before = memoryOf(pid);
  try {
    for (let first = 0; first < MANY; first += A_SECOND) {
      const since = processorOf(pid);
      await askForLeases(guest, A_SECOND + first, A_SECOND, A_SECOND);
      add(processor, name, processorOf(pid) - since);
    }
    add(memory, name, memoryOf(pid) - before);
  } catch (error) {
    if (name === "linkwright") throw error;
    for (const row of [processor, memory]) (failed[row] ??= {})[name] = (error as Error).message;
  }
}

async function ownLeases(host: Host, where: string): Promise<LeaseServer> {
  const guests = networks(host, foldersOf(where));
  await guests.define({ name: "leases", mode: "nat", subnet: "10.90.0.0/16", bridge: "s0" });
  await guests.start("leases");
  await guests.handOver("leases");
  return { name: "linkwright", pid: service, guest: await plug(host, "s0", "guest1") };
}

async function dnsmasqLeases(host: Host): Promise<LeaseServer> {
  await host.addBridge("d0", { forwardDelay: 0 });
  await host.addAddress("d0", "10.91.0.1/16");
  await host.setLink("d0", { up: true });
  const plain = ["--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--user=root", "--bind-dynamic"];
  const many = ["--dhcp-range=10.91.1.0,10.91.100.255,255.255.0.0,1h", "--dhcp-lease-max=20000"];
  const quick = ["--dhcp-rapid-commit", "--no-ping", "--dhcp-authoritative", "--log-facility=/dev/null"];
  const files = ["--dhcp-leasefile=/run/dnsmasq.leases", "--pid-file=/run/dnsmasq.pid"];
  const child = await startIn(host, ["dnsmasq", "--interface=d0", ...plain, ...many, ...quick, ...files]);
  return { name: "dnsmasq", pid: child.pid!, guest: await plug(host, "d0", "guest1") };
}

const newHost = (): Promise<Host> => Host.open({ namespace: "new" });
const [alone, crowded, apart, here] = [await newHost(), await newHost(), await newHost(), await Host.open()];
const virsh = hasLibvirt ? spawn("virsh", ["-c", "network:///system"], { stdio: "pipe" }) : undefined;
const [one, many] = [ours(alone, "alone"), ours(crowded, "crowded")];
const theirs = virsh === undefined ? [] : [libvirt(virsh, writeFileSync)];

for (const starter of [one, many, ...theirs])
  for (const kind of ["plain", "dhcp"] as const)
    await starter.define(`measured-${kind}`, kind === "plain" ? 254 : 253, kind);
const outside = theirs.length > 0 ? await openOutside(here) : undefined;
async function theirPackets(count: number): Promise<void> {
  for (const starter of theirs)
    await packets([[count, starter.name, await openSender(here, outside!, starter, "v254", "10.81.254")]]);
}

await measure(1, [one, inC(alone, true), ...theirs], "plain");
await measure(1, [one, ...theirs], "dhcp");
await theirPackets(1);
for (const starter of [many, ...theirs]) await startOthers(starter);
await measure(others + 1, [many, inC(crowded, false), ...theirs], "plain");
await theirPackets(others + 1);
await packets([
  [1, one.name, await openSender(alone, await openOutside(alone), one, "l254", "10.80.254")],
  [others + 1, many.name, await openSender(crowded, await openOutside(crowded), many, "l254", "10.80.254")],
]);
await leases(await ownLeases(alone, "alone"));
if (hasDnsmasq) await leases(await dnsmasqLeases(apart));
virsh?.stdin.end();
console.log(JSON.stringify({ samples, failed } satisfies Inside));
process.exit();
