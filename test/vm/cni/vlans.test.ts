import { expect, test } from "vitest";
import { linkOf } from "../../../src/cni/attachment.js";
import type { Host } from "../../../src/index.js";
import { cniScene } from "../../kernel/cni/scene.js";

const LAYER2 = { cniVersion: "1.1.0", name: "wires", type: "linkwright-bridge" };

async function vlans(host: Host, port: string): Promise<object[]> {
  return (await host.bridgeVlans.list({ link: port })).map(({ id, to, pvid, untagged }) => ({
    id,
    ...(to === undefined ? {} : { to }),
    ...(pvid === true ? { pvid } : {}),
    ...(untagged === true ? { untagged } : {}),
  }));
}

test.each<[object, object[]]>([
  [{ vlan: 100 }, [{ id: 100, pvid: true, untagged: true }]],
  [
    { vlan: 100, preserveDefaultVlan: true },
    [
      { id: 1, untagged: true },
      { id: 100, pvid: true, untagged: true },
    ],
  ],
  [
    { vlanTrunk: [{ id: 7 }, { minID: 20, maxID: 22 }] },
    [{ id: 1, pvid: true, untagged: true }, { id: 7 }, { id: 20, to: 22 }],
  ],
  [{ vlan: 5, vlanTrunk: [{ id: 7 }] }, [{ id: 5, pvid: true, untagged: true }, { id: 7 }]],
])("%o", async (options, expected) => {
  await using scene = await cniScene();
  const container = await scene.container();
  await scene.ask("ADD", { ...LAYER2, ...options }, { container });
  const port = linkOf("wires", { container: container.id, ifname: "eth0" });
  expect(await vlans(scene.here.host, port)).toEqual(expected);
});

test("the gateway of a VLAN is on the bridge's own interface in it, once for all containers", async () => {
  await using scene = await cniScene();
  const container = await scene.container();
  const result = await scene.ask("ADD", scene.layer3({ vlan: 100 }), { container });
  expect(result.interfaces!.map(({ name }) => name)[3]).toBe("cni0.100");
  const { host } = scene.here;
  expect((await host.addresses({ link: "cni0.100", family: "inet" })).map(({ address }) => address)).toEqual([
    "10.22.0.1/24",
  ]);
  const other = await scene.container();
  await scene.ask("ADD", scene.layer3({ vlan: 100 }), { container: other });
  expect(await host.addresses({ link: "cni0.100", family: "inet" })).toHaveLength(1);
});

test("linkwright-vlan: the container's interface is a VLAN of the link, with an address, until DEL", async () => {
  await using scene = await cniScene();
  const { host } = scene.here;
  await host.addVeth("up0", { peer: { name: "far0", up: true }, up: true });
  const container = await scene.container();
  const wish = { program: "linkwright-vlan", container };
  const configuration = scene.layer3({ type: "linkwright-vlan", master: "up0", vlanId: 7, mtu: 1400 });
  const prevResult = await scene.ask("ADD", configuration, wish);
  expect(await container.host.link("eth0")).toMatchObject({
    up: true,
    mtu: 1400,
    link: (await host.link("up0")).index,
    linkInfo: { kind: "vlan", data: { id: 7 } },
  });
  expect(prevResult).toMatchObject({ ips: [{ interface: 0, address: "10.22.0.2/24" }] });
  await scene.ask("CHECK", { ...configuration, prevResult }, wish);
  expect(await scene.fails("CHECK", { ...configuration, vlanId: 8, prevResult }, wish)).toMatchObject({
    code: 101,
    msg: "eth0 has the VLAN 7, not 8",
  });
  await scene.ask("DEL", configuration, wish);
  expect((await container.host.links()).map(({ name }) => name)).toEqual(["lo"]);
});
