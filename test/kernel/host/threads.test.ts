import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Host, type Link, type ThreadUse } from "../../../src/index.js";
import { native } from "../../../src/kernel/addon.js";
import { fixture } from "../scene/program.js";

const WAYS = ["auto", "always", "never"] as const;

afterEach(() => {
  vi.restoreAllMocks();
});

/** Whether the calling thread executes all that is asked for. */
async function isExecutedHere(work: () => Promise<unknown>): Promise<boolean> {
  const there = vi.spyOn(native, "exchange");
  await work().catch(() => undefined);
  const executed = there.mock.calls.length === 0;
  vi.restoreAllMocks();
  return executed;
}

/** Numbers in the order in which promises settle. */
async function orderOf(promises: readonly Promise<unknown>[]): Promise<number[]> {
  const order: number[] = [];
  const note = (place: number) => (): void => void order.push(place);
  await Promise.all(promises.map((promise, place) => promise.then(note(place), note(place))));
  return order;
}

const ascending = (count: number): number[] => Array.from({ length: count }, (_, place) => place);

test("the calling thread executes what the kernel answers at once, unless the thread always does", async () => {
  for (const [thread, expected] of [
    ["auto", true],
    ["always", false],
    ["never", true],
  ] as const) {
    await using host = await Host.open({ namespace: "new", thread });
    await host.addBridge("br0");
    await host.addTap("t0");
    const work: Record<string, () => Promise<unknown>> = {
      link: () => host.link("br0"),
      missing: () => host.link("none"),
      set: () => host.setLink("br0", { alias: "set" }),
      up: () => host.setLink("br0", { up: true }),
      attach: () => host.attach("t0", "br0"),
      address: () => host.addAddress("br0", "10.0.0.1/24"),
      route: () => host.routes.add("10.1.0.0/16", { gateway: "10.0.0.2" }),
      entry: () => host.fdb.add("t0", "02:00:00:00:00:01"),
    };
    const found: Record<string, boolean> = {};
    // Each has the event loop's turn to itself, as "auto" executes only so much of one.
    for (const [name, each] of Object.entries(work)) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      found[name] = await isExecutedHere(each);
    }
    // Another program may hold the kernel's lock: then "auto" leaves them to the thread, for a while.
    if (thread === "auto") await vi.waitUntil(() => isExecutedHere(work["link"]!), { timeout: 30_000 });
    else expect(found).toEqual(Object.fromEntries(Object.keys(work).map((name) => [name, expected])));
  }
});

test("the thread executes what waits for a grace period, and what lists", async () => {
  await using host = await Host.open({ namespace: "new", thread: "never" });
  await host.addBridge("br0", { up: true });
  await host.addTap("t0", { bridge: "br0" });
  expect(await isExecutedHere(() => host.links())).toBe(false);
  expect(await isExecutedHere(() => host.setLink("br0", { up: false }))).toBe(false);
  expect(await isExecutedHere(() => host.setLink("br0", { name: "br1" }))).toBe(false);
  expect(await isExecutedHere(() => host.detach("t0"))).toBe(false);
  expect(await isExecutedHere(() => host.remove("t0"))).toBe(false);
});

/** Asks for something, and keeps the event loop's turn for longer than "auto" executes in one. */
async function keepTheTurn(host: Host): Promise<void> {
  await host.link("br0");
  const until = performance.now() + 3;
  while (performance.now() < until);
}

test("auto goes on in the event loop's next turn when requests have had their part of one", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0");
  let turns = 0;
  const isDeferred = async (): Promise<boolean> => {
    await keepTheTurn(host);
    const turn = setImmediate(() => turns++);
    const before = turns;
    const here = await isExecutedHere(() => host.link("br0"));
    clearImmediate(turn);
    return here && turns > before;
  };
  // Another program may hold the kernel's lock: then it leaves them to the thread, for a while.
  await vi.waitUntil(isDeferred, { timeout: 30_000 });
});

describe.for(WAYS)("thread: %s", (thread) => {
  const withHost = async (work: (host: Host) => Promise<void>): Promise<void> => {
    await using host = await Host.open({ namespace: "new", thread });
    await work(host);
  };

  test("requests between two of the thread's are executed and settled in their order", () =>
    withHost(async (host) => {
      await host.addBridge("br0");
      await host.addTap("t0");
      const removed = [host.remove("t0"), host.link("t0").catch(() => "gone"), host.setLink("br0", { alias: "after" })];
      expect((await Promise.all(removed))[1]).toBe("gone");
      const around = [host.sysctl("net.ipv4.ip_forward"), host.setLink("br0", { alias: "between" })];
      await new Promise((resolve) => {
        process.nextTick(resolve);
      });
      const links = host.links();
      expect(await orderOf([...around, links])).toEqual([0, 1, 2]);
      expect(await links).toContainEqual(expect.objectContaining({ name: "br0", alias: "between" }));
    }));

  test("requests that wait for the next turn are executed in their order, before what the thread is asked for behind them", () =>
    withHost(async (host) => {
      await host.addBridge("br0");
      for (let round = 0; round < 20; round++) {
        await keepTheTurn(host);
        const [first, second] = [`first ${round}`, `second ${round}`];
        const asked = [
          host.setLink("br0", { alias: first }),
          host.link("br0"),
          host.setLink("br0", { alias: second }),
          host.link("br0"),
          host.links(),
        ];
        const [, one, , two, all] = (await Promise.all(asked)) as [void, Link, void, Link, Link[]];
        expect([one.alias, two.alias, all.at(-1)!.alias]).toEqual([first, second, second]);
      }
    }));

  test("what the thread does otherwise, such as opening a TAP, comes behind the requests of the same turn", () =>
    withHost(async (host) => {
      for (let round = 0; round < 20; round++) {
        const [bridge, tap] = await Promise.all([host.addBridge("lan0"), host.addTap("lan%d")]);
        expect([bridge.name, tap.name]).toEqual(["lan0", "lan1"]);
        await host.removeAll([bridge, tap]);
      }
    }));

  test("requests of one turn are executed and settle in their order", () =>
    withHost(async (host) => {
      await host.addBridge("br0");
      const requests = ascending(200).map((place) => host.setLink("br0", { alias: `change ${place}` }));
      expect(await orderOf(requests)).toEqual(ascending(200));
      expect(await host.link("br0")).toMatchObject({ alias: "change 199" });
    }));

  test("errors are the same, and say the same", () =>
    withHost(async (host) => {
      await host.addBridge("br0");
      const said = async (work: Promise<unknown>): Promise<unknown> =>
        work.then(
          () => undefined,
          (error: Record<string, unknown>) => ({ ...error, message: error["message"] }),
        );
      await using other = await Host.open({ namespace: "new", thread: "always" });
      await other.addBridge("br0");
      for (const work of [
        (it: Host) => it.link("none"),
        (it: Host) => it.addBridge("br0"),
        (it: Host) => it.setBridge("br0", { vlanDefaultPvid: 5000 }),
        (it: Host) => it.attach("lo", "br0"),
        (it: Host) => it.addAddress("br0", "10.0.0.1/24", { broadcast: "10.0.0.999" }),
      ]) {
        const expected = await said(work(other));
        expect(expected).toBeDefined();
        expect(await said(work(host))).toEqual(expected);
      }
    }));

  test("a request from a listener comes behind what was asked for before", () =>
    withHost(async (host) => {
      const watch = host.watch(["link"]);
      await watch.ready;
      const asked = watch
        .next()
        .then(() => Promise.all([host.setLink("br0", { alias: "listener's" }), host.link("br0")]));
      await host.addBridge("br0");
      const changed = host.setLink("br0", { alias: "another's" });
      expect((await asked)[1]).toMatchObject({ name: "br0", alias: "listener's" });
      await changed;
      await watch.return?.();
    }));

  test("what is asked for before the host is closed is done, what comes after is refused", async () => {
    const host = await Host.open({ namespace: "new", thread });
    await host.addBridge("br0");
    const before = [host.setLink("br0", { alias: "last" }), host.link("br0")] as const;
    const closing = host.close();
    await expect(host.link("br0")).rejects.toMatchObject({ code: "ECANCELED" });
    expect((await Promise.all(before))[1]).toMatchObject({ alias: "last" });
    await closing;
    await expect(host.setLink("br0", { up: true })).rejects.toMatchObject({ code: "ECANCELED" });
  });

  test("a worker has a host of its own", async () => {
    const worker = new Worker(new URL(`file://${fixture("one-host")[1]}`), { workerData: thread });
    const [said, status] = (await Promise.all([once(worker, "message"), once(worker, "exit")])) as unknown[];
    expect({ said, status }).toEqual({ said: [["br0", "ENODEV"]], status: [0] });
  });

  test("the event loop has its turn while a program awaits one request after the other", () =>
    withHost(async (host) => {
      await host.addBridge("br0");
      let turns = 0;
      const timer = setInterval(() => turns++, 1);
      const until = performance.now() + 200;
      while (performance.now() < until) await host.link("br0");
      clearInterval(timer);
      // Who wants it never to be the thread has nothing else to do.
      if (thread !== "never") expect(turns).toBeGreaterThan(2);
      else expect(turns).toBe(0);
    }));
});

test("a host that says nothing of its thread has the default, and no other word is taken", async () => {
  await expect(Host.open({ thread: "sometimes" as ThreadUse })).rejects.toMatchObject({ path: "thread" });
  await using host = await Host.open({ namespace: "new" });
  expect(await host.link("lo")).toMatchObject({ index: 1 });
});
