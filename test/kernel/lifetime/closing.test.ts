import { inspect } from "node:util";
import { expect, test } from "vitest";
import { Host, InputError, type Tap } from "../../../src/index.js";
import { descriptors, eventually } from "../netfilter/counting.js";
import { fixture, report } from "../scene/program.js";

async function withTaps(count: number): Promise<{ host: Host; taps: Tap[] }> {
  const host = await Host.open({ namespace: "new" });
  return { host, taps: await Promise.all(Array.from({ length: count }, () => host.openTap())) };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function median(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[times.length >> 1]!;
}

test("closing 200 TAPs holds up nobody: what is asked meanwhile is answered long before they are closed", async () => {
  const { host, taps } = await withTaps(200);
  let closed = false;
  const closing = Promise.all(taps.map((tap) => tap.close())).then(() => (closed = true));
  const times: number[] = [];
  while (!closed) times.push(await timed(() => host.link("lo")));
  await closing;
  expect(times.length).toBeGreaterThan(3);
  expect(median(times)).toBeLessThan(times.reduce((sum, each) => sum + each) / 5);
  expect((await host.links()).map(({ name }) => name)).toEqual(["lo"]);
  await host.close();
});

/** One close of a TAP waits some 20 ms for the kernel on a calm machine: five of them are the 100 ms that closing a host may take more. */
test("a host with 100 open TAPs is closed within the time of five closes of what removing them in one go takes", async () => {
  const [removing, closing, single]: number[][] = [[], [], []];
  for (let round = 0; round < 5; round++) {
    const one = await withTaps(100);
    removing!.push(await timed(() => one.host.removeAll(one.taps)));
    await one.host.close();
    const other = await withTaps(100);
    closing!.push(await timed(() => other.host.close()));
    const third = await withTaps(8);
    for (const tap of third.taps) single!.push(await timed(() => tap.close()));
    await third.host.close();
  }
  // The least of what was measured in many TAPs at once: whatever else the machine does, only adds.
  expect(Math.min(...closing!)).toBeLessThan(Math.min(...removing!) + 5 * median(single!));
});

test("a TAP whose close has resolved is gone, and so are all when a host's has", async () => {
  await using keeper = await Host.open({ namespace: "new" });
  await using namespace = await keeper.namespaceDescriptor();
  const before = descriptors();
  const host = await Host.open({ namespace: `/proc/self/fd/${namespace.fd}` });
  const taps = await Promise.all(Array.from({ length: 20 }, () => host.openTap()));
  await taps[0]!.close();
  expect((await keeper.links()).length).toBe(20);
  await host.close();
  expect((await keeper.links()).map(({ name }) => name)).toEqual(["lo"]);
  expect(await eventually(() => descriptors() <= before)).toBe(true);
});

interface Kept {
  readonly collected: boolean;
  readonly stillOpen: number;
  readonly afterClose: boolean;
}

test("a TAP that nothing refers to any more is closed with its host, never by the collector", async () => {
  const [node, ...program] = fixture("unreferenced");
  const kept = await report<Kept>([node!, "--expose-gc", ...program]);
  expect(kept).toEqual({ collected: true, stillOpen: 10, afterClose: true });
});

test("waiting for a host to be closed can be given up; the closing goes on", async () => {
  const { host } = await withTaps(10);
  const work = host.addBridge("br0");
  const reason = new Error("no time");
  const controller = new AbortController();
  const waiting = host.close({ signal: controller.signal });
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  expect((await work).name).toBe("br0");
  await host.close();
  await host.close({ signal: new AbortController().signal });
});

test("a signal that has aborted begins no closing, and what is none is refused", async () => {
  await using host = await Host.open({ namespace: "new" });
  await expect(host.close({ signal: AbortSignal.abort() })).rejects.toThrow("aborted");
  await expect(host.close({ signal: 1 as never })).rejects.toBeInstanceOf(InputError);
  await expect(host.close({ signals: 1 } as never)).rejects.toBeInstanceOf(InputError);
  expect((await host.link("lo")).name).toBe("lo");
});

test("a host shows its namespace, what is under way and what is open", async () => {
  const host = await Host.open({ namespace: "new" });
  const tap = await host.openTap("tap0");
  const work = host.links();
  const shown = (): string => inspect(host, { breakLength: Infinity });
  expect(shown()).toMatch(/^Host \{ namespace: 'new', state: 'open', underWay: 1, open: \{ '\d+': 'tap0' \} \}$/);
  expect(Object.keys(host)).toEqual([]);
  await work;
  await tap.close();
  expect(shown()).toBe("Host { namespace: 'new', state: 'open', underWay: 0, open: {} }");
  const closing = host.close();
  expect(shown()).toContain("state: 'closing'");
  await closing;
  expect(inspect({ host })).toContain("state: 'closed'");
});
