import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { Host } from "../../../src/index.js";
import { type NetworkDefinition, networks } from "../../../src/networks/index.js";

/**
 * Runs in namespaces of its own for links, files and processes, beside a `linkwright serve` and a libvirtd: networks that each of them starts
 * and stops, in the same rounds. Milliseconds, and processes begun.
 */
const [rounds = 1, others = 1] = process.argv.slice(2, 4).map(Number);
const hasLibvirt = process.argv[4] === "libvirt";

/** The samples of each row, by contender. */
export type Inside = Record<string, Record<string, number[]>>;

const samples: Inside = {};

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

function ours(host: Host): Starter {
  const guests = networks(host);
  return {
    name: "linkwright",
    async define(name, place, kind) {
      const definition: NetworkDefinition = { name, mode: "nat", subnet: `10.80.${place}.0/24`, bridge: `l${place}` };
      await guests.define(kind === "dhcp" ? definition : { ...definition, dhcp: false, dns: [] });
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

async function timed(row: string, name: string, work: () => Promise<void>): Promise<void> {
  const [since, process] = [performance.now(), lastProcess()];
  await work();
  add(row, name, performance.now() - since);
  add(`${row}.processes`, name, lastProcess() - process);
}

const host = await Host.open();
const virsh = hasLibvirt ? spawn("virsh", ["-c", "network:///system"], { stdio: "pipe" }) : undefined;
const starters = [ours(host), ...(virsh === undefined ? [] : [libvirt(virsh, writeFileSync)])];

for (const kind of ["plain", "dhcp"] as const)
  for (const starter of starters) await starter.define(`measured-${kind}`, kind === "plain" ? 254 : 253, kind);

async function measure(suffix: string, kinds: readonly ("plain" | "dhcp")[]): Promise<void> {
  for (let round = 0; round < rounds; round++)
    for (const kind of kinds)
      for (const starter of starters) {
        const network = `measured-${kind}`;
        const row = kind === "plain" ? "" : "-dhcp";
        await timed(`start${row}.${suffix}`, starter.name, () => starter.start(network, kind));
        await timed(`stop${row}.${suffix}`, starter.name, () => starter.stop(network));
      }
}

await measure("1", ["plain", "dhcp"]);
for (const starter of starters)
  for (let place = 0; place < others; place++) {
    await starter.define(`other-${place}`, place, "plain");
    await starter.start(`other-${place}`, "plain");
  }
await measure(String(others + 1), ["plain"]);
virsh?.stdin.end();
await host.close();
console.log(JSON.stringify(samples));
