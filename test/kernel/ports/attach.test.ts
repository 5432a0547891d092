import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { attachPort } from "../../../src/host/ports/attach.js";
import { cacheBridges } from "../../../src/host/ports/bridge-cache.js";
import { type BridgePortOptions, Host } from "../../../src/index.js";
import { changesOf } from "../scene/changes.js";

async function opened(): Promise<Host> {
  const host = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { up: true, mtu: 1400 });
  await host.addBridge("br1", { up: true });
  return host;
}

/** A link without its counters and timers, which change by themselves. */
async function still(host: Host, link: string): Promise<unknown> {
  const { stats64: _counters, linkInfo, ...rest } = await host.link(link);
  const options = Object.entries(linkInfo?.slaveData ?? {}).filter(([name]) => !name.endsWith("Timer"));
  return { ...rest, linkInfo: { ...linkInfo, xstats: undefined, slaveData: Object.fromEntries(options) } };
}

test("a port joins, is configured, and comes up, in this order", async () => {
  const changes = await changesOf(opened, async (connection, host) => {
    await host.addTap("tap0");
    await attachPort(connection, cacheBridges(connection), "tap0", "br0", { isolated: true, learning: false });
  });
  const steps = changes.map(({ header, attributes: { master, linkInfo } }) => ({
    joins: master !== undefined,
    configured: linkInfo?.slaveData !== undefined,
    up: header.change.includes("up") && header.flags.includes("up"),
  }));
  const joined = steps.findIndex(({ joins }) => joins);
  const configured = steps.findIndex(({ configured }) => configured);
  const up = steps.findIndex(({ up }) => up);
  expect(joined).toBeGreaterThanOrEqual(0);
  expect(configured).toBeGreaterThan(joined);
  expect(up).toBeGreaterThan(configured);
});

test("a port whose option the kernel takes without heeding it was never up", async () => {
  const changes = await changesOf(opened, async (connection, host) => {
    await host.addTap("tap0");
    const options = { isolated: true, unknown: [{ number: 4000, bytes: new Uint8Array(4) }] };
    await expect(attachPort(connection, cacheBridges(connection), "tap0", "br0", options)).rejects.toThrow(
      "tap0: the kernel refused unknown",
    );
    expect((await host.link("tap0")).master).toBeUndefined();
  });
  expect(changes.some(({ attributes: { master } }) => master !== undefined)).toBe(true);
  expect(changes.filter(({ header }) => header.flags.includes("up"))).toEqual([]);
});

test("a port that is given by name is looked at once: the link that gets its name then is left alone", async () => {
  let indexes: number[] = [];
  const swapNames = async (exchange: number, host: Host): Promise<void> => {
    if (exchange !== 4) return;
    await host.setLink(indexes[0]!, { name: "x" });
    await host.setLink(indexes[1]!, { name: "tap0" });
  };
  await changesOf(
    opened,
    async (connection, host) => {
      // With another MTU than the bridge's, it takes several steps.
      for (const name of ["tap0", "tap1"]) await host.addTap(name);
      await host.setBridge("br0", { mtu: 1400 });
      indexes = [(await host.link("tap0")).index, (await host.link("tap1")).index];
      await attachPort(connection, cacheBridges(connection), "tap0", "br0", {});
      expect(await host.link(indexes[0]!)).toMatchObject({ name: "x", master: (await host.link("br0")).index });
      expect((await host.link(indexes[1]!)).master).toBeUndefined();
    },
    swapNames,
  );
});

test("ports join in one exchange each, whose bridge is given by its index, once that has been looked at", async () => {
  const changes = await changesOf(opened, async (connection, host) => {
    const bridges = cacheBridges(connection);
    const { index } = await host.link("br1");
    for (const name of ["a", "b", "c", "d"]) {
      const tap = await host.addTap(name);
      await attachPort(connection, bridges, tap, index, {});
      expect(await host.link(tap)).toMatchObject({ master: index, up: true });
    }
  });
  expect(changes.map(({ exchange }) => exchange)).toEqual([3, 4, 5, 6]);
});

test("a port that is up already is taken down before it joins with options", async () => {
  const changes = await changesOf(opened, async (connection, host) => {
    await using _tap = await host.openTap("tap0");
    await host.setLink("tap0", { up: true });
    await attachPort(connection, cacheBridges(connection), "tap0", "br0", { isolated: true });
    expect((await host.link("tap0")).up).toBe(true);
  });
  const up = changes.map(({ header }) => (header.change.includes("up") ? header.flags.includes("up") : undefined));
  const joined = changes.findIndex(({ attributes }) => attributes.master !== undefined);
  expect(up.slice(0, joined + 1)).toContain(false);
  expect(up.at(-1)).toBe(true);
});

test("an attached port is up, has its options, and a TAP has the bridge's MTU and a MAC that starts with fe", async () => {
  await using host = await opened();
  const { index } = await host.link("br0");
  await host.addTap("tap0");
  await host.attach("tap0", "br0", { isolated: true, cost: 7 });
  const port = await host.link("tap0");
  expect(port).toMatchObject({ master: index, up: true, mtu: 1400 });
  expect(port.address).toMatch(/^fe:/);
  expect(port.linkInfo?.slaveData).toMatchObject({ isolated: true, cost: 7 });
});

test("a TAP is created and attached by one call, with its port's options", async () => {
  await using host = await opened();
  const { index } = await host.link("br0");
  await host.addTap("tap0", { bridge: "br0", port: { isolated: true } });
  const port = await host.link("tap0");
  expect(port).toMatchObject({ master: index, up: true });
  expect(port.linkInfo?.slaveData).toMatchObject({ isolated: true });
});

test("a TAP whose attaching fails is not created", async () => {
  await using host = await opened();
  await expect(host.addTap("tap0", { bridge: "br0", port: { priority: 64 } })).rejects.toThrow(/tap0: .*\(ERANGE\)/);
  await expect(host.addTap("tap1", { bridge: "br7" })).rejects.toThrow(/br7: .*\(ENODEV\)/);
  expect((await host.links({ kind: "tun" })).length).toBe(0);
});

test("a link that is no TAP keeps its own MTU", async () => {
  await using host = await opened();
  await host.addVeth("veth0", { peer: "veth1" });
  await host.attach("veth0", "br0");
  expect(await host.link("veth0")).toMatchObject({ mtu: 1500, up: true });
});

test("attaching what is attached already changes nothing", async () => {
  await using host = await opened();
  await host.addTap("tap0");
  await host.attach("tap0", "br0", { isolated: true });
  await host.setLink("tap0", { mtu: 1234, up: false });
  const before = await still(host, "tap0");
  await host.attach("tap0", "br0");
  await host.attach("tap0", "br0", { isolated: true });
  await host.attach("tap0", "br0", { move: true });
  expect(await still(host, "tap0")).toEqual(before);
});

test("attaching what is attached already sends no change", async () => {
  const changes = await changesOf(opened, async (connection, host) => {
    await host.addTap("tap0", { bridge: "br0", port: { isolated: true } });
    await attachPort(connection, cacheBridges(connection), "tap0", "br0", { isolated: true });
  });
  expect(changes).toEqual([]);
});

test("attaching what is attached already changes the options that differ", async () => {
  await using host = await opened();
  await host.addTap("tap0", { bridge: "br0", port: { isolated: true, cost: 5 } });
  await host.attach("tap0", "br0", { cost: 6, learning: false });
  expect((await host.link("tap0")).linkInfo?.slaveData).toMatchObject({ isolated: true, cost: 6, learning: false });
});

test("a port of another bridge is refused, and stays as it is", async () => {
  await using host = await opened();
  await host.addTap("tap0", { bridge: "br0", port: { cost: 7 } });
  const before = await still(host, "tap0");
  await expect(host.attach("tap0", "br1", { isolated: true })).rejects.toMatchObject({
    code: "EBUSY",
    message: "tap0: it belongs to br0 already (EBUSY); detach it first, or ask for it to be moved",
  });
  expect(await still(host, "tap0")).toEqual(before);
});

test("a port of another bridge moves when it is asked for", async () => {
  await using host = await opened();
  const { index, mtu } = await host.link("br1");
  await host.addTap("tap0", { bridge: "br0", port: { cost: 7 } });
  await host.attach("tap0", "br1", { move: true, isolated: true });
  const port = await host.link("tap0");
  expect(port).toMatchObject({ master: index, up: true, mtu });
  expect(port.linkInfo?.slaveData).toMatchObject({ isolated: true });
});

const REFUSED: readonly BridgePortOptions[] = [{ priority: 64 }, { cost: 0 }, { cost: 65_536 }];

for (const options of REFUSED) {
  const words = JSON.stringify(options);

  test(`a free port stays free, down and as it was when ${words} is refused`, async () => {
    await using host = await opened();
    await host.addTap("tap0");
    const before = await still(host, "tap0");
    await expect(host.attach("tap0", "br0", options)).rejects.toThrow(/tap0: .*\(ERANGE\)/);
    expect(await still(host, "tap0")).toMatchObject({
      ...(before as object),
      carrierChanges: expect.any(Number) as number,
    });
    const port = await host.link("tap0");
    expect([port.master, port.up, port.mtu]).toEqual([undefined, false, 1500]);
  });

  test(`a port that was up stays up when ${words} is refused`, async () => {
    await using host = await opened();
    await using _tap = await host.openTap("tap0");
    await host.setLink("tap0", { up: true });
    await expect(host.attach("tap0", "br0", options)).rejects.toThrow(/tap0: .*\(ERANGE\)/);
    const port = await host.link("tap0");
    expect([port.master, port.up, port.mtu]).toEqual([undefined, true, 1500]);
  });

  test(`a moving port returns to its bridge and its options when ${words} is refused`, async () => {
    await using host = await opened();
    const { index } = await host.link("br0");
    await host.addTap("tap0", { bridge: "br0", port: { cost: 9, isolated: true, learning: false, priority: 3 } });
    await expect(host.attach("tap0", "br1", { move: true, ...options })).rejects.toThrow(/tap0: .*\(ERANGE\)/);
    const port = await host.link("tap0");
    expect(port).toMatchObject({ master: index, up: true, mtu: 1400 });
    expect(port.linkInfo?.slaveData).toMatchObject({ cost: 9, isolated: true, learning: false, priority: 3 });
  });
}

test("a detached port is free, and detaching it again changes nothing", async () => {
  await using host = await opened();
  await host.addTap("tap0", { bridge: "br0" });
  await host.detach("tap0");
  expect((await host.link("tap0")).master).toBeUndefined();
  const before = await still(host, "tap0");
  await host.detach("tap0");
  expect(await still(host, "tap0")).toEqual(before);
});

test("a bridge of its own MAC keeps it, and one without follows its ports but never a TAP", async () => {
  await using host = await Host.open({ namespace: "new" });
  const { address } = await host.addLink("br0", "bridge", { up: true });
  await host.addVeth("veth0", { peer: "veth1", address: "02:00:00:00:00:01" });
  await host.attach("veth0", "br0");
  const followed = (await host.link("br0")).address;
  expect(followed).not.toBe(address);
  await host.addTap("tap0", { bridge: "br0" });
  await host.addTap("tap1", { bridge: "br0" });
  expect((await host.link("br0")).address).toBe(followed);
});

test("a bridge is the one that has the name now, even when another program has just made it anew", async () => {
  await using host = await opened();
  await using namespace = await host.namespaceDescriptor();
  await using other = await Host.open({ namespace: `/proc/self/fd/${namespace.fd}` });
  await host.addTap("tap0");
  await host.addTap("tap1");
  await host.addTap("tap2");
  await host.attach("tap0", "br0");
  // Before Linux 6.2, a link must be down to be renamed.
  await other.setLink("br0", { up: false });
  await other.setLink("br0", { name: "old0" });
  const renamed = await other.addBridge("br0", { up: true, mtu: 1300 });
  await host.attach("tap1", "br0");
  expect(await host.link("tap1")).toMatchObject({ master: renamed.index, mtu: 1300 });
  await other.remove("br0");
  const anew = await other.addBridge("br0", { up: true });
  await host.attach("tap2", "br0");
  expect((await host.link("tap2")).master).toBe(anew.index);
});

test("an index that was a bridge's and has become another link's is no bridge, and the port is as it was", async () => {
  await using host = await opened();
  await using namespace = await host.namespaceDescriptor();
  await using other = await Host.open({ namespace: `/proc/self/fd/${namespace.fd}` });
  const { index } = await host.link("br1");
  const ports = await Promise.all(["tap0", "tap1", "tap2"].map((name) => host.addTap(name)));
  for (const port of ports.slice(0, 2)) await host.attach(port, index);
  await other.remove("br1");
  const attributes = { name: "ifb0", mtu: 1500, linkInfo: { kind: "ifb" } };
  await other.request("RTM_NEWLINK", { flags: 0x600, header: { index }, attributes });
  await expect(host.attach("tap2", index)).rejects.toMatchObject({
    code: "EINVAL",
    subject: "ifb0",
    kernelMessage: "it is no bridge, bond, team or VRF",
  });
  const { up, master } = await host.link("tap2");
  expect([up, master]).toEqual([false, undefined]);
});

test("a port joins also while another program keeps the lock by which they take turns", async () => {
  await using host = await opened();
  await using namespace = await host.namespaceDescriptor();
  const tap = await host.addTap("tap0");
  const bridge = await host.link("br0");
  const holder = spawn("sh", ["-c", "flock --exclusive 3 && echo held && read _"], {
    stdio: ["pipe", "pipe", "ignore", namespace.fd],
  });
  await once(holder.stdout!, "data");
  await host.attach(tap, bridge);
  expect(holder.exitCode).toBeNull();
  holder.stdin!.end("\n");
  await once(holder, "exit");
  expect(await host.link("tap0")).toMatchObject({ master: bridge.index, up: true, mtu: 1400 });
});

test("many ports join in one turn", async () => {
  await using host = await opened();
  const { index } = await host.link("br0");
  const taps = await Promise.all(Array.from({ length: 50 }, (_, i) => host.addTap(`tap${i}`)));
  await Promise.all(taps.map((tap) => host.attach(tap, "br0", { isolated: true })));
  const ports = await host.links({ master: "br0" });
  expect(ports.length).toBe(50);
  for (const port of ports) expect(port).toMatchObject({ master: index, up: true, mtu: 1400 });
});
