import { InputError } from "../../base/errors.js";
import { checkKnown } from "../../base/input.js";
import { Host } from "../../host/host.js";
import { NetlinkError } from "../../kernel/error.js";
import * as nft from "../../netfilter/index.js";
import { monitorDrops, type PacketDrop } from "../../genetlink/drop-monitor.js";
import type { TraceStep } from "../../netfilter/trace.js";
import type { Link } from "../../rtnetlink/link/link.js";
import { type Growth, grownSince, lossesOf, spelledGrowth } from "../losses.js";
import { type Endpoint, endpointOf, surroundingsOf } from "./endpoint.js";
import { checkTag, type Path, type PathOptions, wayOf } from "./follow-path.js";
import { probeFilter, probeFrame, type ProbeFrame } from "./probe-frame.js";

/** The frame that is sent. */
export interface ProbeOptions extends PathOptions {
  /** Milliseconds in which the frame has to arrive, 500 unless given. */
  readonly wait?: number | undefined;
}

/** What became of a frame that was sent, beside what the state of links says of its way. */
export interface Probe extends Path {
  /** What was sent. */
  readonly sent: string;
  /** The links where it was seen, in the order of the hops. */
  readonly seen: readonly string[];
  /** What links of its way counted as lost meanwhile, such as "tap0: txDropped grew by 1". */
  readonly losses: readonly string[];
}

const WAIT = 500;
/** Milliseconds in which the kernel tells what its rules did with a packet that is here. */
const SETTLING = 50;
const NAME = "lwprobe";
/** Before whatever others do (the kernel's own first hooks are at -400). */
const FIRST = -500;

/** A name that no other probe has now. */
function nameOfOne(): string {
  return NAME + String(crypto.getRandomValues(new Uint32Array(1))[0]! % 1e8);
}

/** What is undone at the end, the last first, whatever happens. */
type Undo = (() => Promise<unknown>)[];

/** Undoes all, the last first, also what comes after one that failed: that one's error is the rejection. */
async function undone(undo: Undo): Promise<void> {
  const outcomes: PromiseSettledResult<unknown>[] = [];
  for (const each of undo.reverse()) outcomes.push(...(await Promise.allSettled([each()])));
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}

/** A chain that has the rules trace the probe; nothing else is touched. */
function tracing(table: nft.TableReference, hook: "prerouting" | "output", { from, to }: ProbeFrame): nft.Changes {
  const place = { ...table, chain: hook };
  return [
    nft.addChain({ ...place, base: { hook, priority: FIRST } }),
    nft.addRule(place, [nft.is("etherSource", from), nft.is("etherDestination", to), nft.trace()]),
  ];
}

/** Has the kernel tell which rules the probe meets; false where it has no nftables for that. */
async function trace(host: Host, frame: ProbeFrame, tell: (step: TraceStep) => void, undo: Undo): Promise<boolean> {
  // Tables that go with the socket that made them, however this process ends.
  const settings = { table: nameOfOne(), flags: ["owner"] } as const;
  const [bridge, inet] = [{ ...settings, family: "bridge" } as const, { ...settings, family: "inet" } as const];
  try {
    const traces = await host.netfilter.traces(tell);
    undo.push(() => traces.close());
    await host.netfilter.commit([
      [bridge, inet].map((table) => nft.addTable(table, { exclusive: true })),
      tracing(bridge, "prerouting", frame),
      tracing(bridge, "output", frame),
      tracing(inet, "prerouting", frame),
    ]);
    undo.push(() => host.netfilter.commit([bridge, inet].map(nft.removeTable)));
    return true;
  } catch (error) {
    if (error instanceof NetlinkError && ["EOPNOTSUPP", "ENOENT", "EPROTONOSUPPORT"].includes(error.code)) return false;
    throw error;
  }
}

/** Has the kernel tell where it drops the probe, if it can and nobody else is at it. */
async function monitor(frame: ProbeFrame, sightings: Sightings, undo: Undo): Promise<void> {
  try {
    const drops = await monitorDrops((drop) => {
      if (frame.isIn(Buffer.from(drop.bytes))) sightings.drops.push(drop);
    });
    undo.push(() => drops.close());
  } catch (error) {
    if (!(error instanceof NetlinkError) || !["ENOENT", "EPERM", "EBUSY", "EAGAIN"].includes(error.code)) throw error;
  }
}

/**
 * A link by which frames come in by another one, as though whoever is behind it had sent them: a pair of which one end hands what it
 * is to send to that link (act_mirred). Only frames from the probe's MAC are handed over.
 */
async function inletTo(host: Host, { index }: Link, { from }: ProbeFrame, undo: Undo): Promise<Link> {
  const name = nameOfOne();
  // The pair goes with the other end's namespace, and that with this process, however it ends.
  const beyond = await Host.open({ namespace: "new" });
  undo.push(() => beyond.close());
  const inlet = await host.addVeth(name, { peer: { name: "end", namespace: beyond } });
  undo.push(() => host.remove(inlet));
  const words = Buffer.from(from.replaceAll(":", ""), "hex");
  const keys = [
    { off: -8, mask: 0xffffffff, val: words.readUInt32BE(0) },
    { off: -4, mask: 0xffff0000, val: words.readUInt16BE(4) * 0x10000 },
  ];
  await host.qdiscs.add(inlet, { kind: "clsact", parent: "ingress" });
  await host.filters.add(inlet, {
    kind: "u32",
    parent: "egress",
    protocol: "all",
    priority: 1,
    options: { sel: { keys }, actions: [{ kind: "mirred", options: { eaction: "ingressRedir", ifindex: index } }] },
  });
  await beyond.setLink("end", { up: true });
  await host.setLink(inlet, { up: true });
  return inlet;
}

/** What is learned of the probe: where it is seen, and what rules do with it. */
interface Sightings {
  /** How often it was seen at each link. */
  readonly seen: Map<string, number>;
  readonly steps: TraceStep[];
  readonly drops: PacketDrop[];
  /** Is told of whatever is added. */
  news(): void;
}

/** Until a condition holds, which is asked after each sighting, or the time is over, in milliseconds. */
function until(sightings: Sightings, condition: () => boolean, time: number): Promise<void> {
  return new Promise((resolve) => {
    // What came by then is read, too, where this process had to wait for its turn.
    const timer = setTimeout(() => setImmediate(resolve), time);
    sightings.news = () => {
      if (!condition()) return;
      clearTimeout(timer);
      resolve();
    };
    sightings.news();
  });
}

async function watchAt(host: Host, link: Link, frame: ProbeFrame, sightings: Sightings, undo: Undo): Promise<void> {
  const { name } = link;
  const frames = await host.openFrames(link, { filter: probeFilter });
  undo.push(() => frames.close());
  frames.receive((bytes) => {
    if (!frame.isIn(bytes)) return;
    sightings.seen.set(name, (sightings.seen.get(name) ?? 0) + 1);
    sightings.news();
  });
}

/** Where the frame is to be seen if it arrives, and how often: a link by which it comes in may be the one by which it goes on. */
function destinationOf(
  { hops, arrives }: Path,
  start: Endpoint,
  goal: Endpoint,
): { name: string; times: number } | undefined {
  if (goal.isHost !== true && goal.link !== undefined)
    return { name: goal.link.name, times: goal.link.index === start.link?.index ? 2 : 1 };
  const last = arrives ? hops.at(-1)?.link : undefined;
  if (last === undefined) return undefined;
  const comesIn = hops.slice(0, -1).some(({ link, way }) => link === last && way === "in");
  return { name: last, times: comesIn ? 2 : 1 };
}

function refusalOf(steps: readonly TraceStep[]): string | undefined {
  const step = steps.find(({ verdict }) => verdict === "drop");
  if (step === undefined) return undefined;
  const { family, table, chain, type, handle } = step;
  const what = type === "policy" ? "its policy" : `its rule with handle ${String(handle)}`;
  return `chain ${chain} of table ${family} ${table} drops it, by ${what}`;
}

const isSaid = ({ reason }: PacketDrop): boolean => reason !== undefined && reason !== "NOT_SPECIFIED";

/** Where it was seen last, and what is known of why no further. */
function endOf(
  path: Path,
  seen: readonly string[],
  losses: readonly string[],
  { steps, drops }: Sightings,
): Path["end"] {
  const last = seen.at(-1) ?? path.hops[0]?.link ?? "";
  const refused = refusalOf(steps);
  if (refused !== undefined) return { link: last, why: refused, remedy: "Accept there what goes that way." };
  if (path.end !== undefined) return path.end;
  const links = path.hops.map(({ link }) => link);
  const next = links.slice(links.lastIndexOf(last) + 1);
  const [drop] = drops;
  const counted = losses.length === 0 ? "" : `; ${losses.join(", ")}`;
  const dropped =
    drop === undefined ? counted : `: ${drop.symbol} dropped it${isSaid(drop) ? ` (${drop.reason})` : ""}`;
  return {
    link: last,
    why:
      seen.length === 0
        ? `it was seen nowhere, not even at ${last}${dropped}`
        : `it was seen at ${last}, and not after that${next.length === 0 ? "" : ` (${next.join(", ")})`}${dropped}`,
    remedy: "linkwright doctor may know why; filters of traffic control and programs (BPF) drop without a word.",
  };
}

/**
 * Sends a frame from one end to the other, as whoever is behind the first link would, and says where it was seen: at each link of its
 * way by a socket of its own, in losses that links count, in nftables by their trace, elsewhere in the kernel by its drop monitor, where that is to be had. Ends
 * as followPath() takes them. While it looks there are a pair of links and two tables more, which go with this process at the latest. The destination gets a datagram to the discard port, or a frame of
 * the experimental type. Rejects with InputError, NetlinkError.
 */
export async function probePath(host: Host, from: string, to: string, options: ProbeOptions = {}): Promise<Probe> {
  checkKnown(options, ["root", "pause", "vlan", "wait", "openVswitch"], "a probe's options");
  const { vlan = 0, wait = WAIT, ...observing } = options;
  checkTag(vlan);
  if (!Number.isFinite(wait) || wait <= 0) throw new InputError(`${wait} is not a duration in milliseconds`, "wait");
  const around = await surroundingsOf(host, observing);
  const [start, goal] = [endpointOf(around, from), endpointOf(around, to)];
  const { sentTo, ...path } = await wayOf(around, start, goal, vlan);
  const frame = probeFrame(around, start, goal, { vlan, sentTo });
  if (!frame.isRouted && path.hops.some(({ way }) => way === "routed"))
    throw new InputError("a probe that is routed needs the IPv4 addresses of both ends, by which this host knows them");
  const destination = destinationOf(path, start, goal);
  const named = (name: string | undefined): Link | undefined => around.links.find((link) => link.name === name);
  const names = [start.link?.name, ...path.hops.map(({ link }) => link), path.end?.link, destination?.name];
  // Whatever they are called by then, these are meant.
  const links = [...new Set(names)].flatMap((name) => named(name) ?? []).filter((link) => link.up);
  const sightings: Sightings = { seen: new Map(), steps: [], drops: [], news: () => undefined };
  const { seen, steps } = sightings;
  const isThere = (): boolean => destination !== undefined && (seen.get(destination.name) ?? 0) >= destination.times;
  const isRefused = (): boolean => refusalOf(steps) !== undefined;
  const undo: Undo = [];
  let isTraced: boolean;
  let grown: ReadonlyMap<number, Growth> = new Map();
  try {
    for (const link of links) await watchAt(host, link, frame, sightings, undo);
    const tell = (step: TraceStep): void => {
      steps.push(step);
      sightings.news();
    };
    await monitor(frame, sightings, undo);
    isTraced = await trace(host, frame, tell, undo);
    const outlet = named(path.hops[0]?.link) ?? start.link!;
    const sender = await host.openFrames(
      start.isHost === true ? outlet : await inletTo(host, start.link!, frame, undo),
    );
    undo.push(() => sender.close());
    const before = await lossesOf(host);
    sender.send(frame.bytes);
    await until(sightings, () => isThere() || isRefused(), wait);
    // What this host takes in may meet chains of its own yet.
    if (isThere() && goal.isHost === true) await until(sightings, isRefused, SETTLING);
    grown = grownSince(before, await lossesOf(host));
  } finally {
    await undone(undo);
  }
  const order = links.map(({ name }) => name).filter((name) => seen.has(name));
  const arrives = isThere() && !isRefused();
  const losses = links.flatMap(({ index, name }) =>
    spelledGrowth(grown.get(index)).map((words) => `${name}: ${words}`),
  );
  return {
    hops: path.hops,
    doubts: [
      ...path.doubts,
      ...(arrives ? losses.map((words) => `${words} meanwhile: this frame may be among them`) : []),
      ...(isTraced ? [] : ["this kernel does not trace what rules do"]),
      ...(frame.isRouted
        ? []
        : ["no IPv4 addresses of both ends are known: what firewalls of IP do with theirs is not seen"]),
    ],
    sent: frame.what,
    seen: order,
    losses,
    arrives,
    end: arrives ? undefined : endOf(path, order, losses, sightings),
  };
}
