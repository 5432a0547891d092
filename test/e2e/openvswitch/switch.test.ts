import { readFileSync } from "node:fs";
import type { Duplex } from "node:stream";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
// eslint-disable-next-line @typescript-eslint/ban-ts-comment
// @ts-ignore -- a script without types
import { OUTPUT, SCHEMA, typesOf } from "../../../scripts/ovs-types.mjs";
import { Host } from "../../../src/index.js";
import { openvswitch, type OpenVswitch } from "../../../src/openvswitch/open-vswitch.js";
import { SCHEMA_VERSION } from "../../../src/openvswitch/tables.js";
import type { OvsdbError } from "../../../src/ovsdb/error.js";
import { frame, numbers } from "../../kernel/frames.js";
import { lacking, type RealSwitch, startSwitch } from "./servers.js";

if (lacking !== undefined) console.log(`skipped: Open vSwitch: ${lacking}`);
const it = test.skipIf(lacking !== undefined);
let host: Host;
let real: RealSwitch;
let ovs: OpenVswitch;

beforeAll(async () => {
  if (lacking !== undefined) return;
  host = await Host.open({ namespace: "new" });
  real = await startSwitch(host);
  ovs = await openvswitch({ remote: real.remote });
});
afterAll(async () => {
  ovs?.close();
  await real?.[Symbol.asyncDispose]();
  await host?.close();
});

afterEach(async () => {
  const names = (await ovs?.show())?.map(({ name }) => name) ?? [];
  if (names.length > 0) await ovs.removeBridge(names);
});

/** A bridge in ovs-vswitchd itself, which needs no module of the kernel. */
const NETDEV = { datapathType: "netdev" };

async function tap(name: string): Promise<Duplex> {
  const made = await host.openTap(name);
  await host.setLink(name, { up: true });
  return made.frames();
}

function failure(promise: Promise<unknown>): Promise<OvsdbError> {
  return promise.then(
    () => expect.unreachable("it did not fail"),
    (error: OvsdbError) => error,
  );
}

async function count(
  table: "QoS" | "Queue" | "Port" | "Interface" | "Bridge" | "Mirror" | "Controller",
): Promise<number> {
  const [{ rows }] = await ovs.database.transact([{ op: "select", table, where: [], columns: ["_uuid"] }]);
  return rows.length;
}

const bridgeNamed = async (name: string) => (await ovs.show()).find((each) => each.name === name)!;
const portNamed = async (bridge: string, name: string) =>
  (await bridgeNamed(bridge)).ports.find((each) => each.name === name)!;

it("the types are those of the installed schema", async ({ skip }) => {
  const schema = JSON.parse(readFileSync(SCHEMA, "utf8")) as { version: string };
  skip(
    schema.version !== SCHEMA_VERSION,
    `the installed schema is ${schema.version}, the types are of ${SCHEMA_VERSION}`,
  );
  expect(readFileSync(OUTPUT, "utf8")).toBe(await (typesOf as (schema: object) => Promise<string>)(schema));
});

it("a bridge and ports come and go, and are there for the switch when that resolves", async () => {
  await ovs.addBridge("br0", { ...NETDEV, externalIds: { owner: "me" }, mac: "02:00:00:00:00:77" });
  const bridge = ovs.bridge("br0");
  const port = await bridge.join("in0", {
    type: "internal",
    tag: 7,
    externalIds: { "iface-id": "i", "vm-id": "v" },
    mtu: 1400,
  });
  expect(port.ofport).toBeGreaterThan(0);
  expect(await host.link("in0")).toMatchObject({ mtu: 1400 });
  expect((await host.link("br0")).address).toBe("02:00:00:00:00:77");
  expect(await bridgeNamed("br0")).toMatchObject({ datapathType: "netdev", externalIds: { owner: "me" } });
  expect(await portNamed("br0", "in0")).toMatchObject({
    tag: 7,
    interfaces: [
      { type: "internal", ofport: port.ofport, externalIds: { "iface-id": "i", "vm-id": "v" }, error: undefined },
    ],
  });
  expect(await real.vsctl("list-ports", "br0")).toBe("in0\n");
  await bridge.leave("in0");
  await expect(host.link("in0")).rejects.toMatchObject({ code: "ENODEV" });
  await ovs.removeBridge("br0");
  await expect(host.link("br0")).rejects.toMatchObject({ code: "ENODEV" });
  expect([await count("Port"), await count("Interface")]).toEqual([0, 0]);
});

it("a port that fails is an error with the switch's words, and is taken out again, with all that came with it", async () => {
  await ovs.addBridge("br0", NETDEV);
  const error = await failure(ovs.addPort("br0", "nosuch"));
  expect(error).toMatchObject({ code: "EIO", subject: "nosuch" });
  expect(error.message).toBe("nosuch: could not open network device nosuch (No such device) (EIO)");
  const both = await failure(ovs.addPorts("br0", [{ name: "in1", type: "internal" }, { name: "nosuch" }]));
  expect(both).toMatchObject({ code: "EIO", subject: "nosuch" });
  expect((await bridgeNamed("br0")).ports.map(({ name }) => name)).toEqual(["br0"]);
  await expect(host.link("in1")).rejects.toMatchObject({ code: "ENODEV" });
  await ovs.removeBridge("br0");
});

it("what is not there, and what is there already, is said before anything is changed", async () => {
  await ovs.addBridge("br0", NETDEV);
  await ovs.addPort("br0", "in0", { type: "internal" });
  expect((await failure(ovs.addPort("nosuch", "in1", { type: "internal" }))).message).toBe(
    "nosuch: there is no bridge of this name (ENODEV)",
  );
  expect((await failure(ovs.addPort("br0", "in0", { type: "internal" }))).message).toMatch(
    /^in0: the name is taken \(EEXIST\)$/,
  );
  expect(await failure(ovs.addBridge("br0", NETDEV))).toMatchObject({ code: "EEXIST", subject: "br0" });
  expect(await failure(ovs.removePort("nosuch"))).toMatchObject({ code: "ENODEV", subject: "nosuch" });
  expect(await failure(ovs.removeBridge("nosuch"))).toMatchObject({ code: "ENODEV", subject: "nosuch" });
  await ovs.removePort("nosuch", { ifExists: true });
  await ovs.removeBridge("nosuch", { ifExists: true });
  await expect(ovs.addPort("br0", "in1", { tag: 4096 })).rejects.toThrow("tag: 4096 is no VLAN: 0 to 4095");
  await expect(ovs.addPort("br0", "a/b")).rejects.toThrow('name: "a/b" is no name');
  await expect(ovs.addPort("br0", "p0", { type: "patch" })).rejects.toThrow("a patch needs the name of its other end");
  await expect(ovs.setPort("in0", {})).rejects.toThrow("in0: there is nothing to change");
  await expect(ovs.setBridge("br0", { stp: true, rstp: true })).rejects.toThrow("one spanning tree at a time");
  expect((await bridgeNamed("br0")).ports.map(({ name }) => name)).toEqual(["br0", "in0"]);
  await ovs.removeBridge("br0");
});

it("frames pass between ports of the same VLAN and no others; a trunk gets them with their tag, a change of trunks alone counts", async () => {
  await ovs.addBridge("br0", NETDEV);
  const [a, b, c, d, trunk] = await Promise.all(["a", "b", "c", "d", "trunk"].map((name) => tap(`tap-${name}`)));
  await ovs.addPorts("br0", [
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
  await ovs.setPort("tap-trunk", { trunks: [10] });
  // Flows that the switch had remembered end a moment after it took the change.
  await real.appctl("revalidator/wait");
  const next = numbers(trunk!, 1, 4);
  c!.write(frame(3));
  expect(await numbers(d!, 1)).toEqual([3]);
  a!.write(frame(4));
  expect(await next).toEqual([4]);
  await ovs.setPort("tap-trunk", { tag: 20, trunks: [], vlanMode: "access" });
  await real.appctl("revalidator/wait");
  const untagged = numbers(trunk!, 1);
  c!.write(frame(5));
  expect(await untagged).toEqual([5]);
  await ovs.setPort("tap-trunk", { tag: null, vlanMode: null });
  expect(await portNamed("br0", "tap-trunk")).toMatchObject({ tag: undefined, vlanMode: undefined, trunks: [] });
  await ovs.removeBridge("br0");
  for (const stream of [a, b, c, d, trunk]) stream!.destroy();
});

it("isolated ports reach others, and not each other", async () => {
  await ovs.addBridge("br0", NETDEV);
  const [a, b, free] = await Promise.all(["e", "f", "g"].map((name) => tap(`tap-${name}`)));
  await ovs.addPorts("br0", [{ name: "tap-e", isolated: true }, { name: "tap-f", isolated: true }, { name: "tap-g" }]);
  const [atB, atFree] = [numbers(b!, 1), numbers(free!, 1)];
  a!.write(frame(1));
  expect(await atFree).toEqual([1]);
  free!.write(frame(2));
  expect(await atB).toEqual([2]);
  await ovs.removeBridge("br0");
  for (const stream of [a, b, free]) stream!.destroy();
});

it("a mirror copies a port's frames to another, until it is removed", async () => {
  await ovs.addBridge("br0", NETDEV);
  const [a, b, copy] = await Promise.all(["h", "i", "copy"].map((name) => tap(`tap-${name}`)));
  await ovs.addPorts("br0", [
    { name: "tap-h", tag: 1 },
    { name: "tap-i", tag: 1 },
    { name: "tap-copy", tag: 2 },
  ]);
  await ovs.addMirror("br0", "m0", { from: ["tap-h"], outputPort: "tap-copy" });
  expect((await bridgeNamed("br0")).mirrors).toEqual(["m0"]);
  const copied = numbers(copy!, 1);
  b!.write(frame(1));
  await numbers(a!, 1);
  a!.write(frame(2));
  expect(await copied).toEqual([2]);
  await expect(ovs.addMirror("br0", "m1", { all: true })).rejects.toThrow(
    "m1: a mirror needs either outputPort or outputVlan",
  );
  expect(await failure(ovs.removeMirror("br0", "m1"))).toMatchObject({ code: "ENODEV" });
  await ovs.removeMirror("br0", "m0");
  expect(await count("Mirror")).toBe(0);
  await ovs.removeBridge("br0");
  for (const stream of [a, b, copy]) stream!.destroy();
});

/** Resolves when a row of a table is as it must be. */
async function until(
  table: "Interface" | "Port" | "Bridge",
  columns: readonly string[],
  holds: (rows: readonly Record<string, unknown>[]) => boolean,
): Promise<void> {
  const replica = await ovs.database.replica({ tables: { [table]: columns } });
  const changes = replica.changes();
  while (!holds([...replica.table(table)])) await changes.next();
  replica.close();
}

it("two bridges agree by LACP on a bond, and frames pass over it; over a patch, too", async () => {
  for (const name of ["br0", "br1"]) await ovs.addBridge(name, NETDEV);
  for (const i of [0, 1]) {
    await host.addVeth(`left${i}`, { up: true, peer: { name: `right${i}` } });
    await host.setLink(`right${i}`, { up: true });
  }
  const settings = { mode: "balance-tcp", lacp: "active", lacpTime: "fast", upDelay: 0 } as const;
  await ovs.addBond("br0", "bond0", ["left0", "left1"], settings);
  await ovs.addBond("br1", "bond1", ["right0", "right1"], settings);
  await until(
    "Interface",
    ["name", "lacp_current"],
    (rows) => rows.filter((row) => row["lacp_current"] === true).length === 4,
  );
  const [a, b] = await Promise.all([tap("tap-j"), tap("tap-k")]);
  await ovs.addPort("br0", "tap-j");
  await ovs.addPort("br1", "tap-k");
  expect(await numbersSoon(a, b)).toBe(true);
  expect(await portNamed("br0", "bond0")).toMatchObject({
    bond: { mode: "balance-tcp", lacp: "active" },
    interfaces: [
      { name: "left0", lacpCurrent: true },
      { name: "left1", lacpCurrent: true },
    ],
  });
  expect(await real.appctl("lacp/show", "bond0")).toContain("lacp_time: fast");
  await ovs.setPort("bond0", { mode: "balance-slb", rebalanceInterval: 0 });
  expect(await real.appctl("bond/show", "bond0")).toContain("bond_mode: balance-slb");
  await ovs.removePort(["bond0", "bond1"]);
  await ovs.addPort("br0", "patch0", { type: "patch", peer: "patch1" });
  await ovs.addPort("br1", "patch1", { type: "patch", peer: "patch0" });
  expect(await numbersSoon(a, b)).toBe(true);
  await expect(ovs.addBond("br0", "bond2", ["left0"])).rejects.toThrow("a bond has at least two interfaces");
  await ovs.removeBridge(["br0", "br1"]);
  for (const stream of [a, b]) stream.destroy();
});

/** Sends frames until one comes out at the other end: what is on the way may take a moment to be ready. */
async function numbersSoon(from: Duplex, to: Duplex): Promise<boolean> {
  const timer = setInterval(() => from.write(frame(1)), 10);
  const [first] = await numbers(to, 1);
  clearInterval(timer);
  return first === 1;
}

it("limits are set and changed, and no QoS or queue is left behind", async () => {
  await ovs.addBridge("br0", NETDEV);
  await host.addVeth("veth0", { up: true, peer: { name: "veth1" } });
  await host.addVeth("veth2", { up: true, peer: { name: "veth3" } });
  await ovs.addPorts("br0", [{ name: "veth0" }, { name: "veth2" }]);
  const queues = { 0: { maxRate: 5_000_000 }, 7: { minRate: 1_000_000, priority: 1 } };
  await ovs.limitRate("veth0", { ingress: { rate: 20_000_000 }, egress: { maxRate: 10_000_000, queues } });
  const [{ rows }] = await ovs.database.transact([
    { op: "select", table: "Interface", where: [["name", "==", "veth0"]] },
  ]);
  expect(rows[0]).toMatchObject({ ingress_policing_rate: 20_000, ingress_policing_burst: 2000 });
  const [qos] = (await ovs.database.transact([{ op: "select", table: "QoS", where: [] }]))[0].rows;
  expect(qos).toMatchObject({ type: "linux-htb", other_config: new Map([["max-rate", "10000000"]]) });
  expect([...qos!.queues.keys()].sort()).toEqual([0, 7]);
  await ovs.limitRate("veth0", { egress: { type: "linux-noop" } });
  expect([await count("QoS"), await count("Queue")]).toEqual([1, 0]);
  // One that another port uses, too, stays.
  const [{ rows: shared }] = await ovs.database.transact([
    { op: "select", table: "QoS", where: [], columns: ["_uuid"] },
  ]);
  await ovs.database.transact([
    { op: "update", table: "Port", where: [["name", "==", "veth2"]], row: { qos: shared[0]!._uuid } },
  ]);
  await ovs.removePort("veth0");
  expect(await count("QoS")).toBe(1);
  await ovs.limitRate("veth2", { ingress: null, egress: { maxRate: 1_000_000, queues } });
  await ovs.removeBridge("br0");
  expect([await count("QoS"), await count("Queue")]).toEqual([0, 0]);
  await expect(ovs.limitRate("veth2", { ingress: { rate: 1 } })).rejects.toThrow("ingress.rate: 1 is no rate");
});

it("controllers, the fail mode and the spanning tree are set and changed", async () => {
  await ovs.addBridge("br0", { ...NETDEV, failMode: "secure", controllers: ["tcp:127.0.0.1:6653"] });
  expect(await bridgeNamed("br0")).toMatchObject({
    failMode: "secure",
    controllers: [{ target: "tcp:127.0.0.1:6653", isConnected: false }],
  });
  await ovs.setBridge("br0", { failMode: null, controllers: [], rstp: true, otherConfig: { "rstp-priority": "4096" } });
  expect([await count("Controller"), (await bridgeNamed("br0")).failMode]).toEqual([0, undefined]);
  await host.addVeth("veth4", { up: true, peer: { name: "veth5" } });
  await ovs.addPort("br0", "veth4");
  await until("Port", ["name", "rstp_status"], (rows) =>
    rows.some((row) => (row["rstp_status"] as Map<string, string>).has("rstp_port_role")),
  );
  expect((await portNamed("br0", "veth4")).spanningTree).toHaveProperty("rstp_port_role");
  expect(await real.appctl("rstp/show", "br0")).toContain("stp-priority    4096");
  await ovs.setBridge("br0", { rstp: false, stp: true });
  expect(await bridgeNamed("br0")).toMatchObject({ stp: true, rstp: false });
  await ovs.removeBridge("br0");
});

it("a fake bridge of somebody else's is shown as one", async () => {
  await ovs.addBridge("br0", NETDEV);
  await real.vsctl("add-br", "fake0", "br0", "5");
  expect(await portNamed("br0", "fake0")).toMatchObject({ isFakeBridge: true, tag: 5 });
  await ovs.removeBridge("br0");
});

it("frames pass by VXLAN, GRE and Geneve between two namespaces with a switch each", async () => {
  await using other = await Host.open({ namespace: "new" });
  await using theirs = await startSwitch(other);
  await using there = await openvswitch({ remote: theirs.remote });
  await using namespace = await other.namespaceDescriptor();
  await host.addVeth("under0", { up: true, peer: { name: "under1", namespace: `/proc/self/fd/${namespace.fd}` } });
  await other.setLink("under1", { up: true });
  const ends = [
    { at: host, ovs, under: "under0", own: "10.9.0.1", far: "10.9.0.2", tap: await tap("tap-l") },
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
  await ovs.removeBridge(["over", "under"]);
  for (const end of ends) end.tap.destroy();
});

it("without ovs-vswitchd a change ends at its deadline, with what stands, and the next one works", async () => {
  await ovs.addBridge("br0", NETDEV);
  await real.stopSwitching();
  const error = await failure(ovs.addPort("br0", "in0", { type: "internal" }, { timeout: 100 }));
  expect(error.message).toBe(
    "ovs-vswitchd: the change was not taken within 100 ms (ETIMEDOUT); does ovs-vswitchd run (package openvswitch-switch, unit ovs-vswitchd.service)?",
  );
  expect((await bridgeNamed("br0")).ports.map(({ name }) => name)).toEqual(["br0"]);
  const set = await failure(ovs.setBridge("br0", { failMode: "secure" }, { timeout: 100 }));
  expect(set).toMatchObject({ code: "ETIMEDOUT" });
  expect(set.message).toContain("the change stands in the database");
  const signal = AbortSignal.timeout(50);
  await expect(ovs.addPort("br0", "in0", { type: "internal" }, { signal })).rejects.toMatchObject({
    name: "TimeoutError",
  });
  expect((await bridgeNamed("br0")).ports.map(({ name }) => name)).toEqual(["br0"]);
  await real.startSwitching();
  await ovs.addPort("br0", "in0", { type: "internal" });
  await ovs.removeBridge("br0");
});

it("200 ports come in one transaction, and each is switched", async () => {
  await ovs.addBridge("br0", NETDEV);
  const pairs = Array.from({ length: 100 }, (_, i) => [`p${i}a`, `p${i}b`] as const);
  const ports = pairs.flatMap(([one, other]) => [
    { name: one, type: "patch", peer: other },
    { name: other, type: "patch", peer: one },
  ]);
  const added = await ovs.addPorts("br0", ports);
  expect(new Set(added.map(({ ofport }) => ofport)).size).toBe(200);
  await ovs.removePort(ports.map(({ name }) => name));
  expect((await bridgeNamed("br0")).ports.map(({ name }) => name)).toEqual(["br0"]);
  await ovs.removeBridge("br0");
});
