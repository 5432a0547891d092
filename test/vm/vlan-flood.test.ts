import { readSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Host, type Tap } from "../../src/index.js";
import { frame, numberOf } from "../kernel/frames.js";

let host: Host;

beforeAll(async () => {
  host = await Host.open({ namespace: "new" });
  await host.setSysctl("net.ipv6.conf.default.disable_ipv6", 1);
  await host.addBridge("br0", { vlanFiltering: true, up: true });
  await host.bridgeVlans.set("br0", []);
});

afterAll(async () => {
  await host.close();
});

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error("it did not come to be");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/**
 * A thread that writes a frame into each of the descriptors that are shared, and another into `other`, for ever. Shared are
 * whether it is to end, its rounds, a place to rest at, the number of descriptors, and these.
 */
const WRITER = `
  const { workerData: { shared, other, inside, outside } } = require("node:worker_threads");
  const { writeSync } = require("node:fs");
  const state = new Int32Array(shared);
  const write = (fd, frame) => { try { writeSync(fd, frame); } catch {} };
  while (Atomics.load(state, 0) === 0) {
    for (let place = 0; place < Atomics.load(state, 3); place++) {
      write(Atomics.load(state, 4 + place), inside);
      if (place % 8 === 0) write(other, outside);
    }
    Atomics.add(state, 1, 1);
    Atomics.wait(state, 2, 0, 0.1);
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
const AT_ONCE = 50;
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

  const state = new Int32Array(new SharedArrayBuffer(4 * (4 + AT_ONCE)));
  const workerData = {
    shared: state.buffer,
    other: other.descriptors[0]!.fd,
    inside: frame(INSIDE),
    outside: frame(OUTSIDE),
  };
  const worker = new Worker(WRITER, { eval: true, workerData });
  const pour = async (taps: readonly Tap[]): Promise<void> => {
    taps.forEach((tap, place) => Atomics.store(state, 4 + place, tap.descriptors[0]!.fd));
    Atomics.store(state, 3, taps.length);
    const round = Atomics.load(state, 1);
    await until(() => Atomics.load(state, 1) > round + 1);
  };
  const leaks = { intoPorts: 0, intoOther: 0, intoIsolated: 0 };
  let reached = 0;
  try {
    for (let first = 0; first < JOINING; first += AT_ONCE) {
      const taps = await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => host.openTap(`join${first + i}`)));
      // Some are up before they join.
      await Promise.all(taps.filter((_, i) => i % 20 === 0).map((tap) => host.setLink(tap, { up: true })));
      await pour(taps);
      await Promise.all(taps.map((tap) => host.attach(tap, "br0", { vlans, isolated: true })));
      await pour([]);
      leaks.intoPorts += taps.filter((tap) => waiting(tap).has(OUTSIDE)).length;
      leaks.intoOther += Number(waiting(other).has(INSIDE));
      leaks.intoIsolated += Number(waiting(isolated).has(INSIDE));
      reached += Number(waiting(member).has(INSIDE));
      await host.removeAll(taps);
      await Promise.all(taps.map((tap) => tap.close()));
    }
  } finally {
    Atomics.store(state, 0, 1);
    await new Promise((resolve) => worker.once("exit", resolve));
  }
  expect(leaks).toEqual({ intoPorts: 0, intoOther: 0, intoIsolated: 0 });
  expect(reached).toBe(JOINING / AT_ONCE);
});
