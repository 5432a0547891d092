import { readSync } from "node:fs";
import type { Duplex } from "node:stream";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Host, type Tap } from "../../src/index.js";
import { frame, numberOf } from "../kernel/frames.js";

let host: Host;

beforeAll(async () => {
  host = await Host.open({ namespace: "new" });
  await host.setSysctl("net.ipv6.conf.default.disable_ipv6", 1);
  await host.addBridge("br0", { vlanFiltering: true, vlanStatsEnabled: true, vlanStatsPerPort: true, up: true });
  await host.bridgeVlans.set("br0", []);
});

afterAll(async () => {
  await host.close();
});

const TAG = 0x8100;

/** A frame with an 802.1Q tag. */
function tagged(vlan: number, number: number): Buffer {
  const plain = frame(number);
  const tag = Buffer.alloc(4);
  tag.writeUInt16BE(TAG, 0);
  tag.writeUInt16BE(vlan, 2);
  return Buffer.concat([plain.subarray(0, 12), tag, plain.subarray(12)]);
}

/** What a port's far end has seen: "12" for number 12 without a tag, "12 in 10" with VLAN 10's. */
function watch(stream: Duplex): string[] {
  const seen: string[] = [];
  stream.on("data", (bytes: Buffer) => {
    const isTagged = bytes.readUInt16BE(12) === TAG;
    const number = numberOf(bytes, isTagged ? 4 : 0);
    if (number === undefined) return;
    seen.push(isTagged ? `${number} in ${bytes.readUInt16BE(14) & 0xfff}` : String(number));
  });
  return seen;
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error("it did not come to be");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test("on one VLAN-filtering bridge, frames of access ports are tagged on the trunk, and the VLANs are separated", async () => {
  const ports = await Promise.all(["trunk", "access10", "access12", "other10"].map((name) => host.openTap(name)));
  const [trunk, access10, access12, other10] = ports.map((port) => port.frames()) as [Duplex, Duplex, Duplex, Duplex];
  await host.attach("trunk", "br0", { vlans: [{ id: 10 }, { id: 12 }] });
  for (const [name, id] of [
    ["access10", 10],
    ["other10", 10],
    ["access12", 12],
  ] as const)
    await host.attach(name, "br0", { vlans: [{ id, pvid: true, untagged: true }] });
  const seen = [trunk, access10, access12, other10].map(watch);

  access10.write(frame(1));
  access12.write(frame(2));
  await until(() => seen[0]!.length === 2 && seen[3]!.length === 1);
  expect(seen.map((list) => [...list].sort())).toEqual([["1 in 10", "2 in 12"], [], [], ["1"]]);

  for (const [vlan, number] of [
    [10, 3],
    [12, 4],
    [11, 5],
    [1, 6],
  ] as const)
    trunk.write(tagged(vlan, number));
  trunk.write(frame(7));
  access10.write(tagged(12, 8));
  trunk.write(tagged(10, 9));
  trunk.write(tagged(12, 10));
  await until(() => seen[1]!.includes("9") && seen[2]!.includes("10") && seen[3]!.includes("9"));
  expect(seen.slice(1)).toEqual([
    ["3", "9"],
    ["4", "10"],
    ["1", "3", "9"],
  ]);
  expect(seen[0]).toHaveLength(2);

  const [ten] = await host.bridgeVlans.list({ link: "access10", stats: true });
  expect(ten).toMatchObject({ id: 10, stats: { rxPackets: 1, txPackets: 2 } });
  for (const port of ports) await port.close();
});

/** A thread that writes a frame into the descriptor that is shared in the first place, and another into `other`, for ever. */
const WRITER = `
  const { workerData: { shared, other, inside, outside } } = require("node:worker_threads");
  const { writeSync } = require("node:fs");
  const state = new Int32Array(shared);
  const write = (fd, frame) => { try { writeSync(fd, frame); } catch {} };
  while (Atomics.load(state, 1) === 0) {
    const fd = Atomics.load(state, 0);
    if (fd >= 0) write(fd, inside);
    write(other, outside);
    Atomics.add(state, 2, 1);
  }
`;

/** The numbers of all frames of ours that wait at a TAP's far end. */
function waiting(tap: Tap): Set<number | undefined> {
  const found = new Set<number | undefined>();
  const bytes = Buffer.alloc(2048);
  for (;;) {
    try {
      const size = readSync(tap.descriptors[0]!.fd, bytes);
      const number = numberOf(bytes.subarray(0, size));
      if (number !== undefined) found.add(number);
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe("EAGAIN");
      return found;
    }
  }
}

const JOINING = 200;
const AT_ONCE = 25;
const INSIDE = 77;
const OUTSIDE = 88;

test(`of ${JOINING} ports that join with a VLAN and isolation while frames pour in, none forwards one outside them`, async () => {
  const vlans = [{ id: 10, pvid: true, untagged: true }];
  const [other, isolated, member] = [
    await host.openTap("other"),
    await host.openTap("isolated"),
    await host.openTap("member"),
  ];
  await host.attach(other, "br0", { vlans: [{ id: 1, pvid: true, untagged: true }] });
  await host.attach(isolated, "br0", { vlans, isolated: true });
  await host.attach(member, "br0", { vlans });
  expect(await host.link("br0")).toMatchObject({ linkInfo: { data: { vlanDefaultPvid: 1 } } });

  const shared = new SharedArrayBuffer(12);
  const state = new Int32Array(shared);
  Atomics.store(state, 0, -1);
  const fd = other.descriptors[0]!.fd;
  const worker = new Worker(WRITER, {
    eval: true,
    workerData: { shared, other: fd, inside: frame(INSIDE), outside: frame(OUTSIDE) },
  });
  const leaks = { intoPorts: 0, intoOther: 0, intoIsolated: 0 };
  let reached = 0;
  try {
    for (let first = 0; first < JOINING; first += AT_ONCE) {
      const taps = await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => host.openTap(`join${first + i}`)));
      // Some are up before they join.
      await Promise.all(taps.filter((_, i) => i % 10 === 0).map((tap) => host.setLink(tap, { up: true })));
      for (const tap of taps) {
        Atomics.store(state, 0, tap.descriptors[0]!.fd);
        await host.attach(tap, "br0", { vlans, isolated: true });
      }
      Atomics.store(state, 0, -1);
      const round = Atomics.load(state, 2);
      await until(() => Atomics.load(state, 2) > round + 1);
      leaks.intoPorts += taps.filter((tap) => waiting(tap).has(OUTSIDE)).length;
      leaks.intoOther += Number(waiting(other).has(INSIDE));
      leaks.intoIsolated += Number(waiting(isolated).has(INSIDE));
      reached += Number(waiting(member).has(INSIDE));
      await host.removeAll(taps);
      await Promise.all(taps.map((tap) => tap.close()));
    }
  } finally {
    Atomics.store(state, 1, 1);
    await new Promise((resolve) => worker.once("exit", resolve));
  }
  expect(leaks).toEqual({ intoPorts: 0, intoOther: 0, intoIsolated: 0 });
  expect(reached).toBe(JOINING / AT_ONCE);
});
