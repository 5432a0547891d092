import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type NetworkDefinition, networkSchema, readNetwork, writeNetwork } from "../../../src/networks/index.js";

const FILE = `# yaml-language-server: $schema=network.schema.json
name: web
mode: nat
subnet: 192.168.100.0/24
natPorts: 1024-65535
firewall: adopt
forwards:
  - { protocol: tcp, port: 8080, to: 192.168.100.10, toPort: 80 }
  - { protocol: udp, port: 5000-5010, to: 192.168.100.10 }
dhcp:
  leaseTime: 7200s
  ranges: [{ first: 192.168.100.50, last: 192.168.100.99 }]
  reservations: [{ mac: "52:54:00:00:00:07", address: 192.168.100.7, hostname: seven }]
  options: { ntpServers: [192.168.100.1] }
`;

const definitions: Readonly<Record<string, NetworkDefinition>> = {
  "of a file": readNetwork(FILE),
  "without DHCP": { name: "a", mode: "route", subnet: "10.0.0.0/24", dhcp: false },
  "with odd durations": { name: "a", mode: "nat", subnet: "auto", dhcp: { leaseTime: 1_500_500 } },
  "of cards": { name: "a", mode: "macvtap", macvtapMode: "passthru", interfaces: ["eth1", "eth2"] },
  "of functions": { name: "a", mode: "hostdev", interfaces: ["eth1"], vlans: [{ id: 9, pvid: true, untagged: true }] },
  "of XML": { name: "a", mode: "isolated", libvirt: "<network>\n  <name>a</name>\n</network>\n" },
};

test.each(Object.entries(definitions))("a definition %s is written as YAML, and read as the same", (_, definition) => {
  expect(readNetwork(writeNetwork(definition))).toEqual(definition);
});

test("a file of YAML is read, durations with their unit; JSON has milliseconds, and comments", () => {
  expect(readNetwork(FILE)).toMatchObject({ mode: "nat", dhcp: { leaseTime: 7_200_000 } });
  const json = '{ "name": "a", "mode": "nat", /* free */ "subnet": "auto", "dhcp": { "leaseTime": 1000 } }';
  expect(readNetwork(json)).toEqual({ name: "a", mode: "nat", subnet: "auto", dhcp: { leaseTime: 1000 } });
});

test.each([
  ["name: a\nmode: net\n", 'web.yaml:2:1: mode: "net" is none of isolated, host-only, nat'],
  ["name: a\nmode: nat\nsubnett: auto\n", 'web.yaml:3:1: subnett: there is no such property; did you mean "subnet"?'],
  ["name: a\nmode: nat\ndhcp: { leaseTime: 30 }\n", "web.yaml:3:9: dhcp.leaseTime: 30 is not a duration such as 3600s"],
  ["mode: nat\n", "name: it is missing"],
  ["name: [", "web.yaml:1:"],
])("what is wrong is said with its place: %j", (text, words) => {
  expect(() => readNetwork(text, "web.yaml")).toThrow(words);
});

test("the published schema is the one that definitions have", () => {
  const published = readFileSync(new URL("../../../docs/network.schema.json", import.meta.url), "utf8");
  expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(networkSchema())));
});
