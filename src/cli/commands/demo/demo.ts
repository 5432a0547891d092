import { readdirSync, readlinkSync } from "node:fs";
import { Host } from "../../../host/host.js";
import { InputError } from "../../../base/errors.js";
import { NetlinkError } from "../../../kernel/error.js";
import { alone, type Call, type Command } from "../../command.js";
import { type Broadcast, broadcast } from "./broadcast.js";
import { histogram, percentile } from "./latency.js";
import { checkTunDevice, runInUserNamespace } from "./privilege.js";
import { type QemuRun, runQemu } from "./qemu.js";
import { type Peer, type Phases, timePeers } from "./shell.js";
import { type Report, styleFor } from "../../io.js";
import { type Column, table } from "../../printing/layout.js";
import { flag8, u16 } from "../../../netlink/codecs/numbers.js";
import { type Section, wordOf } from "../../parsing/option.js";

const sections = {
  demo: {
    title: "The demonstration",
    words: [
      wordOf("taps", u16, "how many TAPs, 2 to 1000; 100 unless given"),
      wordOf("peers", flag8, "do the same work with ip and brctl, where they are installed; on unless given"),
      wordOf("inside", flag8, "it runs in namespaces of its own already, and starts no others"),
    ],
  },
} satisfies Record<string, Section>;

interface DemoOptions {
  readonly taps?: number;
  readonly peers?: boolean;
  readonly inside?: boolean;
}

/** What the demonstration found; times are milliseconds. */
interface Findings {
  readonly taps: number;
  readonly attach: { readonly p50: number; readonly p95: number; readonly p99: number };
  readonly broadcast: Broadcast;
  readonly qemu: QemuRun | undefined;
  readonly linkwright: Phases;
  readonly peers: readonly Peer[];
  readonly left: { readonly links: readonly string[]; readonly descriptors: number };
}

const BRIDGE = "br0";
const MOST_PORTS = 1000;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

async function linkNames(host: Host): Promise<string[]> {
  return (await host.links()).map(({ name }) => name);
}

/** How many files this process has open. Not /dev/null, which Node itself keeps from its first child process on. */
function openDescriptors(): number {
  const folder = "/proc/self/fd";
  return readdirSync(folder).filter((fd) => {
    try {
      return readlinkSync(`${folder}/${fd}`) !== "/dev/null";
    } catch {
      return false;
    }
  }).length;
}

/** A namespace for the demonstration; undefined when this user may not have one. */
async function openNamespace(): Promise<Host | undefined> {
  try {
    return await Host.open({ namespace: "new" });
  } catch (error) {
    if (error instanceof NetlinkError && error.code === "EPERM") return undefined;
    throw error;
  }
}

async function create(host: Host, names: readonly string[]): Promise<void> {
  await host.addBridge(BRIDGE, { up: true });
  await Promise.all(names.map((name) => host.addTap(name)));
}

async function attachEach(host: Host, names: readonly string[]): Promise<number[]> {
  const latencies: number[] = [];
  for (const name of names) latencies.push(await timed(() => host.attach(name, BRIDGE)));
  return latencies;
}

function comparison(rows: readonly Peer[], style: ReturnType<typeof styleFor>): string {
  const total = ({ create: first, attach, remove }: Phases): number => first + attach + remove;
  const own = total(rows[0]!);
  const columns: Column<Peer>[] = [
    { title: "", value: ({ name }) => name, paint: (text, row) => (row === rows[0] ? style.bold(text) : text) },
    ...(["create", "attach", "remove"] as const).map((phase): Column<Peer> => ({
      title: phase.toUpperCase(),
      value: (row) => ms(row[phase]),
      right: true,
    })),
    { title: "TOTAL", value: (row) => ms(total(row)), right: true },
    { title: "TIMES", value: (row) => (total(row) / own).toFixed(1), right: true },
  ];
  return table(columns, rows, style);
}

/** Everything that happens in the namespace; what is found is said at once. */
async function show(
  host: Host,
  names: readonly string[],
  say: (text: string) => void,
): Promise<Omit<Findings, "peers" | "left">> {
  const created = await timed(() => create(host, names));
  say(`In a new network namespace: bridge ${BRIDGE} and ${names.length} TAPs, created in ${ms(created)}\n`);

  const latencies = await attachEach(host, names);
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => percentile(latencies, share)) as [number, number, number];
  const micro = (value: number): string => `${Math.round(value * 1000)} µs`;
  say(`Attached and brought up one by one: p50 ${micro(p50)}, p95 ${micro(p95)}, p99 ${micro(p99)}\n`);
  say(histogram(latencies));

  const frame = await broadcast(host, names);
  const others = names.length - 1;
  if (frame.received < others)
    throw new Error(`the broadcast reached ${frame.received} of ${others} TAPs; a firewall for bridges may drop it`);
  say(
    `A broadcast frame of ${frame.bytes} bytes, written into ${names[0]}: read from all ${others} others, ` +
      `byte for byte, after ${ms(frame.milliseconds)}\n`,
  );

  const qemu = await runQemu(host, BRIDGE);
  if (qemu === undefined) say("No QEMU here: qemu-system-x86_64 is not installed\n");
  else say(`QEMU on a TAP's descriptor, done in ${ms(qemu.milliseconds)}; its monitor says ${qemu.network}\n`);

  const removed = await timed(async () => {
    const { refusal } = await host.removeAll([...names, BRIDGE]);
    if (refusal !== undefined) say(`Removed one by one, since the kernel refused all at once: ${refusal.message}\n`);
  });
  say(`Removed all ${names.length + 1} links in ${ms(removed)}\n`);
  const attach = latencies.reduce((sum, each) => sum + each, 0);
  return {
    taps: names.length,
    attach: { p50, p95, p99 },
    broadcast: frame,
    qemu,
    linkwright: { create: created, attach, remove: removed },
  };
}

/** Shows the main job from end to end, in a namespace that goes with it, beside what a shell needs for the same. */
export async function demo({ options, globals, io }: Call): Promise<Report> {
  const { taps = 100, peers: compare = true, inside = false } = options as DemoOptions;
  if (taps < 2 || taps > MOST_PORTS) throw new InputError(`${taps} is not a number from 2 to ${MOST_PORTS}`, "taps");
  checkTunDevice();
  const style = styleFor(io.stdout, io.env);
  const say = (text: string): void => {
    if (!globals.json) io.stdout.write(text);
  };
  const descriptors = openDescriptors();
  const host = await openNamespace();
  if (host === undefined) {
    if (inside) throw new Error("no network namespace can be created here, not even as root of a user namespace");
    const words = [`taps=${taps}`, `peers=${compare ? "on" : "off"}`, "inside"];
    return { status: runInUserNamespace([...(globals.json ? ["--json"] : []), "demo", ...words]) };
  }
  const names = Array.from({ length: taps }, (_, i) => `tap${i}`);
  try {
    const before = await linkNames(host);
    const found = await show(host, names, say);
    const links = (await linkNames(host)).filter((name) => !before.includes(name));
    await host.close();
    const left = { links, descriptors: openDescriptors() - descriptors };
    if (links.length > 0 || left.descriptors > 0)
      throw new Error(`left behind: ${links.join(", ") || "no links"}, ${left.descriptors} open descriptors`);
    say(`Nothing is left: the namespace holds ${before.join(", ")}, and no descriptor more is open than before\n`);

    const peers: Peer[] = [];
    if (compare) {
      say(`\nThe same work by a shell, in namespaces of its own, please wait …\n`);
      await timePeers(
        names,
        (peer) => peers.push(peer),
        (reason) => {
          say(`${reason}\n`);
        },
      );
      const rows = [{ name: "linkwright", ...found.linkwright }, ...peers];
      say(comparison(rows, style));
    }
    return { value: { ...found, peers, left } satisfies Findings };
  } finally {
    await host.close();
  }
}

export const command: Command = alone({
  summary: "show a bridge with 100 TAPs at work, in a namespace of its own",
  operands: [],
  options: [sections.demo],
  runOffline: demo,
});
