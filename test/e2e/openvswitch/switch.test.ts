import { readFileSync } from "node:fs";
import { expect } from "vitest";
// eslint-disable-next-line @typescript-eslint/ban-ts-comment
// @ts-ignore -- a script without types
import * as generator from "../../../scripts/ovs-types.mjs";
import { SCHEMA_VERSION } from "../../../src/openvswitch/tables.js";
import { vsctl } from "../../../src/openvswitch/vsctl/vsctl.js";
import { bridgeNamed, count, failure, it, NETDEV, portNamed, scene, until } from "./scene.js";

const { OUTPUT, SCHEMA, typesOf } = generator as {
  OUTPUT: string;
  SCHEMA: string;
  typesOf: (schema: object) => Promise<string>;
};
const set = scene("Open vSwitch");

it("the types are those of the installed schema", async ({ skip }) => {
  const schema = JSON.parse(readFileSync(SCHEMA, "utf8")) as { version: string };
  skip(
    schema.version !== SCHEMA_VERSION,
    `the installed schema is ${schema.version}, the types are of ${SCHEMA_VERSION}`,
  );
  expect(readFileSync(OUTPUT, "utf8")).toBe(await typesOf(schema));
});

it("a bridge and ports come and go, and are there for the switch when that resolves", async () => {
  await set.ovs.addBridge("br0", { ...NETDEV, externalIds: { owner: "me" }, mac: "02:00:00:00:00:77" });
  const bridge = set.ovs.bridge("br0");
  const port = await bridge.join("in0", {
    type: "internal",
    tag: 7,
    externalIds: { "iface-id": "i", "vm-id": "v" },
    mtu: 1400,
  });
  expect(port.ofport).toBeGreaterThan(0);
  expect(await set.host.link("in0")).toMatchObject({ mtu: 1400 });
  expect((await set.host.link("br0")).address).toBe("02:00:00:00:00:77");
  expect(await bridgeNamed(set, "br0")).toMatchObject({ datapathType: "netdev", externalIds: { owner: "me" } });
  expect(await portNamed(set, "br0", "in0")).toMatchObject({
    tag: 7,
    interfaces: [
      { type: "internal", ofport: port.ofport, externalIds: { "iface-id": "i", "vm-id": "v" }, error: undefined },
    ],
  });
  expect(await set.real.vsctl("list-ports", "br0")).toBe("in0\n");
  await bridge.leave("in0");
  await expect(set.host.link("in0")).rejects.toMatchObject({ code: "ENODEV" });
  await set.ovs.removeBridge("br0");
  await expect(set.host.link("br0")).rejects.toMatchObject({ code: "ENODEV" });
  expect([await count(set, "Port"), await count(set, "Interface")]).toEqual([0, 0]);
});

it("a port that fails is an error with the switch's words, and is taken out again, with all that came with it", async () => {
  await set.ovs.addBridge("br0", NETDEV);
  const error = await failure(set.ovs.addPort("br0", "nosuch"));
  expect(error).toMatchObject({ code: "EIO", subject: "nosuch" });
  expect(error.message).toBe("nosuch: could not open network device nosuch (No such device) (EIO)");
  const both = await failure(set.ovs.addPorts("br0", [{ name: "in1", type: "internal" }, { name: "nosuch" }]));
  expect(both).toMatchObject({ code: "EIO", subject: "nosuch" });
  expect((await bridgeNamed(set, "br0")).ports.map(({ name }) => name)).toEqual(["br0"]);
  await expect(set.host.link("in1")).rejects.toMatchObject({ code: "ENODEV" });
  await set.ovs.removeBridge("br0");
});

it("a patch whose other end is still to come is no failure", async () => {
  await set.ovs.addBridge("br0", NETDEV);
  await set.ovs.addPort("br0", "patch0", { type: "patch", peer: "patch1" });
  await until(set, "Interface", ["name", "error"], (rows) => rows.some(({ error }) => error !== undefined));
  await set.ovs.addPort("br0", "patch1", { type: "patch", peer: "patch0" });
  await until(set, "Interface", ["name", "error"], (rows) => rows.every(({ error }) => error === undefined));
  expect((await portNamed(set, "br0", "patch0")).interfaces).toMatchObject([{ type: "patch", error: undefined }]);
});

it("what is not there, and what is there already, is said before anything is changed", async () => {
  await set.ovs.addBridge("br0", NETDEV);
  await set.ovs.addPort("br0", "in0", { type: "internal" });
  expect((await failure(set.ovs.addPort("nosuch", "in1", { type: "internal" }))).message).toBe(
    "nosuch: there is no bridge of this name (ENODEV)",
  );
  expect((await failure(set.ovs.addPort("br0", "in0", { type: "internal" }))).message).toMatch(
    /^in0: the name is taken \(EEXIST\)$/,
  );
  expect(await failure(set.ovs.addBridge("br0", NETDEV))).toMatchObject({ code: "EEXIST", subject: "br0" });
  expect(await failure(set.ovs.removePort("nosuch"))).toMatchObject({ code: "ENODEV", subject: "nosuch" });
  expect(await failure(set.ovs.removeBridge("nosuch"))).toMatchObject({ code: "ENODEV", subject: "nosuch" });
  await set.ovs.removePort("nosuch", { ifExists: true });
  await set.ovs.removeBridge("nosuch", { ifExists: true });
  await expect(set.ovs.addPort("br0", "in1", { tag: 4096 })).rejects.toThrow("tag: 4096 is no VLAN: 0 to 4095");
  await expect(set.ovs.addPort("br0", "a/b")).rejects.toThrow('name: "a/b" is no name');
  await expect(set.ovs.addPort("br0", "p0", { type: "patch" })).rejects.toThrow(
    "a patch needs the name of its other end",
  );
  await expect(set.ovs.setPort("in0", {})).rejects.toThrow("in0: there is nothing to change");
  await expect(set.ovs.setBridge("br0", { stp: true, rstp: true })).rejects.toThrow("one spanning tree at a time");
  expect((await bridgeNamed(set, "br0")).ports.map(({ name }) => name)).toEqual(["br0", "in0"]);
  await set.ovs.removeBridge("br0");
});

it("limits are set and changed, and no QoS or queue is left behind", async () => {
  await set.ovs.addBridge("br0", NETDEV);
  await set.host.addVeth("veth0", { up: true, peer: { name: "veth1" } });
  await set.host.addVeth("veth2", { up: true, peer: { name: "veth3" } });
  await set.ovs.addPorts("br0", [{ name: "veth0" }, { name: "veth2" }]);
  const queues = { 0: { maxRate: 5_000_000 }, 7: { minRate: 1_000_000, priority: 1 } };
  await set.ovs.limitRate("veth0", { ingress: { rate: 20_000_000 }, egress: { maxRate: 10_000_000, queues } });
  const [{ rows }] = await set.ovs.database.transact([
    { op: "select", table: "Interface", where: [["name", "==", "veth0"]] },
  ]);
  expect(rows[0]).toMatchObject({ ingress_policing_rate: 20_000, ingress_policing_burst: 2000 });
  const [qos] = (await set.ovs.database.transact([{ op: "select", table: "QoS", where: [] }]))[0].rows;
  expect(qos).toMatchObject({ type: "linux-htb", other_config: new Map([["max-rate", "10000000"]]) });
  expect([...qos!.queues.keys()].sort()).toEqual([0, 7]);
  await set.ovs.limitRate("veth0", { egress: { type: "linux-noop" } });
  expect([await count(set, "QoS"), await count(set, "Queue")]).toEqual([1, 0]);
  // One that another port uses, too, stays.
  const [{ rows: shared }] = await set.ovs.database.transact([
    { op: "select", table: "QoS", where: [], columns: ["_uuid"] },
  ]);
  await set.ovs.database.transact([
    { op: "update", table: "Port", where: [["name", "==", "veth2"]], row: { qos: shared[0]!._uuid } },
  ]);
  await set.ovs.removePort("veth0");
  expect(await count(set, "QoS")).toBe(1);
  await set.ovs.limitRate("veth2", { ingress: null, egress: { maxRate: 1_000_000, queues } });
  await set.ovs.removeBridge("br0");
  expect([await count(set, "QoS"), await count(set, "Queue")]).toEqual([0, 0]);
  await expect(set.ovs.limitRate("veth2", { ingress: { rate: 1 } })).rejects.toThrow("ingress.rate: 1 is no rate");
});

it("controllers, the fail mode and the spanning tree are set and changed", async () => {
  await set.ovs.addBridge("br0", { ...NETDEV, failMode: "secure", controllers: ["tcp:127.0.0.1:6653"] });
  expect(await bridgeNamed(set, "br0")).toMatchObject({
    failMode: "secure",
    controllers: [{ target: "tcp:127.0.0.1:6653", isConnected: false }],
  });
  await set.ovs.setBridge("br0", {
    failMode: null,
    controllers: [],
    rstp: true,
    otherConfig: { "rstp-priority": "4096" },
  });
  expect([await count(set, "Controller"), (await bridgeNamed(set, "br0")).failMode]).toEqual([0, undefined]);
  await set.host.addVeth("veth4", { up: true, peer: { name: "veth5" } });
  await set.ovs.addPort("br0", "veth4");
  await until(set, "Port", ["name", "rstp_status"], (rows) =>
    rows.some((row) => (row["rstp_status"] as Map<string, string>).has("rstp_port_role")),
  );
  expect((await portNamed(set, "br0", "veth4")).spanningTree).toHaveProperty("rstp_port_role");
  expect(await set.real.appctl("rstp/show", "br0")).toContain("stp-priority    4096");
  await set.ovs.setBridge("br0", { rstp: false, stp: true });
  expect(await bridgeNamed(set, "br0")).toMatchObject({ stp: true, rstp: false });
  await set.ovs.removeBridge("br0");
});

it("a fake bridge of somebody else's is shown as one", async () => {
  await set.ovs.addBridge("br0", NETDEV);
  await set.real.vsctl("add-br", "fake0", "br0", "5");
  expect(await portNamed(set, "br0", "fake0")).toMatchObject({ isFakeBridge: true, tag: 5 });
  await set.ovs.removeBridge("br0");
});

it("without ovs-vswitchd a change ends at its deadline, with what stands, and the next one works", async () => {
  await set.ovs.addBridge("br0", NETDEV);
  await set.real.stopSwitching();
  const error = await failure(set.ovs.addPort("br0", "in0", { type: "internal" }, { timeout: 100 }));
  expect(error.message).toBe(
    "ovs-vswitchd: the change was not taken within 100 ms (ETIMEDOUT); does ovs-vswitchd run (package openvswitch-switch, unit ovs-vswitchd.service)?",
  );
  expect((await bridgeNamed(set, "br0")).ports.map(({ name }) => name)).toEqual(["br0"]);
  const changed = await failure(set.ovs.setBridge("br0", { failMode: "secure" }, { timeout: 100 }));
  expect(changed).toMatchObject({ code: "ETIMEDOUT" });
  expect(changed.message).toContain("the change stands in the database");
  const signal = AbortSignal.timeout(50);
  await expect(set.ovs.addPort("br0", "in0", { type: "internal" }, { signal })).rejects.toMatchObject({
    name: "TimeoutError",
  });
  expect((await bridgeNamed(set, "br0")).ports.map(({ name }) => name)).toEqual(["br0"]);
  await set.real.startSwitching();
  await set.ovs.addPort("br0", "in0", { type: "internal" });
  await set.ovs.removeBridge("br0");
});

it("200 ports come in one transaction, and each is switched", async () => {
  await set.ovs.addBridge("br0", NETDEV);
  const pairs = Array.from({ length: 100 }, (_, i) => [`p${i}a`, `p${i}b`] as const);
  const ports = pairs.flatMap(([one, other]) => [
    { name: one, type: "patch", peer: other },
    { name: other, type: "patch", peer: one },
  ]);
  const added = await set.ovs.addPorts("br0", ports);
  expect(new Set(added.map(({ ofport }) => ofport)).size).toBe(200);
  await set.ovs.removePort(ports.map(({ name }) => name));
  expect((await bridgeNamed(set, "br0")).ports.map(({ name }) => name)).toEqual(["br0"]);
  await set.ovs.removeBridge("br0");
});

async function command(...words: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const said = { stdout: "", stderr: "" };
  const write = (to: "stdout" | "stderr") => ({ write: (text: string) => (said[to] += text) });
  const status = await vsctl({ stdout: write("stdout"), stderr: write("stderr") }, [
    `--db=${set.real.remote}`,
    ...words,
  ]);
  return { status, ...said };
}

it("as ovs-vsctl it waits for the switch, and ends with 65 and its words when a port fails", async () => {
  const made = await command("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev");
  expect(made).toEqual({ status: 0, stdout: "", stderr: "" });
  expect(await command("add-port", "br0", "in0", "--", "set", "interface", "in0", "type=internal")).toMatchObject({
    status: 0,
  });
  expect(await set.host.link("in0")).toMatchObject({ name: "in0" });
  expect(await command("add-port", "br0", "nosuch")).toEqual({
    status: 65,
    stdout: "",
    stderr:
      "ovs-vsctl: Error detected while setting up 'nosuch': could not open network device nosuch (No such device).  See ovs-vswitchd log for details.\n" +
      'ovs-vsctl: The default log directory is "/var/log/openvswitch".\n',
  });
  const lines = (text: string): string[] => text.split("\n").sort();
  expect(lines((await command("show")).stdout)).toEqual(lines(await set.real.vsctl("show")));
  for (const table of ["bridge", "port", "interface", "open"])
    expect((await command("-f", "csv", "list", table)).stdout.split("\n").sort()).toEqual(
      lines(await set.real.vsctl("-f", "csv", "list", table)),
    );
});
