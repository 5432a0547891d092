import { describe, expect, test } from "vitest";
import { type BridgeOptions, type BridgePortOptions, Host } from "../../../src/index.js";
import { unlessLacking } from "../scene/lacking.js";

async function optionsOf(host: Host, bridge: string): Promise<BridgeOptions> {
  const { linkInfo } = await host.link(bridge);
  return linkInfo?.data as BridgeOptions;
}

async function portOptionsOf(host: Host, port: string): Promise<BridgePortOptions> {
  const { linkInfo } = await host.link(port);
  return linkInfo?.slaveData as BridgePortOptions;
}

const BRIDGE_OPTIONS: readonly BridgeOptions[] = [
  { forwardDelay: 4000 },
  { helloTime: 1500 },
  { maxAge: 30_000 },
  { ageingTime: 0 },
  { ageingTime: 123_400 },
  { stpState: "kernel" },
  { stpState: "off" },
  { priority: 0 },
  { priority: 4096 },
  { vlanFiltering: true },
  { vlanProtocol: "802.1ad" },
  { groupFwdMask: 0x4000 },
  { groupAddr: "01:80:c2:00:00:0e" },
  { mcastRouter: "perm" },
  { mcastSnooping: false },
  { mcastQueryUseIfaddr: true },
  { mcastQuerier: true },
  { mcastHashMax: 1024 },
  { mcastLastMemberCnt: 5 },
  { mcastStartupQueryCnt: 3 },
  { mcastLastMemberIntvl: 2000 },
  { mcastMembershipIntvl: 100_000 },
  { mcastQuerierIntvl: 120_000 },
  { mcastQueryIntvl: 60_000 },
  { mcastQueryResponseIntvl: 5000 },
  { mcastStartupQueryIntvl: 20_000 },
  { nfCallIptables: true },
  { nfCallIp6tables: true },
  { nfCallArptables: true },
  { vlanDefaultPvid: 7 },
  { vlanStatsEnabled: true },
  { vlanStatsPerPort: true },
  { mcastStatsEnabled: true },
  { mcastIgmpVersion: 3 },
  { mcastMldVersion: 2 },
  { multiBoolopt: { noLlLearn: true } },
  { multiBoolopt: { mdbOffloadFailNotification: true } },
  { fdbMaxLearned: 99 },
  { stpMode: "kernel" },
];

for (const options of BRIDGE_OPTIONS) {
  const words = JSON.stringify(options);

  test(`a bridge is created with ${words}`, async (context) => {
    await using host = await Host.open({ namespace: "new" });
    await unlessLacking(context, host.addBridge("br0", options));
    expect(await optionsOf(host, "br0")).toMatchObject(options);
  });

  test(`a bridge is changed to ${words}, and nothing else of it changes`, async (context) => {
    await using host = await Host.open({ namespace: "new" });
    await host.addBridge("br0", { forwardDelay: 5000 });
    const before = await optionsOf(host, "br0");
    await unlessLacking(context, host.setBridge("br0", options));
    const after = await optionsOf(host, "br0");
    expect(after).toMatchObject(options);
    const unstable = ["bridgeId", "rootId", "rootPort", "gcTimer", "helloTimer", "topologyChange", "multiBoolopt"];
    for (const [name, value] of Object.entries(before)) {
      if (Object.hasOwn(options, name) || unstable.includes(name) || name.endsWith("Timer")) continue;
      expect([name, after[name as keyof BridgeOptions]]).toEqual([name, value]);
    }
  });
}

describe("a bridge", () => {
  test("is created with a MAC of its own, locally administered, and keeps it when ports join", async () => {
    await using host = await Host.open({ namespace: "new" });
    const { address } = await host.addBridge("br0", { up: true });
    expect(parseInt(address!.slice(0, 2), 16) & 3).toBe(2);
    await host.addTap("tap0", { bridge: "br0", address: "02:00:00:00:00:01" });
    await host.addVeth("veth0", { peer: "veth1", address: "00:00:00:00:00:02" });
    await host.attach("veth0", "br0");
    expect((await host.link("br0")).address).toBe(address);
    await host.remove("veth0");
    expect((await host.link("br0")).address).toBe(address);
  });

  test("is created with the MAC, MTU, queue length and state that are given", async () => {
    await using host = await Host.open({ namespace: "new" });
    const settings = { address: "52:54:00:11:22:33", mtu: 9000, txqlen: 10, group: 3, up: true, alias: "lan" };
    expect(await host.addBridge("br0", settings)).toMatchObject(settings);
  });

  test.for([1500, 1400, 9000])(
    "that is created with an MTU of %i keeps it when a port with a lower one joins",
    async (mtu) => {
      await using host = await Host.open({ namespace: "new" });
      await host.addBridge("br0", { mtu, up: true });
      await host.addVeth("veth0", { peer: "veth1", mtu: 1300 });
      await host.attach("veth0", "br0");
      expect((await host.link("br0")).mtu).toBe(mtu);
      await host.detach("veth0");
      expect((await host.link("br0")).mtu).toBe(mtu);
    },
  );

  test("that is given no MTU follows its lowest port", async () => {
    await using host = await Host.open({ namespace: "new" });
    await host.addBridge("br0", { up: true });
    await host.addVeth("veth0", { peer: "veth1", mtu: 1300 });
    await host.attach("veth0", "br0");
    expect((await host.link("br0")).mtu).toBe(1300);
  });

  test("whose MTU is set keeps it when a port with a lower one joins, unless it is the one that it had", async () => {
    await using host = await Host.open({ namespace: "new" });
    await host.addVeth("veth0", { peer: "veth1", mtu: 1300 });
    const joined = async (...mtus: readonly number[]): Promise<number | undefined> => {
      await host.addBridge("br0", { up: true });
      for (const mtu of mtus) await host.setBridge("br0", { mtu });
      await host.attach("veth0", "br0");
      const { mtu } = await host.link("br0");
      await host.remove("br0");
      return mtu;
    };
    expect(await joined(1500)).toBe(1300);
    expect(await joined(1400)).toBe(1400);
    expect(await joined(1501, 1500)).toBe(1500);
  });

  test("is changed in its options and as a link at once", async () => {
    await using host = await Host.open({ namespace: "new" });
    await host.addBridge("br0");
    await host.setBridge("br0", { ageingTime: 10_000, mtu: 1400, up: true });
    expect(await host.link("br0")).toMatchObject({ mtu: 1400, up: true });
    expect((await optionsOf(host, "br0")).ageingTime).toBe(10_000);
  });

  test("is renamed and changed in its options at once", async () => {
    await using host = await Host.open({ namespace: "new" });
    const { index } = await host.addBridge("br0");
    await host.setBridge("br0", { name: "lan0", ageingTime: 20_000 });
    expect((await host.link("lan0")).index).toBe(index);
    expect((await optionsOf(host, "lan0")).ageingTime).toBe(20_000);
  });

  test("forgets its MACs when told to", async () => {
    await using host = await Host.open({ namespace: "new" });
    await host.addBridge("br0", { up: true });
    await host.setBridge("br0", { fdbFlush: true });
    expect((await optionsOf(host, "br0")).ageingTime).toBe(300_000);
  });

  test("reports its spanning tree id", async () => {
    await using host = await Host.open({ namespace: "new" });
    await host.addBridge("br0", { address: "52:54:00:11:22:33", priority: 0x4000 });
    expect(await optionsOf(host, "br0")).toMatchObject({ bridgeId: "4000.525400112233", rootPathCost: 0 });
  });
});

const PORT_OPTIONS: readonly BridgePortOptions[] = [
  { priority: 0 },
  { priority: 63 },
  { cost: 1 },
  { cost: 65_535 },
  { mode: true },
  { guard: true },
  { protect: true },
  { fastLeave: true },
  { learning: false },
  { unicastFlood: false },
  { proxyarp: true },
  { proxyarpWifi: true },
  { flush: true },
  { multicastRouter: "disabled" },
  { mcastFlood: false },
  { mcastToUcast: true },
  { vlanTunnel: true },
  { bcastFlood: false },
  { groupFwdMask: 0x4000 },
  { neighSuppress: true },
  { isolated: true },
  { mcastEhtHostsLimit: 100 },
  { locked: true },
  { locked: true, mab: true },
  { mcastMaxGroups: 50 },
  { neighVlanSuppress: true },
  { neighForwardGrat: true },
];

for (const options of PORT_OPTIONS) {
  const words = JSON.stringify(options);
  const { flush: _order, ...held } = options;

  test(`a port is changed to ${words}`, async (context) => {
    await using host = await Host.open({ namespace: "new" });
    await host.addBridge("br0", { up: true });
    await host.addTap("tap0", { bridge: "br0" });
    await unlessLacking(context, host.setPort("tap0", options));
    expect(await portOptionsOf(host, "tap0")).toMatchObject(held);
  });

  test(`a port is attached with ${words}`, async (context) => {
    await using host = await Host.open({ namespace: "new" });
    const { index } = await host.addBridge("br0", { up: true });
    await host.addTap("tap0");
    await unlessLacking(context, host.attach("tap0", "br0", options));
    expect(await host.link("tap0")).toMatchObject({ master: index, up: true });
    expect(await portOptionsOf(host, "tap0")).toMatchObject(held);
  });
}

test("a port's backup is another port, or none", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { up: true });
  const { index } = await host.addTap("tap0", { bridge: "br0" });
  await host.addTap("tap1", { bridge: "br0" });
  await host.setPort("tap1", { backupPort: index });
  expect((await portOptionsOf(host, "tap1")).backupPort).toBe(index);
  await host.setPort("tap1", { backupPort: 0 });
  expect((await portOptionsOf(host, "tap1")).backupPort ?? 0).toBe(0);
});

test("a port's spanning tree state is refused while the kernel runs the spanning tree", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { up: true, stpState: "kernel" });
  await using _tap = await host.openTap("tap0");
  await host.attach("tap0", "br0");
  await expect(host.setPort("tap0", { state: "blocking" })).rejects.toThrow(
    "tap0: the kernel refused state (linkInfo.slaveData.state) of RTM_NEWLINK: resource busy or locked (EBUSY); " +
      "the kernel runs the bridge's spanning tree, and sets it itself: see stpState",
  );
});
