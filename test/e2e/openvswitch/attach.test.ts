import { join } from "node:path";
import { expect } from "vitest";
import { describeOperations } from "../../../src/index.js";
import { lacks, type Outcome, run } from "../../kernel/scene/program.js";
import { provideTinyGuest } from "../tiny-guest.js";
import { bridgeNamed, count, failure, it, NETDEV, portNamed, scene, tap } from "./scene.js";
import { inside } from "./servers.js";

const MAIN = join(import.meta.dirname, "../../../dist/code/cli.cjs");
const set = scene("ports attached to Open vSwitch");

/** Emulated guests on a busy machine take their time. */
const GUEST_TIME = 120_000;

/** The command line, in the scene's namespace and with its database. */
async function linkwright(...words: readonly string[]): Promise<Outcome> {
  const { words: prefix, close } = await inside(set.host);
  try {
    const environment = ["env", `OVS_RUNDIR=${set.real.folder}`];
    return await run([...prefix, ...environment, process.execPath, MAIN, ...words], undefined, GUEST_TIME);
  } finally {
    await close();
  }
}

const namesOf = async (bridge: string): Promise<string[]> =>
  (await bridgeNamed(set, bridge)).ports.map(({ name }) => name);

it("a host attaches a link to a bridge of Open vSwitch with VLANs and isolation, and takes it out again", async () => {
  await set.ovs.addBridge("br0", NETDEV);
  const bridge = set.ovs.bridge("br0");
  await set.host.addTap("tap0");
  await set.host.attach("tap0", bridge, { isolated: true, vlans: [{ id: 10, pvid: true, untagged: true }] });
  expect(await portNamed(set, "br0", "tap0")).toMatchObject({ tag: 10, vlanMode: "access", isolated: true });
  expect((await set.host.link("tap0")).up).toBe(true);
  await set.host.attach("tap0", bridge, {
    vlans: [
      { id: 10, pvid: true },
      { id: 20, to: 22 },
    ],
  });
  expect(await portNamed(set, "br0", "tap0")).toMatchObject({
    ...{ tag: 10, trunks: [10, 20, 21, 22], vlanMode: "native-tagged", isolated: true },
  });
  await set.host.attach("tap0", bridge, { vlans: [{ id: 20 }] });
  expect(await portNamed(set, "br0", "tap0")).toMatchObject({ tag: undefined, trunks: [20], vlanMode: "trunk" });
  await set.host.detach("tap0", { from: bridge });
  expect(await namesOf("br0")).toEqual(["br0"]);
  await set.host.remove("tap0");
});

it("frames pass between two TAPs that were attached with the same VLAN, and not to one with another", async () => {
  await set.ovs.addBridge("br0", NETDEV);
  const bridge = set.ovs.bridge("br0");
  const access = (id: number): object => ({ vlans: [{ id, pvid: true, untagged: true }] });
  const [one, two, other] = [await tap(set, "tap1"), await tap(set, "tap2"), await tap(set, "tap3")];
  await set.host.attach("tap1", bridge, access(10));
  await set.host.attach("tap2", bridge, access(10));
  await set.host.attach("tap3", bridge, access(20));
  const frame = Buffer.concat([Buffer.from("ffffffffffff02000000000188b5", "hex"), Buffer.alloc(46, 7)]);
  const isOurs = (got: Buffer): boolean => got.subarray(12, 14).toString("hex") === "88b5";
  const arrived = new Promise<void>((resolve) => two.on("data", (got: Buffer) => isOurs(got) && resolve()));
  let strays = 0;
  other.on("data", (got: Buffer) => (strays += Number(isOurs(got))));
  one.write(frame);
  await arrived;
  expect(strays).toBe(0);
  for (const each of [one, two, other]) each.destroy();
});

it("what a port of Open vSwitch cannot have is refused before anything is done", async () => {
  await set.ovs.addBridge("br0", NETDEV);
  const bridge = set.ovs.bridge("br0");
  await set.host.addTap("tap0");
  const attach = (options: object): Promise<void> => set.host.attach("tap0", bridge, options);
  await expect(attach({ cost: 5 })).rejects.toThrow(
    /^cost: ports of br0 take no such option; they take vlans, isolated/,
  );
  await expect(attach({ vlans: [] })).rejects.toThrow(/^vlans: a port of Open vSwitch has at least one VLAN$/);
  await expect(attach({ vlans: [{ id: 5, untagged: true }] })).rejects.toThrow(/^vlans\.0\.untagged: /);
  await expect(attach({ vlans: [{ id: 5, tunnel: 9 }] })).rejects.toThrow(/^vlans\.0\.tunnel: /);
  await expect(attach({ vlans: [{ id: 5 }], tag: 5 })).rejects.toThrow(/^vlans: give vlans, or tag/);
  await expect(attach({ tag: 4096 })).rejects.toThrow(/^tag: 4096 is no VLAN/);
  expect(await namesOf("br0")).toEqual(["br0"]);
  await set.host.remove("tap0");
});

it("a TAP that is made for a switch is gone again, here and there, when something of it is refused", async () => {
  await set.ovs.addBridge("br0", NETDEV);
  const bridge = set.ovs.bridge("br0");
  const error = await failure(set.host.addTap("tap0", { bridge, port: { tag: 7 }, mtu: 40 }).then(() => undefined));
  expect(error.message).toMatch(/mtu/);
  const missing = await failure(set.host.addTap("tap0", { bridge: set.ovs.bridge("nosuch") }).then(() => undefined));
  expect(missing).toMatchObject({ code: "ENODEV", subject: "nosuch" });
  expect([await namesOf("br0"), await count(set, "Interface")]).toEqual([["br0"], 1]);
  await expect(set.host.link("tap0")).rejects.toMatchObject({ code: "ENODEV" });
  await set.host.addTap("tap0", { bridge, port: { tag: 7 }, mtu: 1400 });
  expect(await portNamed(set, "br0", "tap0")).toMatchObject({ tag: 7 });
  expect(await set.host.link("tap0")).toMatchObject({ up: true, mtu: 1400 });
  await set.host.remove("tap0");
});

it("a port moves from a bridge of Linux to one of Open vSwitch and back, and stays where the switch refuses it", async () => {
  await set.ovs.addBridge("br0", NETDEV);
  const { index } = await set.host.addBridge("lan0", { up: true });
  await set.host.addTap("tap0", { bridge: "lan0", port: { isolated: true } });
  const nosuch = set.ovs.bridge("nosuch");
  await expect(set.host.attach("tap0", nosuch, { move: true })).rejects.toMatchObject({ code: "ENODEV" });
  expect(await set.host.link("tap0")).toMatchObject({ master: index, linkInfo: { slaveData: { isolated: true } } });
  const journal = set.host.journal();
  await set.host.attach("tap0", set.ovs.bridge("br0"), { move: true, tag: 5, journal });
  expect(await namesOf("br0")).toEqual(["br0", "tap0"]);
  expect(describeOperations(await journal.write()).filter((line) => !line.startsWith(" "))).toEqual([
    "tap0 was taken out of its master; to take it back: put tap0 back as it was",
    "tap0 was made a port of br0; to take it back: take tap0 out of br0",
  ]);
  expect(await journal.undo()).toBeUndefined();
  expect(await namesOf("br0")).toEqual(["br0"]);
  expect(await set.host.link("tap0")).toMatchObject({ master: index, linkInfo: { slaveData: { isolated: true } } });
  await set.host.removeAll(["tap0", "lan0"]);
});

it("what was changed or taken out of a bridge is put back by a journal", async () => {
  await set.ovs.addBridge("br0", NETDEV);
  const bridge = set.ovs.bridge("br0");
  await set.host.addTap("tap0", { bridge, port: { tag: 7, externalIds: { "iface-id": "x" } } });
  const before = await portNamed(set, "br0", "tap0");
  const journal = set.host.journal();
  await set.host.attach("tap0", bridge, { vlans: [{ id: 8, to: 9 }], isolated: true, journal });
  expect(await portNamed(set, "br0", "tap0")).toMatchObject({ trunks: [8, 9], tag: undefined, isolated: true });
  await set.host.detach("tap0", { from: bridge, journal });
  expect(await journal.undo()).toBeUndefined();
  const { interfaces, ...after } = await portNamed(set, "br0", "tap0");
  expect(after).toEqual({ ...before, interfaces: undefined });
  expect(interfaces[0]!.externalIds).toEqual({ "iface-id": "x" });
  await set.host.remove("tap0");
});

it("a TAP for QEMU joins a bridge of Open vSwitch, and leaves nothing there when QEMU has ended", async () => {
  await set.ovs.addBridge("br0", NETDEV);
  const qemu = await set.host.tapForQemu({ name: "vm0", bridge: set.ovs.bridge("br0"), port: { tag: 12 } });
  expect(await portNamed(set, "br0", "vm0")).toMatchObject({ tag: 12 });
  await qemu.close();
  await qemu.leave();
  expect(await namesOf("br0")).toEqual(["br0"]);
});

it("on the command line a bridge's name may be one of Open vSwitch's: attach, detach, tap add and qemu run", async () => {
  await set.ovs.addBridge("br0", NETDEV);
  const done = { status: 0, stderr: "" };
  expect(await linkwright("tap", "add", "tap0", "bridge=br0")).toMatchObject(done);
  expect(await namesOf("br0")).toEqual(["br0", "tap0"]);
  expect(await linkwright("detach", "tap0")).toMatchObject(done);
  expect(await namesOf("br0")).toEqual(["br0"]);
  expect(await linkwright("attach", "tap0", "br0", "vlan=30", "pvid", "untagged", "isolated")).toMatchObject(done);
  expect(await portNamed(set, "br0", "tap0")).toMatchObject({ tag: 30, vlanMode: "access", isolated: true });
  expect(await linkwright("attach", "tap0", "br0", "cost=5")).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^linkwright: cost: ports of br0 take no such option/) as string,
  });
  const program = ["--", "sh", "-c", `OVS_RUNDIR=${set.real.folder} ovs-vsctl list-ports br0`];
  expect(await linkwright("qemu", "run", "bridge=br0", "name=vm0", ...program)).toMatchObject({
    ...done,
    stdout: "tap0\nvm0\n",
  });
  expect(await namesOf("br0")).toEqual(["br0", "tap0"]);
  await set.host.remove("tap0");
});

it("show and graph hang its ports on a bridge of Open vSwitch, with their VLANs; patches are said of it", async () => {
  await set.ovs.addBridge("br0", NETDEV);
  await set.host.addTap("vm1", { bridge: set.ovs.bridge("br0"), port: { tag: 10 } });
  await set.host.addTap("vm2", { bridge: set.ovs.bridge("br0"), port: { trunks: [20, 30], isolated: true } });
  await set.ovs.addPort("br0", "p0", { type: "patch", peer: "p1" });
  const { stdout } = await linkwright("show");
  expect(stdout).toMatch(/^br0 .*bridge of Open vSwitch,/m);
  expect(stdout).toMatch(/p0 patch p1/);
  expect(stdout).toMatch(/^├─ vm1 .*VLAN 10,/m);
  expect(stdout).toMatch(/^└─ vm2 .*trunk 20, 30, isolated,/m);
  const { stdout: dot } = await linkwright("graph", "format=dot");
  expect(dot).toContain("bridge of Open vSwitch");
  for (const name of ["vm1", "vm2"]) await set.host.remove(name);
});

it(
  "two guests that qemu run puts into a VLAN of a bridge of Open vSwitch ping each other",
  async ({ skip }) => {
    const missing = lacks("qemu-system-x86_64", "--version");
    skip(missing !== undefined, missing);
    const { guest, missing: lacking } = provideTinyGuest();
    skip(lacking !== undefined, lacking);
    await set.ovs.addBridge("br0", NETDEV);
    const addresses = ["10.0.0.1", "10.0.0.2"];
    const machine = ["-M", "pc", "-m", "96", "-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot"];
    const guests = addresses.map((address, i) => {
      const line = `console=ttyS0 quiet panic=-1 guest.ip=${address} guest.peer=${addresses[1 - i]!}`;
      const kernel = ["-kernel", guest!.image, "-initrd", guest!.initrd, "-append", line];
      const port = ["bridge=br0", `name=vm${i}`, "vlan=10", "pvid", "untagged"];
      return linkwright("qemu", "run", ...port, "--", "qemu-system-x86_64", ...machine, ...kernel);
    });
    const ended = await Promise.all(guests);
    guest!.remove();
    for (const [i, { status, stdout }] of ended.entries()) {
      expect(stdout).toContain(`GUEST ${addresses[i]!}: ${addresses[1 - i]!} heard`);
      expect(status).toBe(0);
    }
    expect(await namesOf("br0")).toEqual(["br0"]);
  },
  GUEST_TIME,
);
