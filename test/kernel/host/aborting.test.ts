import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setMaxListeners } from "node:events";
import { readdirSync } from "node:fs";
import { expect, test, type TestContext } from "vitest";
import { Host, NetlinkError } from "../../../src/index.js";
import { unlessLacking } from "../scene/lacking.js";

const CHANNEL = "linkwright:request";
const reason = new Error("enough");

/** What attaching and removing change. */
async function stateOf(host: Host): Promise<unknown> {
  const links = await host.links();
  const vlans = await host.bridgeVlans.list().catch((error: unknown) => {
    if (error instanceof NetlinkError && error.code === "EOPNOTSUPP") return [];
    throw error;
  });
  const shown = links.map(({ index, name, up, mtu, master, group }) => ({ index, name, up, mtu, master, group }));
  return { links: shown, vlans: vlans.map(({ index, id, pvid, untagged }) => ({ index, id, pvid, untagged })) };
}

interface Outcome {
  /** How many requests were answered in all. */
  readonly answered: number;
  readonly error: unknown;
}

/** Aborts a call when so many of its requests have been answered; at once for 0. */
async function abortedAfter(requests: number, call: (signal: AbortSignal) => Promise<unknown>): Promise<Outcome> {
  const stop = new AbortController();
  let answered = 0;
  const count = (): void => {
    if (++answered === requests) stop.abort(reason);
  };
  subscribe(CHANNEL, count);
  try {
    const called = call(stop.signal);
    if (requests === 0) stop.abort(reason);
    const error = await called.then(
      () => undefined,
      (failure: unknown) => failure,
    );
    return { answered, error };
  } finally {
    unsubscribe(CHANNEL, count);
  }
}

type Scene = (host: Host, context: TestContext) => Promise<(signal: AbortSignal) => Promise<unknown>>;

/** Bridges with ports, so that there is something to put back. */
async function bridges(host: Host): Promise<void> {
  await host.addBridge("br0", { up: true });
  await host.addBridge("br1", { up: true });
  await host.addTap("tap0");
  await host.addTap("tap1", { bridge: "br1" });
}

const changes: readonly (readonly [name: string, scene: Scene])[] = [
  [
    "attaching at once",
    async (host) => {
      await bridges(host);
      return (signal) => host.attach("tap0", "br0", { signal });
    },
  ],
  [
    "attaching with options",
    async (host) => {
      await bridges(host);
      return (signal) => host.attach("tap0", "br0", { isolated: true, cost: 7, signal });
    },
  ],
  [
    "attaching with VLANs",
    async (host, context) => {
      await bridges(host);
      await unlessLacking(context, host.setBridge("br0", { vlanFiltering: true }));
      return (signal) => host.attach("tap0", "br0", { isolated: true, vlans: [{ id: 7 }], signal });
    },
  ],
  [
    "moving a port to another bridge",
    async (host) => {
      await bridges(host);
      return (signal) => host.attach("tap1", "br0", { move: true, isolated: true, signal });
    },
  ],
];

test.for(changes)(
  "%s and aborting after any of its requests leaves all as it was, or it is done",
  async ([, scene], context) => {
    let wasDone = false;
    for (let requests = 0; !wasDone; requests++) {
      expect(requests, "it ends").toBeLessThan(100);
      await using host = await Host.open({ namespace: "new" });
      const call = await scene(host, context);
      const before = await stateOf(host);
      const { answered, error } = await abortedAfter(requests, call);
      if (error === undefined) {
        // A port that has joined is looked at once more.
        expect(answered, "it went on after it was aborted").toBeLessThanOrEqual(requests + 1);
        expect(await stateOf(host)).not.toEqual(before);
        wasDone = true;
      } else {
        expect(error).toBe(reason);
        expect(await stateOf(host)).toEqual(before);
      }
      await host.addTap("later");
    }
  },
);

test("a removal that is aborted after any of its requests leaves all links as they were, or none", async () => {
  const outcomes = { none: 0, all: 0 };
  const names = ["tap0", "tap1", "tap2", "br1"];
  for (let requests = 0; requests < 30; requests++) {
    await using host = await Host.open({ namespace: "new" });
    await host.addBridge("br1", { up: true });
    for (const name of names.slice(0, 3)) await host.addTap(name, { bridge: "br1" });
    await host.setLink("tap2", { group: 5 });
    const before = await stateOf(host);
    const { error } = await abortedAfter(requests, (signal) => host.removeAll(names, { signal }));
    if (error === undefined) {
      outcomes.all++;
      expect((await host.links()).map(({ name }) => name)).toEqual(["lo"]);
    } else {
      outcomes.none++;
      expect(error).toBe(reason);
      expect(await stateOf(host)).toEqual(before);
    }
  }
  expect(outcomes.none).toBeGreaterThan(3);
  expect(outcomes.all).toBeGreaterThan(0);
});

test("what is aborted before it begins asks the kernel for nothing", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0");
  await host.addTap("tap0");
  const signal = AbortSignal.abort(reason);
  let asked = 0;
  const count = (): void => void asked++;
  subscribe(CHANNEL, count);
  const calls: (() => Promise<unknown>)[] = [
    () => host.attach("tap0", "br0", { signal }),
    () => host.removeAll(["tap0"], { signal }),
    () => host.links({ signal }),
    () => host.addresses({ signal }),
    () => host.routes.list({ signal }),
    () => host.rules.list({ signal }),
    () => host.neighbours.list({ signal }),
    () => host.nexthops.list({ signal }),
    () => host.fdb.list({ signal }),
    () => host.mdb.list({ signal }),
    () => host.bridgeVlans.list({ signal }),
    () => host.qdiscs.list({ signal }),
    () => host.classes.list({ link: "br0", signal }),
    () => host.filters.list({ link: "br0", signal }),
    () => host.virtualFunctions.list("br0", { signal }),
    () => host.waitFor("tap0", "up", { signal }),
    () => host.mirror({ signal }),
    () => Host.open({ namespace: "new", signal }),
  ];
  for (const call of calls) await expect(call()).rejects.toBe(reason);
  unsubscribe(CHANNEL, count);
  expect(asked).toBe(0);
});

test("a listing that is aborted rejects at once, with others before it in the queue, and the host goes on", async () => {
  await using host = await Host.open({ namespace: "new" });
  for (let i = 0; i < 50; i++) await host.addTap(`tap${i}`);
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const others = Array.from({ length: 200 }, () => host.links());
  const listings = Array.from({ length: 20 }, (_, i) =>
    i % 2 === 0 ? host.links({ signal: stop.signal }) : host.routes.list({ signal: stop.signal }),
  );
  stop.abort(reason);
  for (const listing of listings) await expect(listing).rejects.toBe(reason);
  for (const links of await Promise.all(others)) expect(links.length).toBe(51);
});

test("a host whose opening is aborted is closed, and leaves no descriptor and no thread", async () => {
  const count = (): number[] => ["fd", "task"].map((name) => readdirSync(`/proc/self/${name}`).length);
  const opening = async (): Promise<void> => {
    const stop = new AbortController();
    const opened = Host.open({ namespace: "new", signal: stop.signal });
    stop.abort(reason);
    await expect(opened).rejects.toBe(reason);
  };
  await (await Host.open({ namespace: "new" })).close();
  const before = count();
  for (let i = 0; i < 50; i++) await opening();
  await expect.poll(() => count().every((each, i) => each <= before[i]!), { timeout: 10_000 }).toBe(true);
});
