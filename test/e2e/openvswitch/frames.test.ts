import type { Duplex } from "node:stream";
import { expect } from "vitest";
import { Host } from "../../../src/index.js";
import { openvswitch } from "../../../src/openvswitch/open-vswitch.js";
import { frame, numbers } from "../../kernel/scene/frames.js";
import { bridgeNamed, count, failure, it, NETDEV, portNamed, scene, tap, until } from "./scene.js";
import { startSwitch } from "./servers.js";

const set = scene("frames through Open vSwitch");

it("frames pass between ports of the same VLAN and no others; a trunk gets them with their tag, a change of trunks alone counts", async () => {
  await set.ovs.addBridge("br0", NETDEV);
  const [a, b, c, d, trunk] = await Promise.all(["a", "b", "c", "d", "trunk"].map((name) => tap(set, `tap-${name}`)));
  await set.ovs.addPorts("br0", [
    { name: "tap-a", tag: 10 },
    { name: "tap-b", tag: 10 },
    { name: "tap-c", tag: 20 },
    { name: "tap-d", tag: 20 },
    { name: "tap-trunk", trunks: [20] },
  ]);
  const [atB, atD, tagged] = [numbers(b!, 1), numbers(d!, 1), numbers(trunk!, 1, 4)];
  a!.write(frame(1));
  expect(await atB).toEqual([1]);
  c!.write(frame(2));
  expect([await atD, await tagged]).toEqual([[2], [2]]);
  await set.ovs.setPort("tap-trunk", { trunks: [10] });
  // Flows that the switch had remembered end a moment after it took the change.
  await set.real.appctl("revalidator/wait");
  const next = numbers(trunk!, 1, 4);
  c!.write(frame(3));
  expect(await numbers(d!, 1)).toEqual([3]);
  a!.write(frame(4));
  expect(await next).toEqual([4]);
  await set.ovs.setPort("tap-trunk", { tag: 20, trunks: [], vlanMode: "access" });
  await set.real.appctl("revalidator/wait");
  const untagged = numbers(trunk!, 1);
  c!.write(frame(5));
  expect(await untagged).toEqual([5]);
  await set.ovs.setPort("tap-trunk", { tag: null, vlanMode: null });
  expect(await portNamed(set, "br0", "tap-trunk")).toMatchObject({ tag: undefined, vlanMode: undefined, trunks: [] });
  await set.ovs.removeBridge("br0");
  for (const stream of [a, b, c, d, trunk]) stream!.destroy();
});

it("isolated ports reach others, and not each other", async () => {
  await set.ovs.addBridge("br0", NETDEV);
  const [a, b, free] = await Promise.all(["e", "f", "g"].map((name) => tap(set, `tap-${name}`)));
  await set.ovs.addPorts("br0", [
    { name: "tap-e", isolated: true },
    { name: "tap-f", isolated: true },
    { name: "tap-g" },
  ]);
  const [atB, atFree] = [numbers(b!, 1), numbers(free!, 1)];
  a!.write(frame(1));
  expect(await atFree).toEqual([1]);
  free!.write(frame(2));
  expect(await atB).toEqual([2]);
  await set.ovs.removeBridge("br0");
  for (const stream of [a, b, free]) stream!.destroy();
});

it("a mirror copies a port's frames to another, until it is removed", async () => {
  await set.ovs.addBridge("br0", NETDEV);
  const [a, b, copy] = await Promise.all(["h", "i", "copy"].map((name) => tap(set, `tap-${name}`)));
  await set.ovs.addPorts("br0", [
    { name: "tap-h", tag: 1 },
    { name: "tap-i", tag: 1 },
    { name: "tap-copy", tag: 2 },
  ]);
  await set.ovs.addMirror("br0", "m0", { from: ["tap-h"], outputPort: "tap-copy" });
  expect((await bridgeNamed(set, "br0")).mirrors).toEqual(["m0"]);
  const copied = numbers(copy!, 1);
  b!.write(frame(1));
  await numbers(a!, 1);
  a!.write(frame(2));
  expect(await copied).toEqual([2]);
  await expect(set.ovs.addMirror("br0", "m1", { all: true })).rejects.toThrow(
    "m1: a mirror needs either outputPort or outputVlan",
  );
  expect(await failure(set.ovs.removeMirror("br0", "m1"))).toMatchObject({ code: "ENODEV" });
  await set.ovs.removeMirror("br0", "m0");
  expect(await count(set, "Mirror")).toBe(0);
  await set.ovs.removeBridge("br0");
  for (const stream of [a, b, copy]) stream!.destroy();
});

it("two bridges agree by LACP on a bond, and frames pass over it; over a patch, too", async () => {
  for (const name of ["br0", "br1"]) await set.ovs.addBridge(name, NETDEV);
  for (const i of [0, 1]) {
    await set.host.addVeth(`left${i}`, { up: true, peer: { name: `right${i}` } });
    await set.host.setLink(`right${i}`, { up: true });
  }
  const settings = { mode: "balance-tcp", lacp: "active", lacpTime: "fast", upDelay: 0 } as const;
  await set.ovs.addBond("br0", "bond0", ["left0", "left1"], settings);
  await set.ovs.addBond("br1", "bond1", ["right0", "right1"], settings);
  await until(
    set,
    "Interface",
    ["name", "lacp_current"],
    (rows) => rows.filter((row) => row["lacp_current"] === true).length === 4,
  );
  const [a, b] = await Promise.all([tap(set, "tap-j"), tap(set, "tap-k")]);
  await set.ovs.addPort("br0", "tap-j");
  await set.ovs.addPort("br1", "tap-k");
  expect(await numbersSoon(a, b)).toBe(true);
  expect(await portNamed(set, "br0", "bond0")).toMatchObject({
    bond: { mode: "balance-tcp", lacp: "active" },
    interfaces: [
      { name: "left0", lacpCurrent: true },
      { name: "left1", lacpCurrent: true },
    ],
  });
  expect(await set.real.appctl("lacp/show", "bond0")).toContain("lacp_time: fast");
  await set.ovs.setPort("bond0", { mode: "balance-slb", rebalanceInterval: 0 });
  expect(await set.real.appctl("bond/show", "bond0")).toContain("bond_mode: balance-slb");
  await set.ovs.removePort(["bond0", "bond1"]);
  await set.ovs.addPort("br0", "patch0", { type: "patch", peer: "patch1" });
  await set.ovs.addPort("br1", "patch1", { type: "patch", peer: "patch0" });
  expect(await numbersSoon(a, b)).toBe(true);
  await expect(set.ovs.addBond("br0", "bond2", ["left0"])).rejects.toThrow("a bond has at least two interfaces");
  await set.ovs.removeBridge(["br0", "br1"]);
  for (const stream of [a, b]) stream.destroy();
});

/** Sends frames until one comes out at the other end: what is on the way may take a moment to be ready. */
async function numbersSoon(from: Duplex, to: Duplex): Promise<boolean> {
  const timer = setInterval(() => from.write(frame(1)), 10);
  const [first] = await numbers(to, 1);
  clearInterval(timer);
  return first === 1;
}

it("frames pass by VXLAN, GRE and Geneve between two namespaces with a switch each", async () => {
  await using other = await Host.open({ namespace: "new" });
  await using theirs = await startSwitch(other);
  await using there = await openvswitch({ remote: theirs.remote });
  await using namespace = await other.namespaceDescriptor();
  await set.host.addVeth("under0", { up: true, peer: { name: "under1", namespace: `/proc/self/fd/${namespace.fd}` } });
  await other.setLink("under1", { up: true });
  const ends = [
    { at: set.host, ovs: set.ovs, under: "under0", own: "10.9.0.1", far: "10.9.0.2", tap: await tap(set, "tap-l") },
    {
      at: other,
      ovs: there,
      under: "under1",
      own: "10.9.0.2",
      far: "10.9.0.1",
      tap: (await other.openTap("tap-l")).frames(),
    },
  ];
  await other.setLink("tap-l", { up: true });
  for (const end of ends) {
    await end.ovs.addBridge("under", NETDEV);
    await end.ovs.addPort("under", end.under);
    await end.at.setLink("under", { up: true });
    await end.at.addAddress("under", `${end.own}/24`);
    await end.ovs.addBridge("over", NETDEV);
    await end.ovs.addPort("over", "tap-l");
  }
  for (const type of ["vxlan", "gre", "geneve"]) {
    for (const end of ends) await end.ovs.addPort("over", "tunnel", { type, remote: end.far, key: 42 });
    expect(await numbersSoon(ends[0]!.tap, ends[1]!.tap)).toBe(true);
    for (const end of ends) await end.ovs.removePort("tunnel");
  }
  await set.ovs.removeBridge(["over", "under"]);
  for (const end of ends) end.tap.destroy();
});
