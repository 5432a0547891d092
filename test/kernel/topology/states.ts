import type { HostDeclaration } from "../../../src/topology/index.js";

/** A host with a bit of everything, whose NIC is n0. */
export const before: HostDeclaration = {
  links: {
    lo: { up: true },
    br0: {
      kind: "bridge",
      address: "02:00:00:00:00:01",
      ageingTime: 60_000,
      up: true,
      addresses: ["10.0.0.1/24", "fd00::1/64"],
    },
    br1: { kind: "bridge", address: "02:00:00:00:00:02", up: true, alias: "old", addresses: ["10.8.0.1/24"] },
    tap0: { kind: "tun", owner: 1000, address: "02:00:00:00:01:00", master: "br0", asPort: { isolated: true } },
    tap1: { kind: "tun", address: "02:00:00:00:01:01", master: "br1" },
    n0: {
      kind: "veth",
      peer: "n1",
      address: "02:00:00:00:02:00",
      up: true,
      addresses: ["10.1.0.1/24", { address: "fd01::1/64", flags: ["nodad"] }],
      neighbours: [{ address: "10.1.0.9", lladdr: "02:00:00:00:00:99" }],
    },
    n1: { address: "02:00:00:00:02:01", up: true },
    m0: {
      kind: "macvlan",
      link: "n0",
      mode: "private",
      address: "02:00:00:00:03:00",
      up: true,
      addresses: ["10.2.0.1/24"],
    },
    vx0: { kind: "vxlan", id: 5, port: 4789, link: "n0", address: "02:00:00:00:04:00", up: true },
  },
  routes: [
    { destination: "default", gateway: "10.1.0.254", link: "n0" },
    { destination: "192.0.2.0/24", gateway: "10.0.0.7", metric: 5, table: 100 },
    { destination: "203.0.113.0/24", gateway: "10.2.0.7", link: "m0" },
    { destination: "198.51.100.0/24", type: "unreachable" },
    { destination: "default", gateway: "fd01::fe", link: "n0" },
  ],
  rules: [{ iif: "n0", priority: 100, table: 100 }],
  sysctls: { "net.ipv4.ip_forward": 1, "net/ipv4/conf/n0/rp_filter": 2 },
};

/** Nearly all of it otherwise: links that go, come, and are made anew, ports that move, the NIC in a bridge. */
export const after: HostDeclaration = {
  links: {
    br0: {
      kind: "bridge",
      mcastSnooping: true,
      ageingTime: 30_000,
      mtu: 1400,
      addresses: { only: true, entries: ["10.0.9.1/24"] },
    },
    br1: { absent: true },
    br2: { kind: "bridge", address: "02:00:00:00:00:03", takeOver: "n0" },
    tap0: { master: "br2", asPort: { isolated: false, learning: false } },
    tap1: { master: "br0", mtu: 1300 },
    tap2: { kind: "tun", address: "02:00:00:00:01:02", master: "br0", rate: { egress: 1e7 } },
    m0: { absent: true },
    vx0: { kind: "vxlan", id: 6 },
    q0: { kind: "veth", peer: "q1", address: "02:00:00:00:05:00", up: true },
    q1: { address: "02:00:00:00:05:01", master: "br2" },
  },
  routes: [
    { destination: "192.0.2.0/24", table: 100, metric: 5, absent: true },
    { destination: "198.51.100.0/24", type: "blackhole" },
    { destination: "10.99.0.0/16", gateway: "10.1.0.77", link: "br2" },
  ],
  rules: [{ from: "10.0.0.0/8", priority: 50, table: 200 }],
  sysctls: { "net.ipv4.ip_forward": 0 },
};
