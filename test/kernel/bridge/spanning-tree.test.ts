import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { scene } from "../../../src/testing/index.js";

test("a bridge alone is the root, and its ports are designated", async () => {
  await using host = await Host.open({ namespace: "new" });
  const settings = { address: "52:54:00:00:00:01", priority: 0x7000, forwardDelay: 3000, helloTime: 1000 } as const;
  const { index } = await host.addBridge("br0", { ...settings, stpState: "kernel", up: true });
  for (const name of ["v0", "v1"]) await host.addVeth(name, { peer: { name: `${name}p`, up: true } });
  await host.attach("v1", "br0", { cost: 7, priority: 16 });
  await host.attach("v0", "br0");
  await host.setLink("v0p", { up: false });
  await expect.poll(async () => (await host.link("v0")).operstate).toBe("lowerlayerdown");
  await expect.poll(async () => (await host.spanningTree("br0")).ports[0]?.state).toBe("listening");
  const tree = await host.spanningTree("br0");
  const id = "7000.525400000001";
  expect(tree).toMatchObject({
    index,
    name: "br0",
    stpState: "kernel",
    bridgeId: id,
    designatedRoot: id,
    isRoot: true,
    priority: 0x7000,
    rootPort: 0,
    rootPathCost: 0,
    helloTime: 1000,
    forwardDelay: 3000,
    maxAge: 20_000,
    ageingTime: 300_000,
  });
  expect(tree.helloTimer).toBeLessThanOrEqual(1000);
  const designated = { designatedRoot: id, designatedBridge: id, designatedCost: 0 };
  const [first, second] = tree.ports;
  expect(first).toMatchObject({
    name: "v1",
    no: 1,
    id: "4001",
    designatedPort: "4001",
    cost: 7,
    priority: 16,
    ...designated,
  });
  expect(first).toMatchObject({ role: "designated", state: "listening" });
  expect(first!.forwardDelayTimer).toBeGreaterThan(0);
  expect(second).toMatchObject({ name: "v0", no: 2, id: "8002", role: "disabled", state: "disabled" });
});

test("a link that is no bridge has no spanning tree", async () => {
  await using host = await Host.open({ namespace: "new" });
  await expect(host.spanningTree("lo")).rejects.toThrow(/^lo: it is not a bridge \(EOPNOTSUPP\)$/);
  await expect(host.spanningTree("none")).rejects.toMatchObject({ code: "ENODEV" });
});

test("a port's spanning tree state is set when it is up, which the kernel wants, and after its other options", async () => {
  await using net = await scene({ hosts: { here: { bridges: { br0: {} } } }, links: [["here:v0", "here:v1"]] });
  const host = net.hosts.here;
  await host.attach("v0", "br0", { state: "learning", isolated: true });
  const { up, linkInfo } = await host.link("v0");
  expect({ up, ...linkInfo?.slaveData }).toMatchObject({ up: true, state: "learning", isolated: true });
});

test("a port that the kernel makes forward although it is told to block is said to be so", async () => {
  await using net = await scene({ hosts: { here: { bridges: { br0: {} } } }, links: [["here:v0", "here:v1"]] });
  const host = net.hosts.here;
  const message =
    "v0: the kernel refused state (linkInfo.slaveData.state) of RTM_NEWLINK: the kernel took no notice of it " +
    "(EOPNOTSUPP); without a spanning tree a port forwards: see the bridge's stpState";
  await expect(host.attach("v0", "br0", { state: "blocking" })).rejects.toThrow(message);
  expect((await host.link("v0")).master).toBeUndefined();
  await host.attach("v0", "br0");
  await expect(host.setPort("v0", { state: "blocking" })).rejects.toThrow(message);
});

test("a port without a carrier takes no spanning tree state, says why, and stays free; nothing else comes up", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { up: true });
  await host.addVeth("v0", { peer: "v1" });
  await expect(host.attach("v0", "br0", { state: "blocking" })).rejects.toThrow(
    "v0: the kernel refused state (linkInfo.slaveData.state) of RTM_NEWLINK: network is down (ENETDOWN); " +
      "it can be set only while the port is up and has a carrier",
  );
  expect((await host.links()).map(({ name, up, master }) => [name, up, master])).toEqual(
    expect.arrayContaining([
      ["v0", false, undefined],
      ["v1", false, undefined],
    ]),
  );
});
