import { expect, test } from "vitest";
import { followPath, type Path } from "../../../src/diagnosis/index.js";
import { type Scene, scene, type SceneTapSettings } from "../../../src/testing/index.js";

function told({ hops, end }: Path): string[] {
  return [...hops.map(({ link, does }) => `${link} ${does}`), ...(end === undefined ? [] : [`!! ${end.why}`])];
}

/** A bridge that filters by VLAN, a guest in VLAN 10, and a trunk over a bond whose ports are pairs. */
async function filtering(): Promise<Scene<"here">> {
  const inVlan = (id: number): SceneTapSettings => ({
    bridge: "br0",
    port: { vlans: [{ id, pvid: true, untagged: true }] },
  });
  const net = await scene({
    hosts: {
      here: {
        bridges: { br0: { vlanFiltering: true, vlanDefaultPvid: 0 } },
        taps: { guest1: inVlan(10), guest2: inVlan(20) },
        addresses: { br0: "192.0.2.1/24" },
      },
    },
    links: [["here:nic", "here:nic-end"]],
  });
  const { here } = net.hosts;
  await here.addBond("bond0", { mode: "active-backup", miimon: 100, ports: ["nic"], up: true });
  await here.attach("bond0", "br0", { vlans: [{ id: 10 }] });
  await here.waitFor("bond0", "forwarding");
  return net;
}

test("a frame keeps its VLAN through a bridge, and leaves tagged by the bond's active port", async () => {
  await using net = await filtering();
  const host = net.hosts.here;
  const { hops } = await followPath(host, "guest1", "bond0");
  expect(hops.map(({ link, does }) => `${link} ${does}`).slice(0, 4)).toEqual([
    "guest1 takes it into br0, in VLAN 10",
    "br0 has not heard bond0, and floods",
    "bond0 sends it by nic (active-backup)",
    "nic hands it to its other end, nic-end",
  ]);
});

test("a frame ends at a port that is not in its VLAN, one without pvid, and at the bridge itself", async () => {
  await using net = await filtering();
  const host = net.hosts.here;
  expect(told(await followPath(host, "guest1", "guest2")).at(-1)).toBe("!! guest2 is not in VLAN 10 of br0");
  expect(told(await followPath(host, "guest1", "192.0.2.1")).at(-1)).toBe("!! br0 itself is not in VLAN 10");
  expect(told(await followPath(host, "guest1", "guest2", { vlan: 30 })).at(-1)).toBe(
    "!! guest1 is not in VLAN 30 of br0",
  );
  await host.bridgeVlans.set("guest1", [{ id: 10 }]);
  expect(told(await followPath(host, "guest1", "guest2")).at(-1)).toBe(
    "!! guest1 has no pvid: br0 drops frames without a tag",
  );
});

test("a frame for a VLAN device goes to it without its tag, and is tagged on its way out", async () => {
  await using net = await scene({
    hosts: { here: { bridges: { br10: {} }, taps: { guest1: { bridge: "br10" } } } },
    links: [["here:nic", "here:nic-end"]],
  });
  const host = net.hosts.here;
  await host.addVlan("nic.10", { link: "nic", id: 10 });
  await host.attach("nic.10", "br10");
  expect(told(await followPath(host, "guest1", "nic.10")).slice(0, 4)).toEqual([
    "guest1 takes it into br10",
    "br10 has not heard nic.10, and floods",
    "nic.10 tags it with VLAN 10, for nic",
    "nic hands it to its other end, nic-end",
  ]);
  expect(told(await followPath(host, "nic", "guest1", { vlan: 10 }))).toEqual([
    "nic takes the tag of VLAN 10 off, for nic.10",
    "nic.10 takes it into br10",
    "br10 has not heard guest1, and floods",
    "guest1 gives it to its guest",
  ]);
});
