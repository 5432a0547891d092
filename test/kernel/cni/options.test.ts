import { expect, test } from "vitest";
import { linkOf } from "../../../src/cni/attachment.js";
import type { Host } from "../../../src/index.js";
import { cniScene, type CniScene, type Container } from "./scene.js";

const LAYER2 = { cniVersion: "1.1.0", name: "wires", type: "linkwright-bridge" };

/** An attachment by these options, with what is to be looked at. */
async function attached(
  scene: CniScene,
  options: object,
  more: object = {},
): Promise<{ container: Container; host: Host; port: string; result: Awaited<ReturnType<CniScene["ask"]>> }> {
  const container = await scene.container();
  const result = await scene.ask("ADD", { ...LAYER2, ...options }, { container, ...more });
  const port = linkOf("wires", { container: container.id, ifname: "eth0" });
  return { container, host: scene.here.host, port, result };
}

async function portOptions(host: Host, port: string): Promise<Record<string, unknown>> {
  return (await host.link(port)).linkInfo?.slaveData as Record<string, unknown>;
}

test("without IPAM the interface is up and has no address", async () => {
  await using scene = await cniScene();
  const { container, result } = await attached(scene, {});
  expect(result.ips).toBeUndefined();
  expect(result.interfaces).toHaveLength(3);
  expect(await container.host.link("eth0")).toMatchObject({ up: true, mtu: 1500 });
  expect(await container.host.addresses({ link: "eth0", family: "inet" })).toEqual([]);
});

test("bridge, mtu, hairpinMode, portIsolation", async () => {
  await using scene = await cniScene();
  const { host, port, container } = await attached(scene, {
    bridge: "br-pods",
    mtu: 1400,
    hairpinMode: true,
    portIsolation: true,
  });
  expect(await portOptions(host, port)).toMatchObject({ mode: true, isolated: true });
  expect((await host.link("br-pods")).mtu).toBe(1400);
  expect((await host.link(port)).mtu).toBe(1400);
  expect((await container.host.link("eth0")).mtu).toBe(1400);
  const plain = await attached(scene, { bridge: "br-pods" });
  expect(await portOptions(host, plain.port)).toMatchObject({ mode: false, isolated: false });
});

test("promiscMode, disableContainerInterface", async () => {
  await using scene = await cniScene();
  const { host, container } = await attached(scene, { promiscMode: true, disableContainerInterface: true });
  expect((await host.link("cni0")).flags).toContain("promisc");
  expect((await container.host.link("eth0")).up).toBe(false);
});

test("a MAC: by the runtime before args before CNI_ARGS", async () => {
  await using scene = await cniScene();
  const asked = { environment: { CNI_ARGS: "MAC=02:00:00:00:00:01" } };
  const byArguments = await attached(scene, {}, asked);
  expect((await byArguments.container.host.link("eth0")).address).toBe("02:00:00:00:00:01");
  const args = { cni: { mac: "02:00:00:00:00:02" } };
  const byArgs = await attached(scene, { args }, asked);
  expect((await byArgs.container.host.link("eth0")).address).toBe("02:00:00:00:00:02");
  const byRuntime = await attached(scene, { args, runtimeConfig: { mac: "02:00:00:00:00:03" } }, asked);
  expect((await byRuntime.container.host.link("eth0")).address).toBe("02:00:00:00:00:03");
});

test("forceAddress replaces what is in the way", async () => {
  await using scene = await cniScene();
  const { host } = scene.here;
  await scene.ask("ADD", scene.layer3(), { container: await scene.container() });
  const moved = scene.layer3({ name: "moved", forceAddress: true }, { subnet: "10.33.0.0/24" });
  await scene.ask("ADD", moved, { container: await scene.container() });
  expect((await host.addresses({ link: "cni0", family: "inet" })).map(({ address }) => address)).toEqual([
    "10.33.0.1/24",
  ]);
});

test("both families, with default routes by both, and addresses that can be used at once", async () => {
  await using scene = await cniScene();
  const container = await scene.container();
  const both = { subnet: undefined, ranges: [[{ subnet: "10.22.0.0/24" }], [{ subnet: "fd00:22::/64" }]] };
  const result = await scene.ask("ADD", scene.layer3({}, both), { container });
  expect(result.routes).toEqual([
    { dst: "0.0.0.0/0", gw: "10.22.0.1" },
    { dst: "::/0", gw: "fd00:22::1" },
  ]);
  const [six] = (await container.host.addresses({ link: "eth0", family: "inet6" })).filter(({ address }) =>
    address.startsWith("fd00"),
  );
  expect(six).toMatchObject({ address: "fd00:22::2/64" });
  expect(six!.flags).not.toContain("tentative");
  expect(
    (await container.host.routes.list({ family: "inet6" })).map(({ destination, gateway }) => [destination, gateway]),
  ).toContainEqual(["default", "fd00:22::1"]);
  await scene.ask("CHECK", { ...scene.layer3({}, both), prevResult: result }, { container });
});

test("two interfaces of a container may both have a default route: the later comes first", async () => {
  await using scene = await cniScene();
  const container = await scene.container();
  await scene.ask("ADD", scene.layer3(), { container });
  const second = scene.layer3({ name: "second", bridge: "cni1" }, { subnet: "10.33.0.0/24" });
  await scene.ask("ADD", second, { container, ifname: "eth1" });
  const routes = (await container.host.routes.list({ family: "inet" })).filter(
    ({ destination }) => destination === "default",
  );
  expect(routes.map(({ gateway }) => gateway)).toEqual(["10.33.0.1", "10.22.0.1"]);
});

test.each([
  ["linkwright-tap", {}],
  ["linkwright-vlan", { vlanId: 7 }],
  ["linkwright-macvtap", {}],
  ["linkwright-ovs", { bridge: "ovs0" }],
] as const)("%s refuses the bounds that it does not set, and takes those that bind nobody", async (program, more) => {
  await using scene = await cniScene();
  const container = await scene.container();
  const configuration = { cniVersion: "1.1.0", name: "pods", ...more };
  for (const bound of [
    { antiSpoof: true },
    { macspoofchk: true },
    { rate: { ingressRate: 1000 } },
    { runtimeConfig: { bandwidth: { egressRate: 1000 } } },
  ]) {
    const failed = await scene.fails("ADD", { ...configuration, ...bound }, { container, program });
    expect(failed).toMatchObject({
      code: 7,
      msg: expect.stringContaining("linkwright-bridge alone does that") as string,
    });
  }
  const none = { antiSpoof: false, macspoofchk: null, rate: {}, runtimeConfig: { bandwidth: { egressRate: 0 } } };
  const { text } = await scene.call("ADD", { ...configuration, ...none }, { container, program });
  expect(text).not.toContain("linkwright-bridge alone");
});

test("antiSpoof without addresses that anything says is refused", async () => {
  await using scene = await cniScene();
  const failed = await scene.fails("ADD", { ...LAYER2, antiSpoof: true }, { container: await scene.container() });
  expect(failed).toMatchObject({ code: 7, msg: expect.stringMatching(/^antiSpoof: /) as string });
});

test("static addresses, with their gateways and DNS", async () => {
  await using scene = await cniScene();
  const ipam = {
    type: "static",
    addresses: [{ address: "10.44.0.9/24", gateway: "10.44.0.254" }, { address: "fd00:44:0:0::9/64" }],
    routes: [{ dst: "10.0.0.0/8" }],
    dns: { nameservers: ["10.44.0.53"] },
  };
  const container = await scene.container();
  const configuration = { ...LAYER2, ipMasq: true, ipam };
  const result = await scene.ask("ADD", configuration, { container });
  expect(result).toMatchObject({
    ips: [{ address: "10.44.0.9/24", gateway: "10.44.0.254" }, { address: "fd00:44:0:0::9/64" }],
    routes: [{ dst: "10.0.0.0/8" }],
    dns: ipam.dns,
  });
  expect(
    (await container.host.routes.list({ family: "inet" })).map(({ destination, gateway }) => [destination, gateway]),
  ).toContainEqual(["10.0.0.0/8", "10.44.0.254"]);
  await scene.ask("CHECK", { ...configuration, prevResult: result }, { container });
  await scene.ask("DEL", configuration, { container });
  const byArguments = await scene.ask("ADD", configuration, {
    container,
    environment: { CNI_ARGS: "IP=10.44.0.10/24;GATEWAY=10.44.0.1" },
  });
  expect(byArguments.ips).toMatchObject([{}, {}, { address: "10.44.0.10/24", gateway: "10.44.0.1" }]);
});

test.each<[string, object]>([
  ["0.3.1", { ips: [{ version: "4", interface: 2, address: "10.22.0.2/24", gateway: "10.22.0.1" }] }],
  ["0.4.0", { ips: [{ version: "4", interface: 2, address: "10.22.0.2/24", gateway: "10.22.0.1" }] }],
  ["1.0.0", { ips: [{ interface: 2, address: "10.22.0.2/24", gateway: "10.22.0.1" }] }],
])("an answer in the words of %s", async (cniVersion, words) => {
  await using scene = await cniScene();
  const container = await scene.container();
  const result = await scene.ask("ADD", scene.layer3({ cniVersion }), { container });
  expect(result).toMatchObject({ cniVersion, ...words, dns: {} });
  expect(Object.keys(result.ips![0]!)).toEqual(Object.keys((words as { ips: object[] }).ips[0]!));
  expect(result.interfaces!.flatMap((each) => Object.keys(each))).not.toContain("mtu");
});

test.each<[string, string, object | string, object, number, string]>([
  ["no JSON", "ADD", "{", {}, 6, "the configuration is no JSON"],
  ["no object", "ADD", "[]", {}, 6, "the configuration is no object"],
  ["a version that is none", "ADD", { cniVersion: "9.0.0" }, {}, 1, 'cniVersion "9.0.0" is none of 0.3.0'],
  ["no version", "ADD", { cniVersion: undefined }, {}, 1, 'cniVersion "0.1.0" is none of'],
  ["CHECK before it was there", "CHECK", { cniVersion: "0.3.1" }, {}, 1, "does not know CHECK, which came with 0.4.0"],
  ["GC before it was there", "GC", { cniVersion: "1.0.0" }, {}, 1, "does not know GC, which came with 1.1.0"],
  [
    "STATUS before it was there",
    "STATUS",
    { cniVersion: "1.0.0" },
    {},
    1,
    "does not know STATUS, which came with 1.1.0",
  ],
  ["no name", "ADD", { name: "" }, {}, 7, 'name: "" is no network\'s name'],
  ["a name that leads elsewhere", "ADD", { name: "../x" }, {}, 7, "is no network's name"],
  [
    "an operation that is none",
    "PLAY",
    {},
    {},
    4,
    'CNI_COMMAND: "PLAY" is none of ADD, CHECK, DEL, GC, STATUS, VERSION',
  ],
  ["no container's id", "ADD", {}, { environment: { CNI_CONTAINERID: "" } }, 4, "CNI_CONTAINERID: ADD needs it"],
  ["an id that leads elsewhere", "ADD", {}, { id: "../x" }, 4, 'CNI_CONTAINERID: "../x" is no container\'s id'],
  ["no interface's name", "ADD", {}, { ifname: "" }, 4, "CNI_IFNAME: ADD needs it"],
  ["a name that none has", "ADD", {}, { ifname: "a/b" }, 4, "CNI_IFNAME: "],
  [
    "a namespace that is gone",
    "ADD",
    {},
    { netns: "/run/netns/gone" },
    3,
    "CNI_NETNS: /run/netns/gone is no namespace that there is",
  ],
  ["arguments that are none", "ADD", {}, { environment: { CNI_ARGS: "x" } }, 4, 'CNI_ARGS: "x" is not KEY=VALUE'],
  ["a program that is none", "ADD", {}, { program: "bridge" }, 4, "bridge is none of linkwright-bridge"],
  ["a switch that is none", "ADD", { isGateway: "yes" }, {}, 7, 'isGateway: "yes" is neither true nor false'],
  ["a VLAN that is none", "ADD", { vlan: 4095 }, {}, 7, "vlan: 4095 is not a whole number from 0 to 4094"],
  ["half a trunk", "ADD", { vlanTrunk: [{ minID: 2 }] }, {}, 7, "vlanTrunk.0: minID and maxID stand together"],
  [
    "a trunk the wrong way",
    "ADD",
    { vlanTrunk: [{ minID: 5, maxID: 2 }] },
    {},
    7,
    "vlanTrunk.0.maxID: 2 is less than minID, 5",
  ],
  ["a bridge that none is called", "ADD", { bridge: "much-too-long-for-a-link" }, {}, 7, "bridge: "],
  ["a rate that is none", "ADD", { rate: { egressRate: -1 } }, {}, 7, "rate.egressRate: -1 is no number of bits"],
  [
    "antiSpoof of a trunk",
    "ADD",
    { antiSpoof: true, vlanTrunk: [{ id: 7 }] },
    {},
    7,
    "antiSpoof: it drops frames with",
  ],
  [
    "hairpinMode and promiscMode",
    "ADD",
    { hairpinMode: true, promiscMode: true },
    {},
    7,
    "promiscMode: hairpinMode does the same",
  ],
  [
    "an address of what stays down",
    "ADD",
    { disableContainerInterface: true, ipam: { type: "static", addresses: [{ address: "10.0.0.1/8" }] } },
    {},
    7,
    "disableContainerInterface: an interface that stays down has no address",
  ],
  [
    "a port that is none",
    "ADD",
    { runtimeConfig: { portMappings: [{ hostPort: 70000, containerPort: 80 }] } },
    {},
    7,
    "runtimeConfig.portMappings.0.hostPort: 70000 is no port",
  ],
  [
    "an IPAM plugin that is not there",
    "ADD",
    { ipam: { type: "nowhere" } },
    {},
    100,
    "no plugin nowhere is in CNI_PATH, /usr/lib/cni",
  ],
  [
    "an IPAM plugin with a path",
    "ADD",
    { ipam: { type: "../nowhere" } },
    {},
    7,
    'ipam.type: "../nowhere" is no plugin\'s name',
  ],
  [
    "VLANs on a bridge that does not filter",
    "ADD",
    { vlan: 7, bridge: "plain" },
    {},
    100,
    "it does not filter by VLAN",
  ],
])("refused: %s", async (_, command, configuration, wish, code, words) => {
  await using scene = await cniScene();
  await scene.here.host.addBridge("plain", { up: true });
  const container = await scene.container();
  const before = await scene.dump();
  const whole = typeof configuration === "string" ? configuration : { ...LAYER2, ...configuration };
  const failed = await scene.fails(command, whole, { container, ...wish });
  expect(failed).toMatchObject({ code });
  expect(failed.msg).toContain(words);
  expect(await scene.dump()).toBe(before);
});

test("the namespace that the plugin is started in is no container's", async () => {
  await using scene = await cniScene();
  const namespace = await scene.here.host.namespaceDescriptor();
  const failed = await scene.fails("ADD", LAYER2, { id: "own", netns: `/proc/${process.pid}/fd/${namespace.fd}` });
  expect(failed).toMatchObject({ code: 8 });
  await namespace.close();
});

test("VERSION says what is spoken", async () => {
  await using scene = await cniScene();
  const { text } = await scene.call("VERSION", "");
  expect(JSON.parse(text)).toEqual({
    cniVersion: "1.1.0",
    supportedVersions: ["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"],
  });
});
