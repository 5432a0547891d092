import { expect, test } from "vitest";
import { Host, type FdbSettings } from "../../../src/index.js";
import { stateTests } from "../../../src/rtnetlink/bridge/fdb-requests.js";

const A = "02:00:00:00:00:0a";
const B = "02:00:00:00:00:0b";

/** A bridge with two ports that are up, and learn nothing by themselves. */
async function bridged(): Promise<Host> {
  const host = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { up: true, mcastSnooping: false });
  for (const name of ["v0", "v1"]) {
    await host.addVeth(name, { peer: { name: `${name}p`, up: true }, up: true });
    await host.attach(name, "br0", { learning: false });
  }
  return host;
}

test.for([
  [{}, { state: "static", flags: [], local: false }],
  [
    { state: "static", flags: ["sticky"] },
    { state: "static", flags: ["sticky"], local: false },
  ],
  [{ state: "dynamic" }, { state: "dynamic", flags: [], local: false }],
  [
    { state: "dynamic", flags: ["extLearned"] },
    { state: "dynamic", flags: ["extLearned"], local: false },
  ],
  [{ flags: ["use"] }, { state: "dynamic", flags: [] }],
  [{ state: "permanent" }, { state: "permanent", flags: [], local: true }],
  [
    { state: "static", activityNotify: ["notify"] },
    { state: "static", activityNotify: ["notify"] },
  ],
] as [FdbSettings, object][])("an entry that is added with %j is read back as %j", async ([settings, expected]) => {
  await using host = await bridged();
  const [bridge, port] = await Promise.all([host.link("br0"), host.link("v0")]);
  await host.fdb.add("v0", A, settings);
  const found = await host.fdb.list({ bridge, address: A });
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({ address: A, index: port.index, master: bridge.index, ...expected });
  expect(found[0]!.updated).toBeLessThan(10_000);
  expect(await host.fdb.get("br0", A)).toMatchObject(expected);
  expect(await host.fdb.get("v0", A)).toMatchObject(expected);
});

test("an entry on the bridge itself is the host's own", async () => {
  await using host = await bridged();
  const { index } = await host.link("br0");
  await host.fdb.add("br0", A);
  expect(await host.fdb.get("br0", A)).toMatchObject({ index, master: index, state: "permanent", local: true });
});

test("an entry is replaced on another port, and removed there", async () => {
  await using host = await bridged();
  await host.fdb.add("v0", A);
  await host.fdb.replace("v1", A, { state: "dynamic" });
  const { index } = await host.link("v1");
  expect(await host.fdb.get("br0", A)).toMatchObject({ index, state: "dynamic" });
  await host.fdb.remove("v1", A);
  await expect(host.fdb.get("br0", A)).rejects.toMatchObject({ code: "ENOENT" });
});

test("a device's own table is apart from its bridge's", async () => {
  await using host = await bridged();
  await host.fdb.add("v0", A, { flags: ["self"] });
  await host.fdb.add("v0", B);
  const own = await host.fdb.list({ link: "v0", table: "device", address: A });
  expect(own).toMatchObject([{ address: A, state: "permanent", flags: ["self"], local: false }]);
  expect(own[0]!.master).toBeUndefined();
  expect(await host.fdb.get("v0", A, { flags: ["self"] })).toMatchObject({ address: A, flags: ["self"] });
  expect(await host.fdb.list({ link: "v0", table: "bridge", address: A })).toEqual([]);
  await host.fdb.remove("v0", A, { flags: ["self"] });
  expect(await host.fdb.list({ address: A })).toEqual([]);
});

test("entries are listed by bridge, link, state and flags", async () => {
  await using host = await bridged();
  await host.addBridge("br1", { up: true });
  await host.fdb.add("v0", A, { flags: ["sticky"] });
  await host.fdb.add("v1", B, { state: "dynamic" });
  const addresses = async (filter: object): Promise<string[]> =>
    (await host.fdb.list({ table: "bridge", ...filter }))
      .map(({ address }) => address)
      .filter((each) => [A, B].includes(each))
      .sort();
  expect(await addresses({})).toEqual([A, B]);
  expect(await addresses({ bridge: "br0" })).toEqual([A, B]);
  expect(await addresses({ bridge: "br1" })).toEqual([]);
  expect(await addresses({ link: "v1" })).toEqual([B]);
  expect(await addresses({ state: "static" })).toEqual([A]);
  expect(await addresses({ state: ["static", "dynamic"] })).toEqual([A, B]);
  expect(await addresses({ flags: ["sticky"] })).toEqual([A]);
});

test.for([
  [{}, ["permanent", "static"]],
  [{ state: "static" }, ["dynamic", "permanent"]],
  [{ state: ["static", "dynamic"] }, ["permanent"]],
  [{ state: "static", flags: ["extLearned"] }, ["dynamic", "permanent", "static"]],
] as const)("flushing with %j leaves %j", async ([filter, left]) => {
  await using host = await bridged();
  for (const [place, state] of (["static", "dynamic", "permanent"] as const).entries())
    await host.fdb.add("v0", `02:00:00:00:01:0${place}`, { state });
  await host.fdb.add("v1", B);
  expect(await host.fdb.flush("v0", filter)).toEqual({ method: "bulk" });
  const entries = await host.fdb.list({ link: "v0", table: "bridge" });
  const ours = entries.filter(({ address }) => address.startsWith("02:00:00:00:01"));
  expect(ours.map(({ state }) => state).sort()).toEqual(left);
  expect(await host.fdb.get("br0", B)).toMatchObject({ state: "static" });
});

test("flushing a bridge reaches all of its ports, and no other bridge", async () => {
  await using host = await bridged();
  await host.addBridge("br1", { up: true });
  await host.addVeth("v2", { peer: { name: "v2p", up: true }, up: true });
  await host.attach("v2", "br1", { learning: false });
  await host.fdb.add("v0", A, { state: "dynamic" });
  await host.fdb.add("v1", B, { state: "dynamic" });
  await host.fdb.add("v2", A, { state: "dynamic" });
  await host.fdb.flush("br0");
  expect(await host.fdb.list({ bridge: "br0", state: "dynamic" })).toEqual([]);
  expect(await host.fdb.get("br1", A)).toMatchObject({ state: "dynamic" });
});

test("every choice of states is put to the kernel in at most two comparisons", () => {
  expect(stateTests(["permanent", "static", "dynamic"])).toEqual([{ state: [], mask: undefined }]);
  expect(stateTests(["static", "permanent"])).toHaveLength(2);
  expect(stateTests(["dynamic", "stale"])).toEqual([{ state: [], mask: ["noarp", "permanent"] }]);
});

test.for([
  ["add", "v0", "01:00:5e:00:00:01", {}, /^address: 01:00:5e:00:00:01 is a multicast MAC, .*\(mdb\)$/],
  ["add", "v0", "00:00:00:00:00:00", {}, /^address: a bridge forwards nothing to the MAC of zeros$/],
  ["add", "v0", "02:00", {}, /^"02:00" is not a MAC/],
  ["add", "br0", A, { state: "static" }, /^state: an entry on the bridge itself is permanent/],
  ["add", "v0", A, { state: "permanent", flags: ["sticky"] }, /^flags: an entry that is permanent cannot be sticky/],
  ["add", "v0", A, { flags: ["router"] }, /^flags: a bridge takes no notice of router$/],
  ["add", "v0", A, { flags: ["sticky", "offloaded"] }, /^flags: a bridge takes no notice of offloaded$/],
  ["add", "v0", A, { protocol: "static" }, /^protocol: a bridge takes no notice of it$/],
  ["add", "v0", A, { flags: ["self", "sticky"] }, /^flags: the table of v0 takes no notice of sticky$/],
  ["add", "v0", A, { flags: ["self"], dontRefresh: true }, /^dontRefresh: the table of v0 takes no notice of it$/],
  ["add", "v0", A, { flags: ["extLearned"], state: "static" }, /^state: an entry that is learned is dynamic$/],
  ["add", "br0", A, { flags: ["use"] }, /^flags: a bridge learns what is behind its ports, not what is on itself$/],
  ["add", "v0", A, { flags: ["self", "master"] }, /^flags: self and master are two tables/],
  ["add", "v0", A, { vlan: 4095 }, /^vlan: 4095 is not a VLAN from 1 to 4094$/],
  ["add", "v0", A, { vlan: 7 }, /^02:00:00:00:00:0a: .*\(EINVAL\); VLAN 7 is none of v0's$/],
  ["add", "v0", A, { vlan: 7, flags: ["self"] }, /\(EINVAL\); the table of v0 knows no VLANs$/],
  ["add", "v0", A, { state: "static", flags: ["self"] }, /\(EINVAL\); the table of v0 has permanent entries only$/],
  ["add", "v0p", A, { flags: ["master"] }, /\(EOPNOTSUPP\); v0p is no port of a bridge$/],
  ["remove", "v0", A, {}, /^02:00:00:00:00:0a: .*RTM_DELNEIGH.*\(ENOENT\); the table has no such entry$/],
  ["get", "v0", A, {}, /Fdb entry not found \(ENOENT\); the table has no such entry$/],
] as const)("%s %s %s %j: says what is wrong", async ([what, link, address, settings, words]) => {
  await using host = await bridged();
  await expect(host.fdb[what](link, address, settings as FdbSettings)).rejects.toThrow(words);
});

test("an entry that is there already is said to be", async () => {
  await using host = await bridged();
  await host.fdb.add("v0", A);
  await expect(host.fdb.add("v0", A)).rejects.toThrow(
    /\(EEXIST\); the table has this entry already; replace changes it$/,
  );
});

test("a port that does not learn takes no dynamic entry, and says why", async () => {
  await using host = await bridged();
  await host.setLink("v0", { up: false });
  await expect(host.fdb.add("v0", A, { state: "dynamic" })).rejects.toThrow(/\(EPERM\); v0 does not learn/);
  await host.fdb.add("v0", A, { state: "static" });
});
