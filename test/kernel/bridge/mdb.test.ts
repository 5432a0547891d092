import { expect, test } from "vitest";
import { Host, type MulticastSettings } from "../../../src/index.js";

/** A bridge that is up, with a port. */
async function bridged(): Promise<Host> {
  const host = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { up: true });
  await host.addVeth("v0", { peer: { name: "v0p", up: true } });
  await host.attach("v0", "br0");
  return host;
}

test.for([
  ["239.1.1.1", {}, { state: "permanent" }],
  ["239.1.1.1", { state: "temporary" }, { state: "temporary" }],
  ["239.1.1.1", { source: "10.0.0.1" }, { state: "permanent", source: "10.0.0.1" }],
  ["ff05::1", {}, { state: "permanent" }],
  ["ff05::1", { source: "fd00::1" }, { state: "permanent", source: "fd00::1" }],
  ["01:00:00:00:00:05", {}, { state: "permanent" }],
] as [string, MulticastSettings, object][])(
  "a port that is made a member of %s with %j is listed so, until it is removed",
  async ([group, settings, expected]) => {
    await using host = await bridged();
    const [{ index: master }, { index }] = await Promise.all([host.link("br0"), host.link("v0")]);
    await host.mdb.add("v0", group, settings);
    const found = await host.mdb.list({ bridge: "br0", group });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ group, index, master, vlan: undefined, flags: [], ...expected });
    expect(found[0]!.timer === 0).toBe(found[0]!.state === "permanent");
    const { source } = settings;
    await host.mdb.remove("v0", group, { source });
    expect(await host.mdb.list({ group })).toEqual([]);
  },
);

test("the host itself is a temporary member", async () => {
  await using host = await bridged();
  const { index } = await host.link("br0");
  await host.mdb.add("br0", "239.1.1.9");
  expect(await host.mdb.list({ port: "br0", group: "239.1.1.9" })).toMatchObject([{ index, state: "temporary" }]);
});

test("entries are listed by bridge, port and group, and routers' ports by bridge and port", async () => {
  await using host = await bridged();
  await host.addBridge("br1", { up: true });
  await host.addVeth("v1", { peer: { name: "v1p", up: true } });
  await host.attach("v1", "br0", { multicastRouter: "perm" });
  await host.mdb.add("v0", "239.1.1.1");
  await host.mdb.add("v1", "239.1.1.2");
  const groups = async (filter: object): Promise<string[]> =>
    (await host.mdb.list(filter)).map(({ group }) => group).filter((group) => group.startsWith("239."));
  expect((await groups({ bridge: "br0" })).sort()).toEqual(["239.1.1.1", "239.1.1.2"]);
  expect(await groups({ bridge: "br1" })).toEqual([]);
  expect(await groups({ port: "v1" })).toEqual(["239.1.1.2"]);
  expect(await groups({ group: "239.1.1.1" })).toEqual(["239.1.1.1"]);
  await host.mdb.add("v1", "FF0E:0::1");
  expect(await host.mdb.list({ group: "FF0E:0::1" })).toMatchObject([{ group: "ff0e::1" }]);
  const [{ index }, { index: master }] = await Promise.all([host.link("v1"), host.link("br0")]);
  expect(await host.mdb.routers({ bridge: "br0" })).toMatchObject([{ index, master, type: "perm", timer: 0 }]);
  expect(await host.mdb.routers({ bridge: "br1" })).toEqual([]);
  expect(await host.mdb.routers({ port: "v0" })).toEqual([]);
});

test.for([
  ["add", "v0", "nonsense", {}, /^group: "nonsense" is no group: neither an IP address nor a MAC$/],
  ["add", "v0", "10.0.0.1", {}, /^10\.0\.0\.1: .*not multicast/],
  ["add", "v0", "239.1.1.1", { vlan: 0 }, /^vlan: 0 is not a VLAN from 1 to 4094$/],
  ["add", "v0p", "239.1.1.1", {}, /; v0p is no port of a bridge$/],
  ["remove", "v0", "239.1.1.1", {}, /RTM_DELMDB: invalid argument \(EINVAL\); the table has no such entry$/],
] as const)("%s %s %s %j: says what is wrong", async ([what, port, group, settings, words]) => {
  await using host = await bridged();
  await expect(host.mdb[what](port, group, settings)).rejects.toThrow(words);
});

test("a port that is a member already is said to be", async () => {
  await using host = await bridged();
  await host.mdb.add("v0", "239.1.1.1");
  await expect(host.mdb.add("v0", "239.1.1.1")).rejects.toThrow(/\(EEXIST\); v0 is a member already$/);
});

test("a bridge that does not watch multicast refuses entries, and is said to", async () => {
  await using host = await bridged();
  await host.setBridge("br0", { mcastSnooping: false });
  await expect(host.mdb.add("v0", "239.1.1.1")).rejects.toThrow(/; set the bridge's mcastSnooping$/);
});
