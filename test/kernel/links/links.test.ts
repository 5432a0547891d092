import { expect, test } from "vitest";
import { Host, InputError, type Link, NetlinkError } from "../../../src/index.js";
import { unlessLacking } from "../scene/lacking.js";
import { fixture, report } from "../scene/program.js";
import { resident } from "../lifetime/resident.js";

test("a link is found by its name, an alternative name, its index, and itself", async () => {
  await using host = await Host.open({ namespace: "new" });
  const altname = "a-bridge-with-a-name-of-more-than-fifteen-bytes";
  const bridge = await host.addBridge("br0", { altnames: [altname, "short"] });
  const found = await Promise.all([
    host.link("br0"),
    host.link(altname),
    host.link("short"),
    host.link(bridge.index),
    host.link(bridge),
  ]);
  for (const link of found) expect(link).toMatchObject({ index: bridge.index, name: "br0", kind: "bridge" });
  expect(found[0]?.altnames).toEqual([altname, "short"]);
});

test("a link is found by one RTM_GETLINK, never by a dump", async () => {
  const { requests } = await report<{ requests: string[] }>(fixture("one-link"));
  expect(requests).toEqual(["RTM_GETLINK flags=0x1", "RTM_GETLINK flags=0x1"]);
});

test("links are listed by their master and by their kind", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0");
  await host.addBridge("br1");
  await host.addTap("tap0", { bridge: "br0" });
  await host.addTap("tap1", { bridge: "br1" });
  await host.addVeth("veth0", { peer: "veth1" });
  const names = (links: Link[]): string[] => links.map(({ name }) => name).sort();
  expect(names(await host.links())).toEqual(["br0", "br1", "lo", "tap0", "tap1", "veth0", "veth1"]);
  expect(names(await host.links({ master: "br0" }))).toEqual(["tap0"]);
  expect(names(await host.links({ kind: "bridge" }))).toEqual(["br0", "br1"]);
  expect(names(await host.links({ kind: "tun", master: "br1" }))).toEqual(["tap1"]);
  expect(names(await host.links({ kind: "dummy" }))).toEqual([]);
});

test("a link is created with MAC, MTU, master, group and namespace in one message", async () => {
  await using host = await Host.open({ namespace: "new" });
  await using there = await Host.open({ namespace: "new" });
  const bridge = await there.addBridge("br0");
  const link = await host.addLink("ifb7", "ifb", {
    address: "52:54:00:12:34:56",
    mtu: 1400,
    group: 42,
    master: bridge.index,
    namespace: there,
  });
  const expected = { name: "ifb7", address: "52:54:00:12:34:56", mtu: 1400, group: 42, master: bridge.index };
  expect(link).toMatchObject(expected);
  expect(await there.link("ifb7")).toMatchObject(expected);
  await expect(host.link("ifb7")).rejects.toMatchObject({ code: "ENODEV" });
});

test("a link is created in its own namespace with MAC, MTU, master, group, queues and up", async () => {
  await using host = await Host.open({ namespace: "new" });
  const { index: master } = await host.addBridge("br0");
  const settings = { address: "52:54:00:00:00:01", mtu: 1300, master, group: 7, numTxQueues: 3, numRxQueues: 2 };
  const link = await host.addLink("veth0", "veth", { ...settings, up: true, peer: { name: "veth1" } });
  expect(link).toMatchObject({ ...settings, up: true });
});

test("a veth's peer gets its own name, MAC, MTU and state", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addVeth("veth0", {
    mtu: 1200,
    peer: { name: "veth1", address: "52:54:00:00:00:02", mtu: 1250, up: true, group: 9 },
  });
  const [near, far] = await Promise.all([host.link("veth0"), host.link("veth1")]);
  expect(near).toMatchObject({ mtu: 1200, up: false, link: far.index });
  expect(far).toMatchObject({ mtu: 1250, up: true, group: 9, address: "52:54:00:00:00:02", link: near.index });
});

test("a veth's peer is created in another host's namespace", async () => {
  await using host = await Host.open({ namespace: "new" });
  await using there = await Host.open({ namespace: "new" });
  await host.addVeth("veth0", { peer: { name: "veth1", namespace: there, up: true } });
  expect(await there.link("veth1")).toMatchObject({ up: true, kind: "veth" });
  await expect(host.link("veth1")).rejects.toMatchObject({ code: "ENODEV" });
});

test("a veth's peer is created, and a link moved, in a namespace that is open, by the number of its descriptor", async () => {
  await using host = await Host.open({ namespace: "new" });
  await using there = await Host.open({ namespace: "new" });
  await using open = await there.namespaceDescriptor();
  const namespace = { fd: open.fd };
  await host.addVeth("veth0", { peer: { name: "veth1", namespace, up: true } });
  await host.setLink("veth0", { namespace });
  expect((await there.links({ kind: "veth" })).map(({ name }) => name).sort()).toEqual(["veth0", "veth1"]);
  expect(open.isOpen).toBe(true);
  const closed = { fd: 1_000_000 };
  await expect(host.addVeth("veth2", { peer: { name: "veth3", namespace: closed } })).rejects.toMatchObject({
    code: "EBADF",
  });
  await expect(host.addVeth("veth2", { peer: { name: "veth3", namespace: { fd: -1 } } })).rejects.toThrow(InputError);
});

test("an ifb is created", async () => {
  await using host = await Host.open({ namespace: "new" });
  expect(await host.addLink("ifb0", "ifb", { up: true })).toMatchObject({ kind: "ifb", up: true });
});

test("a dummy is created", async ({ skip }) => {
  await using host = await Host.open({ namespace: "new" });
  try {
    expect(await host.addLink("dummy0", "dummy", { mtu: 9000 })).toMatchObject({ kind: "dummy", mtu: 9000 });
  } catch (error) {
    if (error instanceof NetlinkError && error.code === "EOPNOTSUPP") skip(error.message);
    throw error;
  }
});

test("a kind that no table knows is created all the same", async ({ skip }) => {
  await using host = await Host.open({ namespace: "new" });
  await host.addLink("ifb0", "ifb", {});
  const { index } = await host.link("ifb0");
  try {
    expect(await host.addLink("mac0", "macvlan" as "ifb", { link: index })).toMatchObject({ kind: "macvlan" });
  } catch (error) {
    if (error instanceof NetlinkError && error.code === "EOPNOTSUPP") skip(error.message);
    throw error;
  }
});

test("a link is renamed by name and by index", async () => {
  await using host = await Host.open({ namespace: "new" });
  const { index } = await host.addBridge("br0");
  await host.setLink("br0", { name: "br1" });
  expect((await host.link(index)).name).toBe("br1");
  await host.setLink(index, { name: "br2", mtu: 1400, up: true });
  expect(await host.link("br2")).toMatchObject({ index, mtu: 1400, up: true });
});

test("a link that is up is renamed, or keeps all that it had and says what is in the way", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { up: true, mtu: 1500 });
  const error = await host.setLink("br0", { name: "br1", mtu: 1400 }).catch((error: unknown) => error);
  if (error === undefined) expect(await host.link("br1")).toMatchObject({ mtu: 1400, up: true });
  else {
    expect((error as Error).message).toBe(
      "br0: the kernel refused RTM_NEWLINK: resource busy or locked (EBUSY); " +
        "before Linux 6.2, a link must be down to be renamed",
    );
    expect(await host.link("br0")).toMatchObject({ mtu: 1500, up: true });
  }
});

test("the alternative names that are given become the whole list", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { altnames: ["first", "second"] });
  await host.setLink("br0", { altnames: ["second", "third"] });
  expect(new Set((await host.link("br0")).altnames)).toEqual(new Set(["second", "third"]));
  await host.setLink("third", { altnames: [] });
  expect((await host.link("br0")).altnames ?? []).toEqual([]);
});

const SETTINGS = [
  { alias: "uplink of rack 7: größer" },
  { group: 4711 },
  { txqlen: 77 },
  { mtu: 1280 },
  { address: "52:54:00:aa:bb:cc" },
  { gsoMaxSegs: 100 },
  { gsoMaxSize: 20_000 },
  { groMaxSize: 30_000 },
  { gsoIpv4MaxSize: 40_000 },
  { groIpv4MaxSize: 50_000 },
  { linkmode: "dormant" },
  { up: true },
] as const;

for (const settings of SETTINGS)
  test(`what is set of a link is read back: ${JSON.stringify(settings)}`, async (context) => {
    await using host = await Host.open({ namespace: "new" });
    await host.addVeth("veth0", { peer: "veth1" });
    const before = await host.link("veth0");
    await unlessLacking(context, host.setLink("veth0", settings));
    const after = await host.link("veth0");
    expect(after).toMatchObject(settings);
    for (const name of ["mtu", "address", "group", "txqlen", "alias", "gsoMaxSegs", "name"] as const)
      if (!Object.hasOwn(settings, name)) expect(after[name]).toEqual(before[name]);
  });

test("a link that a protocol keeps down says so", async ({ skip }) => {
  await using host = await Host.open({ namespace: "new" });
  const bridge = await host.addBridge("br0");
  await host.addLink("mac0", "macvlan" as "ifb", { link: bridge.index }).catch((error: unknown) => {
    if (error instanceof NetlinkError && error.code === "EOPNOTSUPP") skip(error.message);
    throw error;
  });
  await host.setLink("mac0", { protoDown: true });
  expect((await host.link("mac0")).protoDown).toBe(true);
  await host.setLink("mac0", { protoDown: false });
  expect((await host.link("mac0")).protoDown).toBe(false);
});

test("a link moves to a namespace that is given by host, by path and by descriptor", async () => {
  await using host = await Host.open({ namespace: "new" });
  await using there = await Host.open({ namespace: "new" });
  await host.addVeth("veth0", { peer: "veth1", address: "52:54:00:00:00:09" });
  await host.setLink("veth0", { namespace: there });
  expect(await there.link("veth0")).toMatchObject({ address: "52:54:00:00:00:09" });
  await using back = await host.namespaceDescriptor();
  await there.setLink("veth0", { namespace: `/proc/self/fd/${back.fd}`, name: "veth7" });
  expect(await host.link("veth7")).toMatchObject({ address: "52:54:00:00:00:09" });
  await using descriptor = await there.namespaceDescriptor();
  await host.setLink("veth7", { netNsFd: descriptor.fd });
  expect((await there.link("veth7")).name).toBe("veth7");
});

test("a link moves to the namespace that a process lives in", async () => {
  await using host = await Host.open({ namespace: "new" });
  await using process = await resident();
  await using there = await Host.open({ namespace: { pid: process.pid } });
  await host.addVeth("veth0", { peer: "veth1" });
  await host.addVeth("veth2", { peer: "veth3" });
  await host.setLink("veth0", { namespace: { pid: process.pid } });
  await host.setLink("veth2", { netNsPid: process.pid });
  expect((await there.links({ kind: "veth" })).map(({ name }) => name)).toEqual(["veth0", "veth2"]);
});

test("a removed link is gone, and its veth peer with it", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addVeth("veth0", { peer: "veth1" });
  await host.remove("veth0");
  expect((await host.links()).map(({ name }) => name)).toEqual(["lo"]);
});

test("requests of one turn are executed in the order in which they were made", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0");
  const requests = [
    host.setLink("br0", { mtu: 1001 }),
    host.link("br0"),
    host.setLink("br0", { mtu: 1002 }),
    host.link("br0"),
    host.links({ kind: "bridge" }),
    host.setLink("br0", { mtu: 1003 }),
    host.link("br0"),
  ] as const;
  const [, first, , second, [listed], , third] = await Promise.all(requests);
  expect([first.mtu, second.mtu, listed?.mtu, third.mtu]).toEqual([1001, 1002, 1002, 1003]);
});

test("a request that fails stops none of those made in the same turn", async () => {
  await using host = await Host.open({ namespace: "new" });
  const results = await Promise.allSettled([
    host.addBridge("br0"),
    host.setLink("br1", { mtu: 1400 }),
    host.setLink("br0", { mtu: 1400 }),
    host.link("br0"),
  ]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
  expect(results[3]).toMatchObject({ value: { mtu: 1400 } });
});

test("a request that cannot be meant delays none of those made in the same turn", async () => {
  await using host = await Host.open({ namespace: "new" });
  const start = performance.now();
  const results = await Promise.allSettled([host.link("lo"), host.link("x".repeat(200)), host.link(1)]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  await host.addBridge("br0");
  const settings = [{ mtu: 1400 }, { mtuu: 1400 }, { mtu: 1300 }];
  const changes = await Promise.allSettled(settings.map((each) => host.setLink("br0", each)));
  expect(changes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect((await host.link("br0")).mtu).toBe(1300);
  expect(performance.now() - start).toBeLessThan(2500);
});

test("any message of the tables can be sent", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.request("RTM_NEWLINK", {
    flags: 0x600,
    attributes: { name: "br0", linkInfo: { kind: "bridge", data: { ageingTime: 60_000 } } },
  });
  const [reply] = await host.request("RTM_GETLINK", { attributes: { name: "br0" } });
  expect(reply?.attributes.linkInfo).toMatchObject({ kind: "bridge", data: { ageingTime: 60_000 } });
  const all = await host.request("RTM_GETLINK", { flags: 0x300 });
  expect(all.map(({ attributes }) => attributes.name)).toEqual(["lo", "br0"]);
});
