import { expect, test } from "vitest";
import { NetlinkError } from "../../../src/index.js";
import { cniScene, type CniScene } from "./scene.js";

/** A link of this machine that interfaces may stand on, with the machine's default route. */
async function uplink({ here: { host } }: CniScene): Promise<void> {
  await host.addVeth("up0", { peer: { name: "far0", up: true }, up: true });
  await host.addAddress("up0", "192.0.2.1/24");
  await host.routes.add("default", { gateway: "192.0.2.254", link: "up0" });
}

function layer2(type: string, more: object = {}): Record<string, unknown> {
  return { cniVersion: "1.1.0", name: "pods", type, ...more };
}

/** Skips, and says so, where the kernel has no links of a kind. */
async function needs(context: { skip: (why: string) => void }, work: Promise<unknown>, kind: string): Promise<void> {
  await work.catch((error: unknown) => {
    if (error instanceof NetlinkError && error.code === "EOPNOTSUPP") context.skip(`this kernel has no ${kind}`);
    throw error;
  });
}

const tap = { program: "linkwright-tap" };
const macvtap = { program: "linkwright-macvtap" };

test("a TAP is made in the container with virtio's headers, its owner and its queues; the answer tells of it alone", async () => {
  await using scene = await cniScene();
  const container = await scene.container();
  const { host } = scene.here;
  const links = (await host.links()).length;
  const configuration = layer2("linkwright-tap", { multiQueue: true, owner: 107, group: 108, mtu: 1400 });
  const result = await scene.ask("ADD", configuration, { ...tap, container });
  const link = await container.host.link("eth0");
  expect(result).toMatchObject({
    interfaces: [{ name: "eth0", mac: link.address, mtu: 1400, sandbox: container.netns }],
  });
  expect(link).toMatchObject({
    up: true,
    alias: `cni pods ${container.id} eth0`,
    linkInfo: {
      kind: "tun",
      data: { type: "tap", owner: 107, group: 108, vnetHdr: true, multiQueue: true, persist: true },
    },
  });
  expect((await host.links()).length).toBe(links);
  expect(await scene.call("CHECK", { ...configuration, prevResult: result }, { ...tap, container })).toMatchObject({
    code: 0,
  });
  for (const round of [1, 2])
    expect(await scene.call("DEL", configuration, { ...tap, container }), `DEL ${round}`).toMatchObject({ code: 0 });
  expect((await container.host.links()).map(({ name }) => name)).toEqual(["lo"]);
});

test("a TAP joins a bridge of the container, and is refused where there is none", async () => {
  await using scene = await cniScene();
  const container = await scene.container();
  const configuration = layer2("linkwright-tap", { bridge: "br0" });
  expect(await scene.fails("ADD", configuration, { ...tap, container })).toMatchObject({
    code: 7,
    msg: "bridge: the container has no bridge br0",
  });
  await container.host.addBridge("br0", { up: true });
  await scene.ask("ADD", configuration, { ...tap, container });
  const bridge = await container.host.link("br0");
  expect((await container.host.link("eth0")).master).toBe(bridge.index);
});

test("an interface in the container that somebody else has made stays: ADD is refused, and DEL leaves it", async () => {
  await using scene = await cniScene();
  const container = await scene.container();
  await container.host.addTap("eth0");
  expect(await scene.fails("ADD", layer2("linkwright-tap"), { ...tap, container })).toMatchObject({ code: 100 });
  await scene.ask("DEL", layer2("linkwright-tap"), { ...tap, container });
  expect((await container.host.links()).map(({ name }) => name)).toEqual(["lo", "eth0"]);
});

test("a second ADD of the same interface says that it is there", async () => {
  await using scene = await cniScene();
  const container = await scene.container();
  await scene.ask("ADD", layer2("linkwright-tap"), { ...tap, container });
  expect(await scene.fails("ADD", layer2("linkwright-tap"), { ...tap, container })).toEqual(
    expect.objectContaining({ code: 100, msg: `${container.id} has eth0 of pods already` }),
  );
});

test("selinuxContext is refused with the reason, and a port of this machine, too", async () => {
  await using scene = await cniScene();
  const container = await scene.container();
  const labelled = layer2("linkwright-tap", { selinuxContext: "system_u:object_r:tun:s0" });
  expect(await scene.fails("ADD", labelled, { ...tap, container })).toMatchObject({ code: 7 });
  const mapped = layer2("linkwright-tap", { runtimeConfig: { portMappings: [{ hostPort: 80, containerPort: 80 }] } });
  expect((await scene.fails("ADD", mapped, { ...tap, container })).msg).toContain("runtimeConfig.portMappings");
});

test("a macvtap stands on the link of the default route, with its address and its routes, until DEL", async (context) => {
  await using scene = await cniScene();
  await uplink(scene);
  const container = await scene.container();
  const configuration = scene.layer3({ type: "linkwright-macvtap", isDefaultGateway: undefined, ipMasq: undefined });
  const added = scene.ask("ADD", { ...configuration, mode: "private" }, { ...macvtap, container });
  await needs(context, added, "macvtap");
  const up0 = await scene.here.host.link("up0");
  expect(await container.host.link("eth0")).toMatchObject({
    up: true,
    link: up0.index,
    linkInfo: { kind: "macvtap", data: { mode: "private" } },
  });
  expect((await container.host.addresses({ link: "eth0", family: "inet" })).map(({ address }) => address)).toEqual([
    "10.22.0.2/24",
  ]);
  const prevResult = await added;
  expect(prevResult).toMatchObject({ ips: [{ interface: 0, address: "10.22.0.2/24", gateway: "10.22.0.1" }] });
  const check = { ...configuration, prevResult };
  expect(await scene.fails("CHECK", { ...check, mode: "vepa" }, { ...macvtap, container })).toMatchObject({
    code: 101,
    msg: "eth0 has the mode private, not vepa",
  });
  await scene.ask("CHECK", { ...check, mode: "private" }, { ...macvtap, container });
  await scene.ask("DEL", configuration, { ...macvtap, container });
  expect((await container.host.links()).map(({ name }) => name)).toEqual(["lo"]);
});

test("where no master is given and there is no default route, or the master is not there, the words say so", async () => {
  await using scene = await cniScene();
  const container = await scene.container();
  expect(await scene.fails("ADD", layer2("linkwright-macvtap"), { ...macvtap, container })).toMatchObject({
    code: 7,
    msg: "master: there is no default route that says which link is meant",
  });
  const named = layer2("linkwright-macvtap", { master: "ens9" });
  expect((await scene.fails("ADD", named, { ...macvtap, container })).msg).toBe(
    "master: there is no ens9 on this machine",
  );
});

test("a VLAN needs its id, and an MTU that its link has", async () => {
  await using scene = await cniScene();
  await uplink(scene);
  const container = await scene.container();
  const wish = { program: "linkwright-vlan", container };
  expect((await scene.fails("ADD", layer2("linkwright-vlan", { master: "up0" }), wish)).msg).toBe(
    "vlanId: it must be given",
  );
  const large = layer2("linkwright-vlan", { master: "up0", vlanId: 7, mtu: 9000 });
  expect((await scene.fails("ADD", large, wish)).msg).toBe("mtu: 9000 is more than that of up0, 1500");
});
