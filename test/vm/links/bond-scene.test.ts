import { once } from "node:events";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { test } from "vitest";
import { type BondOptions, type BridgePortOptions, Host } from "../../../src/index.js";
import { frame, numberOf } from "../../kernel/scene/frames.js";

type Mode = NonNullable<BondOptions["mode"]>;

/** A switch keeps frames of the two cables apart; a static or negotiated trunk has a bond at its other end, too. */
const TRUNKED: readonly Mode[] = ["balance-rr", "balance-xor", "broadcast", "802.3ad"];
const MODES = [...TRUNKED, "active-backup", "balance-tlb", "balance-alb"] as const;

/** Waits for something that the kernel does by itself. */
async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 50_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`in vain: ${what}`);
    await delay(20);
  }
}

/**
 * Waits until a bridge's ports are as many as that and forward: one that joins while the kernel has not yet noticed its
 * link's carrier is disabled until it has, and frames for it are dropped.
 */
async function forwarding(host: Host, bridge: string, count: number): Promise<void> {
  await until(`${count} ports of ${bridge} forward`, async () => {
    const ports = await host.links({ master: bridge });
    const states = ports.map(({ linkInfo }) => (linkInfo?.slaveData as BridgePortOptions).state);
    return states.filter((state) => state === "forwarding").length === count;
  });
}

/** A VLAN's bridge on top of a link, with a guest's TAP. */
async function guest(host: Host, link: string, id: number): Promise<{ frames: Duplex; seen: Set<number> }> {
  const names = { vlan: `${link}.${id}`, bridge: `brvlan-${id}`, tap: `guest${id}` };
  await host.addVlan(names.vlan, { link, id, up: true });
  await host.addBridge(names.bridge, { up: true });
  await host.attach(names.vlan, names.bridge);
  const tap = await host.openTap(names.tap);
  await host.attach(tap, names.bridge);
  await forwarding(host, names.bridge, 2);
  const frames = tap.frames();
  const seen = new Set<number>();
  frames.on("data", (bytes: Buffer) => {
    const number = numberOf(bytes);
    if (number !== undefined) seen.add(number);
  });
  return { frames, seen };
}

async function connected(mode: Mode): Promise<{ near: Host; far: Host }> {
  const near = await Host.open({ namespace: "new" });
  const far = await Host.open({ namespace: "new" });
  for (const n of [0, 1])
    await near.addVeth(`nic${n}`, { up: true, peer: { name: `cable${n}`, namespace: far, up: true } });
  const options: BondOptions = { mode, miimon: 50, lacpRate: mode === "802.3ad" ? "fast" : undefined };
  await near.addBond("bond6", { ...options, ports: ["nic0", "nic1"], up: true });
  if (TRUNKED.includes(mode)) await far.addBond("trunk", { ...options, ports: ["cable0", "cable1"], up: true });
  else {
    await far.addBridge("trunk", { up: true });
    for (const cable of ["cable0", "cable1"]) await far.attach(cable, "trunk", { isolated: true });
  }
  await carrying(near, "bond6", 2);
  if (TRUNKED.includes(mode)) await carrying(far, "trunk", 2);
  else await forwarding(far, "trunk", 2);
  return { near, far };
}

/** Waits until as many of a bond's ports carry frames; a bond sends by those alone that its monitor has seen up. */
async function carrying(host: Host, bond: string, count: number): Promise<void> {
  await until(`${count} ports of ${bond} carry frames`, async () => {
    const { mode, carrier, ports } = await host.bondState(bond);
    const usable = ports.filter(
      ({ miiStatus, adActorOperPortState: mine, adPartnerOperPortState: theirs }) =>
        miiStatus === "up" &&
        (mode !== "802.3ad" || (mine?.includes("distributing") && theirs?.includes("collecting"))),
    );
    return carrier && usable.length === count;
  });
}

async function send(stream: Duplex, numbers: readonly number[]): Promise<void> {
  for (const number of numbers) if (!stream.write(frame(number))) await once(stream, "drain");
}

function range(start: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => start + i);
}

/** Sends frames, each once, and waits until all are seen at the other end. */
async function pass(mode: string, from: Duplex, seen: ReadonlySet<number>, numbers: readonly number[]): Promise<void> {
  await send(from, numbers);
  await until(`${mode}: every frame arrives`, () => numbers.every((number) => seen.has(number)));
}

async function busiest(host: Host): Promise<number> {
  const counts = await Promise.all([0, 1].map(async (n) => (await host.link(`nic${n}`)).stats64?.txPackets ?? 0));
  return counts[0]! >= counts[1]! ? 0 : 1;
}

test.concurrent.for(MODES)(
  "a bond in mode %s under VLANs under bridges: a port fails, and frames go on",
  async (mode, { expect }) => {
    const { near, far } = await connected(mode);
    await using _near = near;
    await using _far = far;
    const [near10, near12] = [await guest(near, "bond6", 10), await guest(near, "bond6", 12)];
    const [far10, far12] = [await guest(far, "trunk", 10), await guest(far, "trunk", 12)];

    const before = { out: range(1, 16), back: range(1001, 16), other: range(2001, 16) };
    await Promise.all([
      pass(String(mode), near10.frames, far10.seen, before.out),
      pass(String(mode), far10.frames, near10.seen, before.back),
      pass(String(mode), near12.frames, far12.seen, before.other),
    ]);

    const failing = await busiest(near);
    let number = 10_000;
    let noticed = false;
    const traffic = (async (): Promise<void> => {
      while (!noticed) {
        await send(near10.frames, [number++]);
        await delay(5);
      }
    })();
    await far.setLink(`cable${failing}`, { up: false });
    await until(`${mode}: nic${failing} has failed`, async () => {
      const { ports, activePort } = await near.bondState("bond6");
      const { miiStatus, linkFailureCount = 0 } = ports[failing]!;
      return miiStatus === "down" && linkFailureCount > 0 && activePort !== `nic${failing}`;
    });
    noticed = true;
    await traffic;
    if (TRUNKED.includes(mode)) await carrying(far, "trunk", 1);
    else await forwarding(far, "trunk", 1);

    const after = { out: range(number, 16), back: range(20_000, 16), other: range(30_000, 16) };
    await Promise.all([
      pass(String(mode), near10.frames, far10.seen, after.out),
      pass(String(mode), far10.frames, near10.seen, after.back),
      pass(String(mode), near12.frames, far12.seen, after.other),
    ]);
    const strays = [...far12.seen].filter((each) => !before.other.includes(each) && !after.other.includes(each));
    expect({ strays, near12: near12.seen.size, carrier: (await near.bondState("bond6")).carrier }).toEqual({
      strays: [],
      near12: 0,
      carrier: true,
    });
  },
);
