import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { Host, InputError, type Link } from "../../../src/index.js";
import type { WatchEvent } from "../../../src/watch/events.js";
import { fixture } from "../scene/program.js";
import { another, drift, expectSame } from "./watching.js";

/** Changes of links, in batches; those from another number on are others. */
async function storm(host: Host, links: readonly string[], changes: number, from = 0): Promise<void> {
  for (let done = from; done < from + changes; done += 100)
    await Promise.all(
      Array.from({ length: 100 }, (_, place) =>
        host.setLink(links[(done + place) % links.length]!, { mtu: 1000 + ((done + place) % 499) }),
      ),
    );
}

test("after 10000 changes of 1000 links with a tiny buffer a mirror equals a fresh dump, and nothing was told to be removed", async () => {
  await using host = await Host.open({ namespace: "new" });
  const names = Array.from({ length: 1000 }, (_, i) => `d${i}`);
  await Promise.all(names.map((name) => host.addTap(name)));
  await using mirror = await host.mirror({ receiveBuffer: 4096 });
  const events: WatchEvent[] = [];
  let wasBehind = false;
  mirror.on("changed", (event) => events.push(event));
  mirror.on("overrun", (event) => {
    wasBehind ||= mirror.behind;
    events.push(event);
  });
  await storm(host, names, 10_000);
  await mirror.settled();
  await expectSame(host, "link", mirror.links());
  expect(mirror.behind).toBe(false);
  expect(wasBehind).toBe(true);
  const lost = events.flatMap((event) => (event.subject === "overrun" ? [event.lost ?? 0] : []));
  expect(lost.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(0);
  expect(events.filter((event) => event.subject === "link" && event.change !== "changed")).toEqual([]);
  expect(events.some((event) => event.subject === "link" && event.origin === "resynchronised")).toBe(true);
});

/** Among so many there is a storm after which nothing else had the processors. */
const STORMS = 30;

test("a mirror of 1000 links is whole again within 100 ms after a storm, and behind until then", async () => {
  await using host = await Host.open({ namespace: "new" });
  await using other = await another(host);
  const names = Array.from({ length: 1000 }, (_, i) => `d${i}`);
  await Promise.all(names.map((name) => host.addTap(name)));
  await using mirror = await host.mirror({ receiveBuffer: 4096 });
  let least = Infinity;
  for (let i = 0; i < STORMS && least >= 100; i++) {
    await storm(other, names, 500 + 100 * (i % 3), 1000 * i);
    const ended = performance.now();
    const { behind } = mirror;
    await mirror.settled();
    const late = performance.now() - ended;
    if (behind) least = Math.min(least, late);
    expect(mirror.behind).toBe(false);
    await expectSame(host, "link", mirror.links());
  }
  expect(least).toBeLessThan(100);
});

/** Keeps the event loop from everything, as a long computation does. */
function stopTheLoop(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

test("after 10000 changes during which a process did nothing for 5 s, its mirror equals a fresh dump, and so does what its watch tells", async () => {
  await using host = await Host.open({ namespace: "new" });
  const names = Array.from({ length: 1000 }, (_, i) => `d${i}`);
  await Promise.all(names.map((name) => host.addTap(name)));
  await using mirror = await host.mirror({ receiveBuffer: 4096 });
  await using watch = host.watch(["link"], { receiveBuffer: 4096 });
  await watch.ready;
  const told = new Map(mirror.links().map((link) => [link.index, link]));
  const lost = { mirror: 0, watch: 0 };
  mirror.on("overrun", (event) => (lost.mirror += event.lost!));
  const events: WatchEvent[] = [];
  mirror.on("changed", (event) => events.push(event));

  await using namespace = await host.namespaceDescriptor();
  const [program, ...words] = fixture("storm", `/proc/${process.pid}/fd/${namespace.fd}`, "1000", "10000");
  const child = spawn(program!, words, { stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(child, "close");
  await Promise.race([once(child.stdout, "data"), closed]);
  stopTheLoop(5000);
  expect(await closed).toEqual([0, null]);
  await mirror.settled();
  await expectSame(host, "link", mirror.links());
  expect(lost.mirror).toBeGreaterThan(5000);
  expect(events.filter((event) => event.subject === "link" && event.change !== "changed")).toEqual([]);

  await host.addTap("last");
  for await (const event of watch) {
    if (event.subject === "overrun") {
      lost.watch += event.lost!;
      continue;
    }
    expect(event.change).not.toBe("removed");
    const after = event.after as Link;
    told.set(after.index, after);
    if (after.name === "last") break;
  }
  expect(await drift(host, "link", [...told.values()], ({ name }) => name !== "last")).toEqual([]);
  expect(lost.watch).toBeGreaterThan(5000);
});

test("who stops reading a watch is told how much was lost, and then all differences", async () => {
  await using host = await Host.open({ namespace: "new" });
  const names = Array.from({ length: 20 }, (_, i) => `d${i}`);
  for (const name of names) await host.addTap(name);
  const watch = host.watch(["link"], { receiveBuffer: 4096 });
  await watch.ready;
  await host.remove("d0");
  await storm(host, names.slice(1), 10_000);
  await host.addTap("last");
  await host.remove("d19");
  const mtus = new Map<string, number | undefined>();
  const removed: string[] = [];
  let lost = 0;
  for await (const event of watch) {
    if (event.subject === "overrun") {
      lost += event.lost!;
      continue;
    }
    if (event.change === "removed") removed.push(event.before!.name);
    else mtus.set(event.after!.name, event.after!.mtu);
    if (event.subject === "link" && removed.includes("d19") && mtus.has("last")) break;
  }
  expect(lost).toBeGreaterThan(5000);
  expect(removed.sort()).toEqual(["d0", "d19"]);
  const now = await host.links();
  for (const { name, mtu } of now) if (name.startsWith("d") && mtus.has(name)) expect(mtus.get(name)).toBe(mtu);
});

test("a watch of one link sees nothing of a storm on others, and loses nothing", async () => {
  await using host = await Host.open({ namespace: "new" });
  const names = Array.from({ length: 20 }, (_, i) => `d${i}`);
  for (const name of [...names, "mine"]) await host.addTap(name);
  await using watch = host.watch(["link"], { receiveBuffer: 4096, link: "mine" });
  await watch.ready;
  await storm(host, names, 10_000);
  await host.setLink("mine", { mtu: 1400 });
  const { value } = await watch.next();
  expect(value).toMatchObject({ subject: "link", change: "changed", properties: ["mtu"], origin: "told" });
});

test("a watch of one kind of links sees nothing of a storm on others, nor of those whose word begins alike, and all of its own", async () => {
  await using host = await Host.open({ namespace: "new" });
  const names = Array.from({ length: 20 }, (_, i) => `d${i}`);
  for (const name of names) await host.addTap(name);
  await host.addBridge("br0", { up: true });
  await host.addTap("port", { bridge: "br0" });
  await using bridges = host.watch(["link"], { receiveBuffer: 32768, kind: "bridge" });
  await using taps = host.watch(["link"], { receiveBuffer: 1 << 24, kind: { other: "tun" } });
  const alike = ["bridg", "bridges", "bridgf"].map((other) => host.watch(undefined, { kind: { other } }));
  await Promise.all([bridges, taps, ...alike].map(({ ready }) => ready));
  await storm(host, names, 2000);
  await host.setLink("br0", { mtu: 1400 });
  await host.setPort("port", { isolated: true });
  await host.remove("port");
  await host.remove("br0");
  const told: string[] = [];
  for await (const event of bridges) {
    if (event.subject === "overrun") throw new Error(`${event.lost} were lost`);
    const { change, before, after, properties, origin } = event;
    expect(origin === "told" && (after ?? before)!.name).toBe("br0");
    told.push(change === "changed" && properties.includes("mtu") ? "mtu" : change);
    if (change === "removed") break;
  }
  expect(told).toContain("mtu");
  let isolated = false;
  for await (const event of taps) {
    if (event.subject === "overrun") throw new Error(`${event.lost} were lost`);
    expect((event.after ?? event.before)!.kind).toBe("tun");
    if (event.properties.includes("linkInfo.slaveData.isolated")) isolated = true;
    if (event.change === "removed") break;
  }
  expect(isolated).toBe(true);
  await host.close();
  for (const each of alike) expect(await each.next()).toEqual({ done: true, value: undefined });
});

test("a watch of a kind watches nothing but links, and not one of them alone", async () => {
  await using host = await Host.open({ namespace: "new" });
  for (const [groups, options] of [
    [["link", "address"], { kind: "bridge" }],
    [["link"], { kind: "bridge", link: "lo" }],
    [["link"], { kind: "brigde" }],
    [undefined, { kind: "bridge", link: "lo" }],
  ] as const)
    expect(() => host.watch(groups, options as never)).toThrow(InputError);
});

test("a watch of one subject sees nothing of a storm of others, and loses nothing: links beside addresses, neighbours beside the FDB", async () => {
  await using host = await Host.open({ namespace: "new" });
  const names = Array.from({ length: 20 }, (_, i) => `d${i}`);
  for (const name of names) await host.addTap(name);
  await host.addBridge("br0", { up: true });
  await host.addTap("tap0", { bridge: "br0" });
  await using addresses = host.watch(["address"], { receiveBuffer: 4096 });
  await using entries = host.watch(["fdb"], { receiveBuffer: 4096 });
  await Promise.all([addresses.ready, entries.ready]);
  await storm(host, names, 2000);
  for (const lladdr of ["52:54:00:00:00:01", "52:54:00:00:00:02"])
    await Promise.all(
      Array.from({ length: 250 }, (_, i) => host.neighbours.replace("br0", `10.0.0.${1 + i}`, { lladdr })),
    );
  await host.addAddress("br0", "10.1.0.1/24");
  await host.fdb.add("tap0", "52:54:00:00:00:03");
  expect((await addresses.next()).value).toMatchObject({ subject: "address", change: "created", origin: "told" });
  expect((await entries.next()).value).toMatchObject({ subject: "fdb", change: "created", origin: "told" });
});
