import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { Host } from "../../../src/index.js";
import { encodeDhcpPacket } from "../../../src/dhcp/wire/dhcp-packet.js";
import { BROADCAST_ADDRESS, BROADCAST_MAC, encodeIpv4Datagram, NO_ADDRESS } from "../../../src/dhcp/wire/ipv4.js";

/** A guest behind a port of a bridge. */
export interface Guest extends AsyncDisposable {
  readonly host: Host;
}

/** Makes a guest's machine, which has a cable to a bridge's port; down unless it has an address. */
export async function plug(host: Host, bridge: string, port: string, address?: string): Promise<Guest> {
  const guest = await Host.open({ namespace: "new" });
  await host.addVeth(port, { peer: { name: "eth0", namespace: guest } });
  await host.attach(port, bridge);
  await host.setLink(port, { up: true });
  if (address !== undefined) {
    await guest.addAddress("eth0", address);
    await guest.setLink("eth0", { up: true });
  }
  return { host: guest, [Symbol.asyncDispose]: () => guest.close() };
}

/** Starts what lives where a host is, by a command of these words in front of its own. */
export async function within<T>(host: Host, start: (words: readonly string[]) => T | Promise<T>): Promise<T> {
  const namespace = await host.namespaceDescriptor();
  try {
    return await start(["nsenter", `--net=/proc/${process.pid}/fd/${namespace.fd}`]);
  } finally {
    await namespace.close();
  }
}

/** A process that lives where a host is, and ends with this one. */
export function startIn(host: Host, command: readonly string[]): Promise<ChildProcess> {
  return within(host, async (words) => {
    const options = ["--pdeathsig", "KILL", ...words, ...command];
    const child = spawn("setpriv", options, { stdio: ["ignore", "ignore", "inherit"] });
    await new Promise((resolve, reject) => child.once("spawn", resolve).once("error", reject));
    // It is there once it has entered.
    while (child.exitCode === null && readFileSync(`/proc/${child.pid}/comm`, "utf8") !== `${command[0]}\n`)
      await pause();
    return child;
  });
}

/** A link of a host to an outside that takes whatever comes and answers nothing. */
export async function openOutside(host: Host): Promise<Host> {
  const outside = await Host.open({ namespace: "new" });
  await host.addVeth("up0", { peer: { name: "eth0", namespace: outside, up: true }, up: true });
  await host.addAddress("up0", "203.0.113.1/24");
  // Of a MAC that is not the outside's: it is counted there, and dropped.
  await host.neighbours.add("up0", "203.0.113.2", { lladdr: "02:00:00:00:00:99" });
  return outside;
}

/** Milliseconds for so many datagrams from a guest to the outside, by those that get there: a link's queue may overflow. */
export async function send(guest: Guest, outside: Host, program: string, count: number): Promise<number> {
  const arrived = async (): Promise<number> => Number((await outside.link("eth0")).stats64!.rxPackets);
  const before = await arrived();
  const command = [program, "203.0.113.2", "9", String(count)];
  const { status, stdout, stderr } = await within(guest.host, ([nsenter = "", ...words]) =>
    spawnSync(nsenter, [...words, ...command], { encoding: "utf8" }),
  );
  if (status !== 0) throw new Error(stderr);
  const came = (await arrived()) - before;
  if (came < count / 2) throw new Error(`${count - came} of ${count} datagrams did not arrive`);
  return (Number(stdout) * count) / came;
}

/** What asks for a lease in two messages. */
function discover(mac: string): Buffer {
  return encodeIpv4Datagram({
    sourceMac: mac,
    destinationMac: BROADCAST_MAC,
    source: NO_ADDRESS,
    destination: BROADCAST_ADDRESS,
    sourcePort: 68,
    destinationPort: 67,
    payload: encodeDhcpPacket({
      op: "request",
      xid: Number.parseInt(mac.slice(-8).replaceAll(":", ""), 16),
      chaddr: mac,
      options: { messageType: "discover", rapidCommit: true },
    }),
  });
}

/** Offsets in a frame of IPv4 without options, and its first byte. */
const [VERSION_AT, TO_PORT_AT, XID_AT] = [14, 36, 46];

/** The number of the question that a frame is an answer to; undefined for what is none. */
function answered(frame: Buffer): number | undefined {
  const isAnswer = frame.length > XID_AT + 4 && frame[VERSION_AT] === 0x45 && frame.readUInt16BE(TO_PORT_AT) === 68;
  return isAnswer ? frame.readUInt32BE(XID_AT) : undefined;
}

/** Milliseconds that a pause of nothing is. */
const TICK = 1;
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, TICK));

/**
 * Milliseconds from a guest's link being set up to its lease, which it asks for each millisecond: what it says before the bridge has seen
 * that the port is up is lost.
 */
export async function linkUpToAck({ host }: Guest, number: number): Promise<number> {
  const mac = macOf(number);
  await host.setLink("eth0", { up: false });
  const wire = await host.openFrames("eth0");
  const frame = discover(mac);
  const took = await new Promise<number>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("no lease within 10 s")), 10_000);
    const stop = wire.receive((each) => {
      if (answered(each) !== frame.readUInt32BE(XID_AT)) return;
      clearTimeout(late);
      stop();
      isAnswered = true;
      resolve(performance.now() - since);
    });
    let isAnswered = false;
    const since = performance.now();
    void host.setLink("eth0", { up: true }).then(async () => {
      for (; !isAnswered; await pause()) wire.send(frame);
    }, reject);
  });
  await wire.close();
  return took;
}

/** A MAC by its number. */
function macOf(number: number): string {
  const hex = (0x52540000_0000 + number).toString(16).padStart(12, "0");
  return hex.replaceAll(/..(?=.)/g, "$&:");
}

/** Asks for so many leases, of MACs by their numbers, `rate` of them a second; resolves when all are there. */
export async function askForLeases({ host }: Guest, first: number, count: number, rate: number): Promise<void> {
  await host.setLink("eth0", { up: true });
  const wire = await host.openFrames("eth0");
  const waiting = new Map<number, Buffer>();
  const stop = wire.receive((frame) => {
    const question = answered(frame);
    if (question !== undefined) waiting.delete(question);
  });
  const since = performance.now();
  for (let asked = 0; asked < count;) {
    for (; asked < Math.min(count, ((performance.now() - since) / 1000) * rate); asked++) {
      const frame = discover(macOf(first + asked));
      waiting.set(frame.readUInt32BE(XID_AT), frame);
      wire.send(frame);
    }
    await pause();
  }
  const end = performance.now() + 10_000;
  while (waiting.size > 0) {
    if (performance.now() > end) throw new Error(`${waiting.size} of ${count} leases did not come`);
    await pause();
    // What was lost is asked for again, as clients do.
    if (performance.now() - since > 3000) for (const frame of [...waiting.values()].slice(0, 10)) wire.send(frame);
  }
  stop();
  await wire.close();
}

/** Of clock ticks (USER_HZ). */
const TICK_OF_PROC = 10;

/** Milliseconds of processor that a process has taken. */
export function processorOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_OF_PROC;
}

/** MB that a process has of memory. */
export function memoryOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) / 1000;
}
