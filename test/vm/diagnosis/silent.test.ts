import { spawnSync } from "node:child_process";
import { test } from "vitest";
import { Host } from "../../../src/index.js";
import { addCard, addContainers, checkSilent } from "../../kernel/diagnosis/healthy.js";

const { status: noWireguard } = spawnSync("modprobe", ["wireguard"], { stdio: "ignore" });

test("nothing is found of a VRF with a card and a bridge of its own, strict about where packets come from", async () => {
  await using host = await Host.open({ namespace: "new" });
  await using _blue = await addCard(host, "blue", "192.168.1.5/24");
  await using _red = await addCard(host, "red");
  await host.addLink("vrf-red", "vrf", { table: 100, up: true });
  await host.setLink("red", { master: "vrf-red" });
  // Networks of VRFs may be the same.
  await host.addAddress("red", "192.168.1.5/24");
  await host.routes.add("default", { gateway: "192.168.1.1", link: "blue" });
  await host.routes.add("default", { gateway: "192.168.1.1", link: "red", table: 100 });
  const containers = await addContainers(host, "br-red", "10.0.0.1/24");
  await host.setLink("br-red", { master: "vrf-red" });
  await host.setSysctl("net.ipv4.ip_forward", 1);
  await host.setSysctl("net.ipv4.conf.all.rp_filter", 1);
  await checkSilent(host);
  for (const each of containers) await each.close();
});

test("nothing is found of WireGuard, with networks behind it, strict", async ({ skip }) => {
  skip(noWireguard !== 0, "this kernel has no module wireguard");
  await using host = await Host.open({ namespace: "new" });
  await using _beyond = await addCard(host, "wan", "192.168.1.5/24");
  await host.routes.add("default", { gateway: "192.168.1.1" });
  await host.addLink("wg0", { other: "wireguard" }, { mtu: 1420, up: true });
  await host.addAddress("wg0", "10.8.0.1/24");
  await host.routes.add("10.9.0.0/16", { link: "wg0" });
  await host.setSysctl("net.ipv4.conf.all.rp_filter", 1);
  await checkSilent(host);
});

test("nothing is found of two bridges that filter by VLAN, joined by two pairs in VLANs apart, nor of a bond over two cards", async () => {
  await using host = await Host.open({ namespace: "new" });
  await using _one = await addCard(host, "one");
  await using _two = await addCard(host, "two");
  await host.addBond("bond0", { mode: "active-backup", miimon: 100, ports: ["one", "two"], up: true });
  await host.waitFor("bond0", "carrier");
  for (const name of ["br0", "br1"]) await host.addBridge(name, { up: true, vlanFiltering: true, vlanDefaultPvid: 0 });
  await host.attach("bond0", "br0", { vlans: [{ id: 10 }, { id: 20 }] });
  for (const id of [10, 20]) {
    await host.addVeth(`a${id}`, { up: true, peer: { name: `b${id}`, up: true } });
    for (const [port, bridge] of [
      [`a${id}`, "br0"],
      [`b${id}`, "br1"],
    ] as const)
      await host.attach(port, bridge, { vlans: [{ id, pvid: true, untagged: true }] });
    await host.bridgeVlans.add("br1", [{ id }]);
    for (const port of [`a${id}`, `b${id}`, "bond0"]) await host.waitFor(port, "forwarding");
  }
  await host.addVlan("br1.10", { link: "br1", id: 10, up: true });
  await host.addAddress("br1.10", "192.168.1.5/24");
  await checkSilent(host);
});
