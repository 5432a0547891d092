import { expect } from "vitest";
import { DONE, plain, type Said } from "../../kernel/cli/terminal.js";
import { bridgeNamed, it, portNamed, scene } from "./scene.js";

const set = scene("linkwright ovs");

/** Types `linkwright ovs …`; words with a space in them are given by themselves. */
function type(line: string, ...more: string[]): Promise<Said> {
  return plain("ovs", ...line.split(" "), ...more, `db=${set.real.remote}`);
}

async function ask(line: string): Promise<unknown> {
  const { status, stdout, stderr } = await plain("--json", "ovs", ...line.split(" "), `db=${set.real.remote}`);
  expect({ line, status, stderr }).toEqual({ line, status: 0, stderr: "" });
  return JSON.parse(stdout);
}

it("bridges are added, changed, listed, shown and deleted by words", async () => {
  expect(await type("bridge add br0 datapath-type=netdev fail-mode=secure external-ids=owner=me,vm-id=7")).toEqual(
    DONE,
  );
  expect(await bridgeNamed(set, "br0")).toMatchObject({
    datapathType: "netdev",
    failMode: "secure",
    externalIds: { owner: "me", "vm-id": "7" },
  });
  expect(await type("bridge set br0 fail-mode=none rstp")).toEqual(DONE);
  expect(await bridgeNamed(set, "br0")).toMatchObject({ failMode: undefined, rstp: true });
  expect((await type("list")).stdout).toMatch(/^NAME +DATAPATH .*\nbr0 +netdev +- +rstp +0\n$/);
  expect((await type("show")).stdout).toMatch(/^br0 {2}netdev; RSTP\n└─ br0 {2}internal number 65534 \w+\n$/);
  expect((await type("bridge br0")).stdout).toMatch(/^br0 {2}netdev/);
  expect(await type("bridge delete br0")).toEqual(DONE);
  expect((await type("show")).stdout).toBe("no bridges\n");
  expect((await type("bridge delete br0")).stderr).toBe("linkwright: br0: there is no bridge of this name (ENODEV)\n");
  expect(await type("bridge delete br0 if-exists")).toEqual(DONE);
});

it("ports have their VLANs, and lose them, by words", async () => {
  await type("bridge add br0 datapath-type=netdev");
  expect(await ask("port add br0 in0 type=internal tag=10 external-ids=iface-id=x")).toMatchObject({ name: "in0" });
  expect(await type("port add br0 p0 type=patch peer=p1 trunks=20-22,30 vlan-mode=trunk")).toEqual(DONE);
  expect(await portNamed(set, "br0", "p0")).toMatchObject({ trunks: [20, 21, 22, 30], vlanMode: "trunk" });
  const listed = (await type("port br0")).stdout;
  expect(listed).toMatch(/^in0 +br0 +tag 10 +internal +\d+ +/m);
  expect(listed).toMatch(/^p0 +br0 +trunks 20-22,30, trunk +patch +/m);
  expect(await type("port set in0 tag=none isolated")).toEqual(DONE);
  expect(await portNamed(set, "br0", "in0")).toMatchObject({ tag: undefined, isolated: true });
  expect(await type("port delete in0 p0")).toEqual(DONE);
  expect(await ask("port br0")).toMatchObject([{ name: "br0", bridge: "br0" }]);
});

it("a port that failed ends with 65, and is not left in the bridge", async () => {
  await type("bridge add br0 datapath-type=netdev");
  expect(await type("port add br0 nosuch")).toEqual({
    status: 65,
    stdout: "",
    stderr: "linkwright: nosuch: could not open network device nosuch (No such device) (EIO)\n",
  });
  expect((await bridgeNamed(set, "br0")).ports.map(({ name }) => name)).toEqual(["br0"]);
});

it("bonds, mirrors and limits are made and printed by words", async () => {
  await set.host.addVeth("e0", { up: true, peer: { name: "f0" } });
  await set.host.addVeth("e1", { up: true, peer: { name: "f1" } });
  await type("bridge add br0 datapath-type=netdev");
  expect(await type("bond add br0 bond0 e0 e1 mode=balance-slb up-delay=100ms")).toEqual(DONE);
  expect((await type("bond")).stdout).toMatch(/^bond0 +br0 +balance-slb +off +e0 \w+.*, e1 \w+/m);
  await type("port add br0 out type=internal");
  expect(await type("mirror add br0 m0 from=bond0 output-port=out")).toEqual(DONE);
  expect((await type("mirror")).stdout).toBe("  m0  of br0\n");
  expect(await type("mirror delete br0 m0")).toEqual(DONE);
  expect(await ask("mirror")).toEqual([]);
  expect(await type("qos out ingress=20mbit egress=10mbit queues=1:2mbit-5mbit")).toEqual(DONE);
  expect((await type("qos out")).stdout).toBe("  ingress  20mbit\n  egress   10mbit\n  queue 1  2mbit-5mbit\n");
  expect(await type("qos out ingress=none egress=none")).toEqual(DONE);
  expect((await type("qos out")).stdout).toBe("  ingress  unlimited\n  egress   unlimited\n");
});

it("the database is read, written and watched as ovsdb-client does", async () => {
  expect((await type("db")).stdout).toBe("Open_vSwitch\n_Server\n");
  expect((await type("db list-tables")).stdout).toMatch(/^Bridge\n/m);
  await type("bridge add br0 datapath-type=netdev");
  expect((await type("db dump Open_vSwitch Bridge name")).stdout).toMatch(/\bbr0\b/);
  const query = '["Open_vSwitch",{"op":"select","table":"Bridge","where":[],"columns":["name"]}]';
  expect((await type("db transact", query)).stdout).toBe('[{"rows":[{"name":"br0"}]}]\n');
});

it("what cannot be meant is said in the words that were typed, and nothing is changed", async () => {
  await type("bridge add br0 datapath-type=netdev");
  const wrong = async (line: string, words: string) =>
    expect(await type(line)).toEqual({ status: 2, stdout: "", stderr: `linkwright: ${words}\n` });
  await wrong("port add br0 in0 type=internal tag=4096", "tag: 4096 is not a VLAN from 1 to 4094");
  await wrong(
    "bond add br0 bond0 e0 e1 mode=balance-slp",
    'mode: "balance-slp" is none of active-backup, balance-slb, balance-tcp; did you mean "balance-slb"?',
  );
  await wrong("port set br0", "it is not said what to change");
  await wrong("qos br0 egress=none queues=1:5mbit", "queues: there are no queues without egress=");
  await wrong("port add br0 p0 type=patch", "peer: a patch needs the name of its other end");
  expect((await bridgeNamed(set, "br0")).ports).toHaveLength(1);
});
