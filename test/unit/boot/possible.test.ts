import { expect, test } from "vitest";
import { mergeDeclarations } from "../../../src/boot/merge.js";
import { possibleOf } from "../../../src/boot/possible.js";
import { readDeclaration } from "../../../src/topology/index.js";

const WIRING = `
links:
  br0: { kind: bridge, addresses: [192.0.2.1/24] }
  br1: { kind: bridge, takeOver: eth1 }
  br2: { kind: bridge, addresses: [198.51.100.1/24] }
  eth0.10: { kind: vlan, link: eth0, id: 10, master: br2 }
  eth0.10.5: { kind: vlan, link: eth0.10, id: 5, addresses: [203.0.113.1/24] }
  eth2: { master: br0 }
  bond0: { kind: bond, primary: eth3 }
  eth3: { master: bond0 }
  v0: { kind: veth, peer: v1 }
  v1: { master: br1 }
  vnet*: { master: br0 }
  old0: { absent: true }
routes:
  - { destination: 10.1.0.0/16, gateway: 192.0.2.7 }
  - { destination: 10.2.0.0/16, gateway: 203.0.113.7 }
  - { destination: 10.3.0.0/16, link: eth0.10.5 }
  - { destination: 10.4.0.0/16, link: tun9 }
sysctls: { net/ipv4/conf/eth0.10/rp_filter: 0, net.ipv4.ip_forward: 1 }
`;

test("what cannot be without a link that is missing is left out, with its ports, routes and settings, and all else stays", () => {
  const { declaration, missing } = possibleOf(readDeclaration(WIRING), new Set(["lo", "eth2"]));
  expect(missing).toEqual(["eth0", "eth1", "eth3", "tun9"]);
  expect(Object.keys(declaration.links)).toEqual(["br0", "br2", "eth2", "bond0", "v0", "vnet*", "old0"]);
  expect(declaration.links["bond0"]).toEqual({ kind: "bond" });
  expect(declaration.routes.entries.map(({ destination }) => destination)).toEqual(["10.1.0.0/16"]);
  expect(declaration.sysctls).toEqual({ "net.ipv4.ip_forward": "1" });
});

test("with all its links it is the whole declaration", () => {
  const whole = readDeclaration(WIRING);
  const links = ["eth0", "eth1", "eth2", "eth3", "tun9"];
  expect(possibleOf(whole, new Set(links))).toEqual({ declaration: whole, missing: [] });
});

test("of two declarations the later one says what both say, and lists are joined", () => {
  const one = readDeclaration(
    "links: { br0: { kind: bridge, mtu: 1400, addresses: [10.0.0.1/24] }, a: { absent: true } }",
  );
  const other = readDeclaration(
    "links: { br0: { mtu: 1300, addresses: [10.0.0.1/24, 10.0.0.2/24] }, a: { kind: dummy } }\nsysctls: { net.a.b: 1 }",
  );
  const merged = mergeDeclarations([one, other]);
  expect(merged.links).toEqual({
    br0: {
      kind: "bridge",
      mtu: 1300,
      addresses: { only: false, entries: [{ address: "10.0.0.1/24" }, { address: "10.0.0.2/24" }] },
    },
    a: { kind: "dummy" },
  });
  expect(merged.sysctls).toEqual({ "net.a.b": "1" });
});

test("routes to the same place of two declarations are the later one's", () => {
  const route = (gateway: string): string => `routes: [{ destination: default, gateway: ${gateway} }]`;
  const merged = mergeDeclarations([readDeclaration(route("10.0.0.1")), readDeclaration(route("10.0.0.2"))]);
  expect(merged.routes.entries).toMatchObject([{ gateway: "10.0.0.2" }]);
});

test("what declarations cannot say together is refused", () => {
  const one = readDeclaration("links: { br0: { kind: bridge } }");
  const other = readDeclaration("links: { br*: { absent: true }, br0: { absent: true } }");
  expect(mergeDeclarations([one, other]).links["br0"]).toEqual({ absent: true });
  const port = readDeclaration("links: { v0: { kind: vlan, link: br0, id: 1 } }");
  const same = readDeclaration("links: { v0: { link: v0 } }".replace("link: v0", "master: v1"));
  expect(mergeDeclarations([port, same]).links["v0"]).toEqual({ kind: "vlan", link: "br0", id: 1, master: "v1" });
});

test("who keeps leases starts after what is enabled stands: dhcp is no part of that", () => {
  const whole = readDeclaration("links: { br0: { kind: bridge, dhcp: true }, eth0: { dhcp: false, up: true } }");
  const { links } = possibleOf(whole, new Set(["eth0"])).declaration;
  expect(links).toEqual({ br0: { kind: "bridge" }, eth0: { up: true } });
});
