import type { HostDeclaration } from "../../../src/topology/index.js";
import { thorough } from "../../thorough.js";

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

/** A router: next hops, groups of them, wrapped routes, neighbours, and two NICs with each other's names. */
const router: HostDeclaration = {
  links: {
    lo: { up: true },
    eth0: {
      kind: "veth",
      peer: "far0",
      address: "02:00:00:00:10:00",
      up: true,
      addresses: ["10.0.0.1/24", "10.0.0.2/24", "10.0.1.1/24", { address: "fd00::1/64", flags: ["nodad"] }],
      neighbours: [
        { address: "10.0.0.9", lladdr: "02:00:00:00:00:99" },
        { address: "10.0.0.8", proxy: true },
      ],
    },
    far0: { address: "02:00:00:00:10:01", up: true },
    eth1: { kind: "veth", peer: "far1", address: "02:00:00:00:11:00", up: true, altnames: ["uplink"] },
    far1: { address: "02:00:00:00:11:01", up: true },
    d0: { kind: "veth", peer: "e0", address: "02:00:00:00:12:00", up: true, addresses: ["10.3.0.1/24"] },
    e0: { address: "02:00:00:00:12:01", up: true },
  },
  nexthops: [
    { id: 1, gateway: "10.0.0.254", link: "eth0" },
    { id: 2, gateway: "10.3.0.254", link: "d0" },
    { id: 10, group: [{ id: 1 }, { id: 2, weight: 3 }] },
    { id: 3, blackhole: true },
  ],
  routes: [
    { destination: "default", nexthopId: 10 },
    { destination: "192.0.2.0/24", nexthopId: 1, metric: 5 },
    {
      destination: "198.51.100.0/24",
      nexthops: [
        { gateway: "10.0.0.253", link: "eth0" },
        { link: "d0", weight: 2 },
      ],
    },
    { destination: "203.0.113.0/24", nexthopId: 3, table: 100 },
    { destination: "default", gateway: "fd00::fe", link: "eth0" },
  ],
  rules: [
    { from: "10.0.0.0/8", priority: 50, table: 100 },
    { iif: "eth1", priority: 60, table: 101 },
  ],
  sysctls: { "net.ipv4.ip_forward": 1, "net/ipv4/conf/eth0/rp_filter": 2, "net/ipv4/conf/eth1/rp_filter": 0 },
};

const rerouted: HostDeclaration = {
  links: {
    eth1: {
      match: { address: "02:00:00:00:10:00" },
      mtu: 1400,
      addresses: { only: true, entries: ["10.0.0.2/24", "10.0.7.1/24"] },
    },
    eth0: { match: { altname: "uplink" }, alias: "was eth1", addresses: ["10.4.0.1/24"] },
    new0: { kind: "macvlan", address: "02:00:00:00:13:00", link: "eth0", mode: "private", up: true },
    d0: { absent: true },
    d1: { kind: "veth", peer: "e1", address: "02:00:00:00:14:00", up: true, addresses: ["10.3.0.1/24"] },
    e1: { address: "02:00:00:00:14:01", up: true },
  },
  nexthops: [
    { id: 1, gateway: "10.4.0.254", link: "eth0" },
    { id: 2, gateway: "10.3.0.253", link: "d1" },
    { id: 3, absent: true },
    { id: 10, group: [{ id: 1, weight: 5 }, { id: 2 }] },
    { id: 4, gateway: "10.0.7.254", link: "eth1" },
  ],
  routes: [
    { destination: "default", nexthopId: 10 },
    { destination: "192.0.2.0/24", metric: 5, absent: true },
    { destination: "198.51.100.0/24", type: "prohibit" },
    { destination: "10.77.0.0/16", nexthopId: 4 },
  ],
  rules: { only: true, entries: [{ to: "10.0.0.0/8", priority: 51, table: 102 }] },
  sysctls: { "net/ipv4/conf/eth1/rp_filter": 1, "net.ipv4.ip_forward": 0 },
};

const many = (count: number, make: (number: number) => HostDeclaration["links"]): HostDeclaration["links"] =>
  Object.assign({}, ...Array.from({ length: count }, (_, number) => make(number))) as HostDeclaration["links"];

/** Guests on two bridges, and what they become: other bridges, options and limits, some gone, some new. */
const guests: HostDeclaration = {
  links: {
    lo: { up: true },
    br0: { kind: "bridge", address: "02:00:00:00:20:00", up: true, addresses: ["10.20.0.1/24"] },
    br1: { kind: "bridge", address: "02:00:00:00:21:00", up: true, addresses: ["10.21.0.1/24"] },
    ...many(8, (number) => ({
      [`vnet${number}`]: {
        kind: "tun",
        owner: 1000,
        address: `02:00:00:00:22:0${number}`,
        master: number < 5 ? "br0" : "br1",
        asPort: { isolated: number % 2 === 0 },
        ...(number < 2 ? { rate: { egress: 8e6 } } : {}),
      },
    })),
  },
  routes: [{ destination: "192.0.2.0/24", gateway: "10.21.0.7" }],
};

const moved: HostDeclaration = {
  links: {
    br0: { kind: "bridge", ageingTime: 60_000, mcastSnooping: false, addresses: ["10.20.0.2/24"] },
    br1: { absent: true },
    br2: { kind: "bridge", address: "02:00:00:00:23:00", up: true, addresses: ["10.21.0.1/24"] },
    "vnet*": { master: "br2", asPort: { learning: false } },
    vnet0: { rate: { egress: 16e6 } },
    vnet1: { rate: { egress: "unlimited" }, up: false },
    vnet6: { absent: true },
    vnet7: { kind: "tun", owner: 1001, vnetHdr: true },
    ...many(4, (number) => ({
      [`tap${number}`]: { kind: "tun", address: `02:00:00:00:24:0${number}`, master: "br0", mtu: 1400 },
    })),
  },
  routes: [{ destination: "192.0.2.0/24", gateway: "10.20.0.7" }],
  sysctls: { "net/ipv4/conf/br2/forwarding": 1 },
};

/** Large plans, from one state to another. */
export const plans: readonly (readonly [name: string, before: HostDeclaration, after: HostDeclaration])[] = [
  ["a bit of everything", before, after],
  ["a router", router, rerouted],
  ["guests", guests, moved],
];

const SEED = Number(process.env.LINKWRIGHT_SEED ?? 5);

/**
 * The numbers of the changes that a plan is broken off before: each where all tests are asked for, else every so many, the first of which
 * the seed says. They go on for ever: a plan that is carried out has no more changes.
 */
export function* changesOf(usual: number): Generator<number, never> {
  const [first, stride] = thorough || process.env.LINKWRIGHT_EVERY_STEP === "1" ? [0, 1] : [SEED % usual, usual];
  for (let at = first; ; at += stride) yield at;
}
