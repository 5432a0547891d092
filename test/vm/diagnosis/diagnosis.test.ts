import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import * as nft from "../../../src/netfilter/index.js";
import { codes, found } from "../../kernel/diagnosis/machine.js";

/** A bridge with two ports whose far ends are up. */
async function bridged(options: Parameters<Host["addBridge"]>[1] = {}): Promise<Host> {
  const host = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { up: true, ...options });
  for (const name of ["guest", "uplink"]) {
    await host.addVeth(name, { peer: { name: `${name}-end` } });
    await host.setLink(`${name}-end`, { up: true });
    await host.attach(name, "br0");
    await host.waitFor(name, "forwarding");
  }
  return host;
}

test("bridged frames go to a chain that drops them, until the setting is 0", async ({ skip }) => {
  const { status } = spawnSync("modprobe", ["br_netfilter"], { stdio: "ignore" });
  skip(status !== 0, "this kernel has no module br_netfilter");
  await using host = await bridged();
  expect(await codes(host)).toEqual([]);
  const filter = { family: "ip", table: "filter" } as const;
  await host.netfilter.commit([
    nft.addTable(filter),
    nft.addChain({ ...filter, chain: "FORWARD", base: { hook: "forward", priority: "filter", policy: "drop" } }),
  ]);
  const [finding, ...others] = await found(host);
  expect(others).toEqual([]);
  expect(finding).toMatchObject({
    code: "bridged-frames-filtered",
    severity: "error",
    links: ["br0"],
    summary: "bridged frames of IPv4 go to chain FORWARD of table ip filter, whose policy is drop",
  });
  expect(finding!.evidence[0]).toBe("net.bridge.bridge-nf-call-iptables is 1");
  await host.setSysctl("net.bridge.bridge-nf-call-iptables", 0);
  expect(await codes(host)).toEqual([]);
});

test("a port whose VLAN nobody else has, and one that has none", async () => {
  await using host = await bridged({ vlanFiltering: true });
  expect(await codes(host)).toEqual([]);
  await host.bridgeVlans.set("guest", [{ id: 10, pvid: true, untagged: true }]);
  expect(await codes(host)).toEqual(["vlan-alone guest br0"]);
  await host.bridgeVlans.add("uplink", [{ id: 10 }]);
  expect(await codes(host)).toEqual([]);
  await host.bridgeVlans.set("guest", []);
  expect((await found(host)).map(({ summary }) => summary)).toEqual([
    "guest is in no VLAN of br0, which filters by VLAN",
  ]);
});

test("a port that lets a VLAN out without tags, and has no pvid", async () => {
  await using host = await bridged({ vlanFiltering: true });
  await host.bridgeVlans.set("guest", [{ id: 1, untagged: true }]);
  const [finding, ...others] = await found(host);
  expect(others).toEqual([]);
  expect(finding).toMatchObject({
    code: "no-pvid",
    severity: "error",
    remedy: "linkwright bridge vlan add guest vlan=1 pvid untagged",
  });
});

test("a bond whose ports have no LACP partner", async () => {
  await using host = await Host.open({ namespace: "new" });
  for (const name of ["one", "two"]) {
    await host.addVeth(name, { peer: { name: `${name}-end` } });
    await host.setLink(`${name}-end`, { up: true });
  }
  await host.addBond("bond0", { mode: "802.3ad", miimon: 100, ports: ["one", "two"], up: true });
  await host.waitFor("bond0", "carrier");
  expect(await codes(host)).toEqual(["bond-without-partner bond0 one two"]);
});
