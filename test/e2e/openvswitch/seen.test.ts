import { get } from "node:http";
import type { IncomingMessage } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "vitest";
import type { Finding } from "../../../src/diagnosis/check.js";
import { diagnose } from "../../../src/diagnosis/diagnose.js";
import { followPath, type Path } from "../../../src/diagnosis/path/follow-path.js";
import { openvswitch } from "../../../src/openvswitch/open-vswitch.js";
import { seeOpenVswitch } from "../../../src/openvswitch/seen.js";
import { livePage } from "../../../src/wiring/live-page.js";
import { it, NETDEV, scene, tap } from "./scene.js";

const set = scene("Open vSwitch as the doctor and the page see it");

const see = () => seeOpenVswitch(join(set.real.folder, "db.sock"));

/** What the doctor says of Open vSwitch. */
async function findings(): Promise<Finding[]> {
  const all = await diagnose(set.host, { openVswitch: await see() });
  return all.filter(({ code }) => /switch/.test(code));
}

it("the doctor names a port that failed, one whose tag nobody else has, a bridge without its controller, and a switch that does not run", async () => {
  await set.ovs.addBridge("br0", NETDEV);
  const streams = [await tap(set, "tap1"), await tap(set, "tap2"), await tap(set, "tap3")];
  const ports = [
    { name: "tap1", tag: 10 },
    { name: "tap2", tag: 10 },
    { name: "tap3", tag: 20 },
  ];
  await set.ovs.addPorts("br0", ports);
  expect(await findings()).toMatchObject([
    { code: "switch-vlan-alone", links: ["tap3"], summary: "tap3 is alone in VLAN 20 of br0" },
  ]);
  await set.ovs.setPort("tap3", { tag: null, trunks: [10] });
  expect(await findings()).toEqual([]);
  await set.real.vsctl("add-port", "br0", "nosuch");
  expect(await findings()).toMatchObject([
    {
      code: "switch-port-failed",
      severity: "error",
      links: ["nosuch", "br0"],
      summary: "nosuch is no working port of br0: could not open network device nosuch (No such device)",
    },
  ]);
  await set.ovs.removePort("nosuch");
  await set.ovs.setBridge("br0", { failMode: "secure", controllers: ["tcp:127.0.0.1:1"] });
  expect(await findings()).toMatchObject([
    { code: "switch-without-controller", evidence: ["tcp:127.0.0.1:1 is not connected"] },
  ]);
  await set.real.stopSwitching();
  expect(await findings()).toMatchObject([
    { code: "open-vswitch-down", severity: "error", summary: "no ovs-vswitchd switches br0" },
  ]);
  await set.real.startSwitching();
  expect((await see())?.isSwitching).toBe(true);
  for (const stream of streams) stream.destroy();
});

it("the doctor says that a database does not answer, and nothing where there is none", async () => {
  expect(await seeOpenVswitch("/nowhere/db.sock")).toBeUndefined();
  await set.real.kill();
  expect(await findings()).toMatchObject([
    { code: "open-vswitch-down", summary: "Open vSwitch's database does not answer" },
  ]);
  await set.real.start();
  await set.ovs.database.transact([]);
});

it("a path leads through a bridge of Open vSwitch, by its VLANs and isolation", async () => {
  await set.ovs.addBridge("br0", NETDEV);
  const names = ["left", "right", "other", "trunk", "alone"];
  const streams = await Promise.all(names.map((name) => tap(set, name)));
  await set.ovs.addPorts("br0", [
    { name: "left", tag: 10 },
    { name: "right", tag: 10, isolated: true },
    { name: "other", tag: 20 },
    { name: "trunk", trunks: [10], isolated: true },
    { name: "alone", vlanMode: "trunk", trunks: [30] },
  ]);
  await set.host.setLink("br0", { up: true });
  const openVswitch = await see();
  const follow = (from: string, to: string, vlan = 0): Promise<Path> =>
    followPath(set.host, from, to, { openVswitch, vlan });
  expect(await follow("left", "right")).toMatchObject({
    arrives: true,
    hops: [
      { link: "left", does: "takes it into br0, in VLAN 10" },
      { link: "right", does: "gives it to its guest" },
    ],
  });
  expect((await follow("left", "trunk")).hops.at(-1)?.does).toBe("gives it to its guest, tagged with VLAN 10");
  expect((await follow("trunk", "left", 10)).arrives).toBe(true);
  expect((await follow("left", "other")).end?.why).toBe("other does not carry VLAN 10 of br0");
  expect((await follow("right", "trunk")).end?.why).toBe("right and trunk are both isolated");
  expect((await follow("left", "right", 10)).end?.why).toBe("left drops VLAN 10 (tag 10, trunks none)");
  expect((await follow("left", "br0")).end?.why).toBe("br0 gets VLAN 10 tagged, and has no VLAN device for it");
  expect((await follow("alone", "left")).end?.why).toBe("alone drops frames without a tag (tag none, trunks 30)");
  await set.ovs.setPort("left", { tag: null });
  const seen = { openVswitch: await see() };
  expect(await followPath(set.host, "left", "br0", seen)).toMatchObject({ arrives: true });
  await set.ovs.setBridge("br0", { failMode: "secure" });
  const secure = await followPath(set.host, "left", "right", { openVswitch: await see() });
  expect(secure.end?.remedy).toContain("ovs-appctl ofproto/trace");
  for (const stream of streams) stream.destroy();
});

it("the page draws ports of Open vSwitch on their bridge, and again when the switch changes", async () => {
  await set.ovs.addBridge("br0", NETDEV);
  const stream = await tap(set, "drawn");
  await set.ovs.addPort("br0", "drawn", { tag: 10 });
  const stop = new AbortController();
  await using openVswitch = await openvswitch({ remote: set.real.remote });
  const page = livePage(set.host, {
    title: "Wiring",
    names: ["127.0.0.1"],
    signal: stop.signal,
    pause: 20,
    openVswitch,
  });
  const server = createServer(page).listen(0, "127.0.0.1");
  await once(server, "listening");
  const asked = get({ host: "127.0.0.1", port: (server.address() as AddressInfo).port, path: "/events" });
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  response.on("error", () => undefined);
  const lines = createInterface({ input: response })[Symbol.asyncIterator]();
  const until = async (words: string): Promise<void> => {
    for (let line = ""; !line.includes(words);) line = ((await lines.next()) as { value: string }).value;
  };
  await until("VLAN 10");
  await set.ovs.setPort("drawn", { tag: 77 });
  await until("VLAN 77");
  stop.abort();
  response.destroy();
  server.close();
  server.closeAllConnections();
  stream.destroy();
});
