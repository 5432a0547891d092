import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { NetworkDefinition } from "../../../src/networks/index.js";
import { withNetworks } from "../../../src/qemu/network-rules.js";
import { checkPolicy } from "../../../src/qemu/policy.js";

let folder: string;
const vlans = [{ id: 10, pvid: true, untagged: true }];
const networks: readonly NetworkDefinition[] = [
  { name: "office", mode: "nat", subnet: "10.0.0.0/24" },
  { name: "lan", mode: "bridge", bridge: "br0", vlans },
  { name: "open", mode: "bridge", bridge: "ovs0", switch: "openvswitch" },
  { name: "card", mode: "macvtap", interfaces: ["eth1"] },
  {
    name: "strict",
    mode: "nat",
    subnet: "10.1.0.0/24",
    subnet6: "fd00:1::/64",
    antiSpoof: true,
    dhcp: { reservations: [{ mac: "52:54:00:00:00:07", address: "10.1.0.7" }] },
  },
];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "linkwright-networks-"));
  for (const each of networks) writeFileSync(join(folder, `${each.name}.json`), JSON.stringify(each));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const resolved = (rule: object) => withNetworks(checkPolicy({ rules: [rule] }), folder).rules[0];

test("a rule that names a network has its bridge and VLANs; what the rule says itself stays", () => {
  expect(resolved({ network: "office", port: { isolated: true } })).toEqual({
    bridge: "lw-office",
    port: { isolated: true },
  });
  expect(resolved({ network: "lan" })).toEqual({ bridge: "br0", vlans });
  expect(resolved({ network: "lan", vlans: [{ id: 7 }] })).toEqual({ bridge: "br0", vlans: [{ id: 7 }] });
  expect(resolved({ network: "open" })).toEqual({ bridge: "ovs0", switch: "openvswitch" });
  expect(resolved({ bridge: "br7" })).toEqual({ bridge: "br7" });
});

test("a guest that can be nobody else has the addresses that its network keeps for its MAC, and those that are given", () => {
  const guest = (antiSpoof: object, network = "strict") => resolved({ network, antiSpoof })!.antiSpoof;
  const mac = "52:54:00:00:00:07";
  const six = "fd00:1::5054:ff:fe00:7";
  expect(guest({ mac: mac.toUpperCase() })).toEqual({ mac, addresses: ["10.1.0.7", six] });
  expect(guest({ mac, addresses: ["10.1.0.9"] })).toEqual({ mac, addresses: ["10.1.0.7", six, "10.1.0.9"] });
  expect(guest({ mac, addresses: ["10.0.0.9"] }, "office")).toEqual({ mac, addresses: ["10.0.0.9"] });
});

test.each([
  [{ network: "none" }, 'rules.0.network: there is no network "none"'],
  [{ network: "card" }, "rules.0.network: guests of card are on no bridge"],
  [{ network: "open", rate: { egress: 8000 } }, "rules.0.rate: a port of Open vSwitch has no such limit here"],
  [{ network: "strict" }, "rules.0.antiSpoof: guests of strict can be nobody but themselves"],
  [
    { network: "office", antiSpoof: { mac: "52:54:00:00:00:07" } },
    "rules.0.antiSpoof: office keeps no address for 52:54:00:00:00:07",
  ],
  [{ bridge: "br0", antiSpoof: { mac: "7" } }, "rules.0.antiSpoof.mac: "],
  [{ network: "lan", bridge: "br0" }, "rules.0.network: a network has a bridge of its own"],
])("%j is refused", (rule, words) => {
  expect(() => resolved(rule)).toThrow(words);
});
