import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import * as nft from "../../../src/netfilter/index.js";
import { type Scene, scene } from "../../../src/testing/index.js";
import { codes, found } from "../../kernel/diagnosis/machine.js";

/** A bridge with two ports whose far ends are up. */
async function bridged(options: { readonly vlanFiltering?: boolean } = {}): Promise<Scene<"here">> {
  const net = await scene({
    hosts: { here: { bridges: { br0: options }, ports: { guest: "br0", uplink: "br0" } } },
    links: [
      ["here:guest", "here:guest-end"],
      ["here:uplink", "here:uplink-end"],
    ],
  });
  for (const name of ["guest", "uplink"]) await net.hosts.here.waitFor(name, "forwarding");
  return net;
}

test("bridged frames go to a chain that drops them, until the setting is 0", async ({ skip }) => {
  const { status } = spawnSync("modprobe", ["br_netfilter"], { stdio: "ignore" });
  skip(status !== 0, "this kernel has no module br_netfilter");
  await using net = await bridged();
  const host = net.hosts.here;
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
  await using net = await bridged({ vlanFiltering: true });
  const host = net.hosts.here;
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
  await using net = await bridged({ vlanFiltering: true });
  const host = net.hosts.here;
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
  await using net = await scene({
    hosts: { here: {} },
    links: [
      ["here:one", "here:one-end"],
      ["here:two", "here:two-end"],
    ],
  });
  const host = net.hosts.here;
  await host.addBond("bond0", { mode: "802.3ad", miimon: 100, ports: ["one", "two"], up: true });
  await host.waitFor("bond0", "carrier");
  expect(await codes(host)).toEqual(["bond-without-partner bond0 one two"]);
});
