import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import type { Change } from "../../../src/watch/events.js";
import { another, expectSame } from "./watching.js";

type Act = (host: Host) => Promise<void>;

/** What changes a link that is down without an event; each must be found by reading again what this host did. */
const silent: readonly (readonly [name: string, path: string, act: Act])[] = [
  ["an alias", "alias", (host) => host.setLink("br0", { alias: "office" })],
  ["a group", "group", (host) => host.setLink("br0", { group: 7 })],
  ["an alternative name", "altnames", (host) => host.setLink("br0", { altnames: ["office"] })],
  ["a bridge's option", "linkInfo.data.ageingTime", (host) => host.setBridge("br0", { ageingTime: 10_000 })],
  ["gsoMaxSegs", "gsoMaxSegs", (host) => host.setLink("br0", { gsoMaxSegs: 30 })],
];

const silentWhenUp = ["gsoMaxSegs"];

test.for(silent)(
  "%s of a link that is down changes without an event, and a mirror has it all the same",
  async ([, path, act]) => {
    await using host = await Host.open({ namespace: "new" });
    await host.addBridge("br0");
    await using mirror = await host.mirror();
    await using watch = host.watch(["link"]);
    await watch.ready;
    const changes: Change[] = [];
    mirror.on("changed", (change) => changes.push(change));
    await act(host);
    await mirror.settled();
    expect(changes).toMatchObject([{ subject: "link", origin: "reread", properties: [path] }]);
    await expectSame(host, "link", mirror.links());
    await host.addTap("end");
    const { value } = await watch.next();
    expect(value, "this kernel tells of it: docs/watching.md is to be changed").toMatchObject({
      change: "created",
      after: { name: "end" },
    });
  },
);

test.for(silent.filter(([, path]) => !silentWhenUp.includes(path)))(
  "%s of a link that is up is told",
  async ([, path, act]) => {
    await using host = await Host.open({ namespace: "new" });
    await host.addBridge("br0", { up: true });
    await using watch = host.watch(["link"]);
    await watch.ready;
    await act(host);
    let { value } = await watch.next();
    // That it came up may be told late.
    if (value !== undefined && "properties" in value && value.properties.includes("operstate"))
      ({ value } = await watch.next());
    expect(value).toMatchObject({ change: "changed", origin: "told", properties: [path] });
  },
);

test("gsoMaxSize and gsoMaxSegs of a link that is up change without an event", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { up: true });
  await using mirror = await host.mirror();
  const changes: Change[] = [];
  mirror.on("changed", (change) => changes.push(change));
  await host.setLink("br0", { gsoMaxSize: 30_000 });
  await mirror.settled();
  // Beside it changes gsoIpv4MaxSize, where the kernel has that: since Linux 6.3.
  expect(changes).toMatchObject([{ origin: "reread", properties: expect.arrayContaining(["gsoMaxSize"]) as string[] }]);
});

/** What another process changes without an event, while the link is down. */
const byOthers: readonly (readonly [name: string, path: string, act: Act])[] = [
  ["a bridge's option", "linkInfo.data.ageingTime", (other) => other.setBridge("br0", { ageingTime: 10_000 })],
  ["an alias", "alias", (other) => other.setLink("br0", { alias: "office" })],
  ["gsoMaxSize", "gsoMaxSize", (other) => other.setLink("br0", { gsoMaxSize: 30_000 })],
];

test.for(byOthers)(
  "%s that another process sets while a link is down is found when it comes up",
  async ([, path, act]) => {
    await using host = await Host.open({ namespace: "new" });
    await using other = await another(host);
    await host.addBridge("br0");
    await using mirror = await host.mirror();
    const changes: Change[] = [];
    mirror.on("changed", (change) => changes.push(change));
    await act(other);
    await mirror.settled();
    expect(changes, "this kernel tells of it: docs/watching.md is to be changed").toEqual([]);
    await other.setLink("br0", { up: true });
    await mirror.settled();
    expect(changes.flatMap(({ properties }) => properties)).toContain(path);
    await expectSame(host, "link", mirror.links());
  },
);

test.for(byOthers)("%s that another process sets while a link is down is found by a sweep", async ([, path, act]) => {
  await using host = await Host.open({ namespace: "new" });
  await using other = await another(host);
  await host.addBridge("br0");
  await using mirror = await host.mirror({ sweep: 10 });
  const changed = new Promise<Change>((resolve) => mirror.once("changed", resolve));
  await act(other);
  const { origin, properties } = await changed;
  expect(origin).toBe("reread");
  expect(properties).toContain(path);
});

test("the owner of a TAP changes without an event, and is read again after this host has set it", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addTap("tap0");
  await using mirror = await host.mirror();
  await using _tap = await host.openTap("tap0", { owner: 1000, persist: true });
  await mirror.settled();
  expect(mirror.link("tap0")!.linkInfo?.data).toMatchObject({ owner: 1000 });
  await expectSame(host, "link", mirror.links());
});

test("a port's cost is in the mirror while the port is down", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0");
  await host.addTap("tap0", { bridge: "br0" });
  await host.setLink("tap0", { up: false });
  await using mirror = await host.mirror();
  await host.setPort("tap0", { cost: 99 });
  await mirror.settled();
  expect(mirror.link("tap0")!.linkInfo?.slaveData).toMatchObject({ cost: 99 });
  await expectSame(host, "link", mirror.links());
});

test("a sysctl of a link changes without an event, and is read again after this host has set it", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { up: true });
  await using mirror = await host.mirror();
  await host.setSysctl("net.ipv6.conf.br0.addr_gen_mode", 1);
  await mirror.settled();
  expect(mirror.link("br0")!.afSpec?.inet6?.addrGenMode).toBe("none");
  await expectSame(host, "link", mirror.links());
});

test("what a link reports of IPv6 comes and goes with an MTU of 1280 after that is told, and is read again", async () => {
  await using host = await Host.open({ namespace: "new" });
  await using other = await another(host);
  await host.addBridge("br0", { up: true });
  // That it has no carrier may be told late.
  await host.waitFor("br0", ({ operstate }) => operstate === "down");
  await using mirror = await host.mirror();
  await mirror.settled();
  const origins: unknown[] = [];
  mirror.on("changed", ({ origin, properties }) => origins.push([origin, properties]));
  await other.setLink("br0", { mtu: 1279 });
  await mirror.settled();
  expect(mirror.link("br0")!.afSpec?.inet6).toBeUndefined();
  await expectSame(host, "link", mirror.links());
  await other.setLink("br0", { mtu: 1280 });
  await mirror.settled();
  await expectSame(host, "link", mirror.links());
  expect(origins, "this kernel tells otherwise: docs/watching.md is to be changed").toEqual([
    ["told", ["mtu"]],
    ["reread", ["afSpec.inet6"]],
    ["told", ["mtu"]],
    ["reread", ["afSpec.inet6"]],
  ]);
});

test("a port's option by the bridge's family is told with that family alone, and put into the link", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { up: true });
  await host.addTap("tap0", { bridge: "br0" });
  await using mirror = await host.mirror();
  const changes: Change[] = [];
  mirror.on("changed", (change) => changes.push(change));
  const { index } = await host.link("tap0");
  await host.request("RTM_SETLINK", { header: { family: 7, index }, attributes: { protinfo: { cost: 77 } } as never });
  await mirror.settled();
  expect(changes).toMatchObject([{ origin: "told", properties: ["linkInfo.slaveData.cost"] }]);
  await expectSame(host, "link", mirror.links());
});

test("leaving a bridge is no removal", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { up: true });
  await host.addTap("tap0", { bridge: "br0" });
  await using mirror = await host.mirror({ fdb: true });
  const changes: Change[] = [];
  mirror.on("changed", (change) => changes.push(change));
  expect(mirror.links({ master: "br0" }).map(({ name }) => name)).toEqual(["tap0"]);
  await host.detach("tap0");
  await mirror.settled();
  expect(changes.filter(({ subject, change }) => subject === "link" && change === "removed")).toEqual([]);
  expect(mirror.links({ master: "br0" })).toEqual([]);
  await expectSame(host, "link", mirror.links());
  await expectSame(host, "fdb", mirror.fdb());
});

test("routes that go with a link that goes down, without an event, are read again", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addVeth("v0", { up: true, peer: { name: "v1", up: true } });
  await host.addAddress("v0", "10.0.0.1/24");
  await using mirror = await host.mirror({ routes: true, addresses: true, neighbours: true });
  await host.routes.add("10.1.0.0/16", { gateway: "10.0.0.2" });
  await mirror.settled();
  expect(mirror.routes().some(({ destination }) => destination === "10.1.0.0/16")).toBe(true);
  await host.setLink("v0", { up: false });
  await mirror.settled();
  expect(mirror.routes().some(({ destination }) => destination === "10.1.0.0/16")).toBe(false);
  for (const subject of ["route", "address", "neighbour"] as const)
    await expectSame(
      host,
      subject,
      { route: mirror.routes(), address: mirror.addresses(), neighbour: mirror.neighbours() }[subject],
    );
});

test("a rename is a change, a link of the same name is another one", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addTap("tap0");
  await using watch = host.watch(["link"]);
  await watch.ready;
  await host.setLink("tap0", { name: "tap1" });
  await host.remove("tap1");
  await host.addTap("tap1");
  const events = [];
  for await (const event of watch) {
    events.push(event);
    if (events.length === 3) break;
  }
  expect(events).toMatchObject([
    { change: "changed", properties: ["name"], before: { name: "tap0" }, after: { name: "tap1" } },
    { change: "removed", before: { name: "tap1" } },
    { change: "created", after: { name: "tap1" } },
  ]);
});

test("who asked for a change is told where the kernel knows it", async () => {
  await using host = await Host.open({ namespace: "new" });
  await using namespace = await host.namespaceDescriptor();
  await using other = await Host.open({ namespace: `/proc/self/fd/${namespace.fd}` });
  await host.addBridge("br0");
  await using watch = host.watch(["address"]);
  await watch.ready;
  await host.addAddress("br0", "10.0.0.1/24");
  await other.removeAddress("br0", "10.0.0.1/24");
  expect((await watch.next()).value).toMatchObject({ change: "created", byThisHost: true });
  expect((await watch.next()).value).toMatchObject({ change: "removed", byThisHost: false });
});

test("a sysctl of all links is read again on each of them after this host has set it", async () => {
  await using host = await Host.open({ namespace: "new" });
  for (const name of ["br0", "br1"]) await host.addBridge(name, { up: true });
  await using mirror = await host.mirror();
  await host.setSysctl("net.ipv6.conf.all.addr_gen_mode", 1);
  await mirror.settled();
  for (const name of ["br0", "br1"]) expect(mirror.link(name)!.afSpec?.inet6?.addrGenMode).toBe("none");
  await expectSame(host, "link", mirror.links());
});

test("the entry of a MAC that two ports have becomes the other's without an event, and is read again", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { up: true });
  for (const name of ["tap0", "tap1"]) {
    await host.addTap(name, { bridge: "br0" });
    await host.setLink(name, { address: "52:54:00:00:00:01" });
  }
  await using mirror = await host.mirror({ fdb: true });
  // Where bridges have VLANs there is an entry for each, too.
  const holders = (): number[] =>
    mirror.fdb().flatMap(({ address, index }) => (address === "52:54:00:00:00:01" ? [index] : []));
  const [holder] = holders();
  const { length } = holders();
  await host.detach(holder!);
  await mirror.settled();
  expect(holders()).toHaveLength(length);
  expect(holders()).not.toContain(holder);
  await expectSame(host, "fdb", mirror.fdb());
});

test("what a veth reports of its other end is read again when that comes and goes", async () => {
  await using host = await Host.open({ namespace: "new" });
  await using elsewhere = await Host.open({ namespace: "new" });
  await using other = await another(host);
  await using mirror = await host.mirror();
  await other.addVeth("v0", { peer: { name: "v1" } });
  await mirror.settled();
  await expectSame(host, "link", mirror.links());
  await other.setLink("v1", { namespace: elsewhere });
  await mirror.settled();
  await expectSame(host, "link", mirror.links());
  await using back = await host.namespaceDescriptor();
  await elsewhere.setLink("v1", { namespace: `/proc/self/fd/${back.fd}` });
  await mirror.settled();
  await expectSame(host, "link", mirror.links());
});
