import { expect, test } from "vitest";
import { planOf } from "../../../src/networks/definition.js";
import { freeSubnet, uniqueLocalSubnet } from "../../../src/networks/used-subnets.js";
import { isHostIn, overlaps, subnetOf, subnetText } from "../../../src/networks/subnet.js";

const nat = { name: "one", mode: "nat", subnet: "10.0.0.0/24" } as const;
const wrong: readonly [string, object][] = [
  ['name: "a/b" is not a network\'s name', { name: "a/b" }],
  ['mode: "bad" is none of isolated', { mode: "bad" }],
  ["subnte: no such option; did you mean", { subnte: "" }],
  ['subnet: "10.0.0.1/24" has bits behind its length: 10.0.0.0/24 is the subnet', { subnet: "10.0.0.1/24" }],
  ['subnet: "fd00::/64" is not a subnet of IPv4', { subnet: "fd00::/64" }],
  ['subnet: "10.0.0.0/31" has no room for guests', { subnet: "10.0.0.0/31" }],
  ["subnet: a network of mode nat needs a subnet", { subnet: undefined }],
  ["subnet: a network of mode isolated has none", { mode: "isolated" }],
  ["bridge: a network of mode bridge names the bridge", { mode: "bridge", subnet: undefined }],
  ["address: 10.0.0.255 is no host's in 10.0.0.0/24", { address: "10.0.0.255" }],
  ["address6: there is no subnet6 for it", { address6: "fd00::1" }],
  ['bridge: "lw-a-name-that-is-long" is too long', { name: "a-name-that-is-long" }],
  ["mac: ", { mac: "01:00:00:00:00:00" }],
  ["mtu: 100 is not an MTU", { mtu: 100 }],
  ["natSource: a network of mode route has none", { mode: "route", natSource: "192.0.2.1" }],
  ["outgoing: a network of mode host-only has none", { mode: "host-only", outgoing: "eth0" }],
  [
    "forwards.0: a network of mode open has no forwards",
    { mode: "open", forwards: [{ protocol: "tcp", port: 1, to: "10.0.0.2" }] },
  ],
  ["forwards.0.to: 10.0.0.1 is no guest's address", { forwards: [{ protocol: "tcp", port: 1, to: "10.0.0.1" }] }],
  [
    'forwards.0.port: "9-8" is neither a port nor a range',
    { forwards: [{ protocol: "tcp", port: "9-8", to: "10.0.0.2" }] },
  ],
  [
    "forwards.0.toPort: a range goes to the same ports",
    { forwards: [{ protocol: "tcp", port: "8-9", to: "10.0.0.2", toPort: 8 }] },
  ],
  ["dhcp.reservations.0.address", { dhcp: { reservations: [{ mac: "52:54:00:00:00:01", address: "10.0.1.2" }] } }],
  ["dhcp.range: no such option", { dhcp: { range: [] } }],
];

test.each(wrong)("what is wrong in a definition is named: %s", (words, change) => {
  expect(() => planOf({ ...nat, ...change })).toThrow(words);
});

test("a definition that is right has its bridge, its subnets and its own addresses", () => {
  const { bridge, subnets } = planOf({ ...nat, subnet6: "fd00:1::/64", address: "10.0.0.254" });
  expect(bridge).toBe("lw-one");
  expect(subnets.map(({ text, address }) => [text, address])).toEqual([
    ["10.0.0.0/24", "10.0.0.254"],
    ["fd00:1::/64", "fd00:1::1"],
  ]);
});

test("subnets overlap where they share an address, in their family alone", () => {
  const over = (one: string, other: string): boolean => overlaps(subnetOf(one), subnetOf(other));
  expect(over("10.0.0.0/8", "10.5.0.1/32")).toBe(true);
  expect(over("10.0.0.0/25", "10.0.0.128/25")).toBe(false);
  expect(over("0.0.0.0/0", "::/0")).toBe(false);
  expect(isHostIn(subnetOf("10.0.0.0/24"), "10.0.0.254")).toBe(true);
  expect(isHostIn(subnetOf("10.0.0.0/24"), "10.0.0.0")).toBe(false);
  expect(subnetText(subnetOf("fd00:0:0:1::5/64"))).toBe("fd00:0:0:1::/64");
});

test("a free subnet passes over all that is used, and there may be none", () => {
  const used = ["192.168.0.0/16", "10.200.0.0/16"].map((text) => ({ subnet: subnetOf(text), by: text }));
  expect(freeSubnet(used)).toBe("10.201.0.0/24");
  expect(() => freeSubnet([...used, { subnet: subnetOf("10.0.0.0/8"), by: "a route" }])).toThrow("is free: give one");
  expect(uniqueLocalSubnet()).toMatch(/^fd[\da-f]{2}:[\da-f:]+::\/64$/);
});
