import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { another, expectSame } from "./watching.js";

const CHANNEL = "linkwright:request";

/** Everything that hosts of this process ask the kernel for while something is done. */
async function askedDuring(work: () => Promise<unknown>): Promise<string[]> {
  const asked: string[] = [];
  const count = (report: unknown): void => void asked.push((report as { name: string }).name);
  subscribe(CHANNEL, count);
  try {
    await work();
  } finally {
    unsubscribe(CHANNEL, count);
  }
  return asked.sort();
}

interface Doing {
  readonly what: string;
  /** What is asked for because a mirror is kept. */
  readonly more: readonly string[];
  readonly by: "its host" | "another";
  /** Does it, and undoes it the next time. */
  readonly act: (host: Host, again: boolean) => Promise<unknown>;
}

const READ_ONE = ["RTM_GETLINK"];

const doings: readonly Doing[] = [
  {
    what: "what its host changes silently: that link alone",
    by: "its host",
    act: (host, again) => host.setLink("down", { alias: again ? "one" : "other" }),
    more: READ_ONE,
  },
  {
    what: "what its host changes by one request among others: each link once",
    by: "its host",
    act: (host, again) =>
      Promise.all(["d0", "d1", "d2"].map((name) => host.setLink(name, { alias: again ? "one" : "other" }))),
    more: ["RTM_GETLINK", "RTM_GETLINK", "RTM_GETLINK"],
  },
  {
    what: "what others change and the kernel tells: nothing",
    by: "another",
    act: (host, again) => host.setLink("up", { mtu: again ? 1400 : 1300 }),
    more: [],
  },
  {
    what: "an address that others add or remove: nothing, without routes",
    by: "another",
    act: (host, again) => (again ? host.removeAddress("up", "10.0.0.1/24") : host.addAddress("up", "10.0.0.1/24")),
    more: [],
  },
  {
    what: "a link that comes and goes: nothing",
    by: "another",
    act: (host, again) => (again ? host.remove("new") : host.addBridge("new")),
    more: [],
  },
  {
    what: "a link that others set up: that link alone",
    by: "another",
    async act(host) {
      await host.setLink("down", { up: false });
      await host.setLink("down", { up: true });
    },
    more: READ_ONE,
  },
];

test.for([5, 300])("beside %i links a mirror reads again what may have changed, and nothing else", async (links) => {
  await using host = await Host.open({ namespace: "new" });
  await using other = await another(host);
  await host.addBridge("up", { up: true });
  for (const name of ["down", "d0", "d1", "d2"]) await host.addBridge(name);
  await Promise.all(Array.from({ length: links }, (_, i) => host.addTap(`tap${i}`)));
  for (const { what, by, act, more } of doings) {
    const doer = by === "another" ? other : host;
    // The code of what is done for the first time asks for more.
    for (const again of [false, true]) await act(doer, again);
    const alone = await askedDuring(() => act(doer, false));
    await act(doer, true);
    await using mirror = await host.mirror({ addresses: true });
    const watched = await askedDuring(async () => {
      await act(doer, false);
      await mirror.settled();
    });
    expect(watched, what).toEqual([...alone, ...more].sort());
    await expectSame(host, "link", mirror.links());
    await act(doer, true);
    await mirror.settled();
  }
});

test("what a dump has read after messages were lost is not read again link by link", async () => {
  await using host = await Host.open({ namespace: "new" });
  const names = Array.from({ length: 300 }, (_, i) => `d${i}`);
  await Promise.all(names.map((name) => host.addTap(name)));
  const change = (): Promise<unknown> => Promise.all(names.map((name) => host.setLink(name, { alias: name })));
  const alone = await askedDuring(change);
  await using mirror = await host.mirror({ receiveBuffer: 2048 });
  let overruns = 0;
  mirror.on("overrun", () => overruns++);
  const storm = await askedDuring(async () => {
    await Promise.all(names.map((name) => host.setLink(name, { mtu: 1400, alias: `${name}-renamed` })));
    await mirror.settled();
  });
  expect(overruns).toBeGreaterThan(0);
  // One request a link would be as many again.
  expect(storm.length - alone.length).toBeLessThan(names.length);
  await expectSame(host, "link", mirror.links());
});

test("a mirror has the rules and next hops that it is asked for, and loses those that go", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.setLink("lo", { up: true });
  await host.rules.add({ from: "10.0.0.0/8", priority: 50, table: 100 });
  await host.nexthops.replace(1, { blackhole: true });
  await using mirror = await host.mirror({ rules: true, nexthops: true });
  await host.nexthops.replace(2, { blackhole: true });
  await mirror.settled();
  expect(mirror.rules()).toEqual(await host.rules.list());
  expect(mirror.nexthops().map(({ id }) => id)).toEqual([1, 2]);
  await host.rules.remove({ priority: 50 });
  await host.nexthops.remove(1);
  await mirror.settled();
  expect(mirror.rules()).toEqual(await host.rules.list());
  expect(mirror.nexthops().map(({ id }) => id)).toEqual([2]);
});
