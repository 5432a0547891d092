import { spawnSync } from "node:child_process";
import { expect } from "vitest";
import type { Host } from "../../../src/index.js";
import * as nft from "../../../src/netfilter/index.js";
import { inside } from "./inside.js";
import { lacks } from "../scene/program.js";
import { card, type Faults, NAT, network } from "./fault.js";

const FILTER = { family: "ip", table: "filter" } as const;
const FORWARD = { ...FILTER, chain: "FORWARD" } as const;
const HANDED = "net.bridge.bridge-nf-call-iptables";

/** What hands bridged frames to IP's chains is there when the module is. */
const noBridgeNetfilter =
  spawnSync("cat", ["/proc/sys/net/bridge/bridge-nf-call-iptables"]).status === 0
    ? undefined
    : "this kernel has no br_netfilter loaded";
const noLegacy = noBridgeNetfilter ?? lacks("iptables-legacy", "--version") ?? lacks("nsenter", "--version");
const noIptables = noBridgeNetfilter ?? lacks("iptables-nft", "--version") ?? lacks("nsenter", "--version");

function forwardChain(policy: "accept" | "drop", ...rules: readonly nft.RulePart[][]): nft.Changes {
  return [
    nft.addTable(FILTER),
    nft.addChain({ ...FORWARD, base: { hook: "forward", priority: "filter", policy } }),
    rules.map((rule) => nft.addRule(FORWARD, rule)),
  ];
}

/** Bridged frames are handed over, and a chain says what becomes of them. */
async function handed(host: Host, changes: nft.Changes): Promise<void> {
  await host.setSysctl(HANDED, 1);
  await host.setSysctl("net.bridge.bridge-nf-call-ip6tables", 0);
  await host.netfilter.commit(changes);
}

/** Faults of rules, routes and settings by which packets are dropped. */
export const filteringFaults: Faults = {
  "bridged-frames-filtered": [
    {
      name: "a FORWARD chain whose policy is drop",
      missing: noBridgeNetfilter,
      build: (host) => handed(host, forwardChain("drop")),
      severity: "error",
      links: ["br0"],
      summary: "IPv4 that br0 forwards is dropped by chain FORWARD of table ip filter",
      evidence: "net.bridge.bridge-nf-call-iptables is 1",
      mend: (host) =>
        host.netfilter.commit([nft.addRule(FORWARD, [nft.iifname("br0"), nft.oifname("br*"), nft.accept()])]),
    },
    {
      name: "a rule that rejects what no other accepts, as firewalld has it",
      missing: noBridgeNetfilter,
      build: (host) =>
        handed(
          host,
          forwardChain(
            "accept",
            [nft.connectionState("established", "related"), nft.accept()],
            [nft.iifname(["lo", "eth9"]), nft.accept()],
            [nft.reject()],
          ),
        ),
      severity: "error",
      links: ["br0"],
      summary: "IPv4 that br0 forwards is dropped by chain FORWARD of table ip filter",
      evidence: /^chain FORWARD of table ip filter: its rule with handle \d+ drops$/,
      mend: (host) => host.setSysctl(HANDED, 0),
    },
    {
      name: "a bridge that hands its frames over by an option of its own, and a network that is accepted in part",
      missing: noBridgeNetfilter,
      build: async (host) => {
        await handed(host, forwardChain("drop", [nft.destinationPort("tcp", 22), nft.accept()]));
        await host.setSysctl(HANDED, 0);
        await host.setBridge("br0", { nfCallIptables: true });
      },
      severity: "warning",
      links: ["br0"],
      summary: "IPv4 that br0 forwards is dropped by chain FORWARD of table ip filter",
      evidence: "br0 has nf-call-iptables of its own on",
      mend: (host) => host.netfilter.commit([nft.addRule(FORWARD, [nft.ipSource("10.0.0.0/24"), nft.accept()])]),
    },
    {
      name: "iptables drops, until it accepts what is bridged (physdev)",
      missing: noIptables,
      build: async (host) => {
        await handed(host, []);
        const accept = (...words: readonly string[]): Promise<void> =>
          inside(host, ["iptables-nft", "-A", "FORWARD", ...words, "-j", "ACCEPT"]);
        await inside(host, ["iptables-nft", "-P", "FORWARD", "DROP"]);
        await accept("-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED");
        await accept("-m", "physdev", "--physdev-in", "tap0");
      },
      severity: "error",
      links: ["br0", "tap1", "uplink"],
      summary:
        /^IPv4 that br0 forwards from (tap1, uplink|uplink, tap1) is dropped by chain FORWARD of table ip filter$/,
      evidence: /^chain FORWARD of table ip filter: its policy is drop/,
      mend: (host) =>
        inside(host, ["iptables-nft", "-A", "FORWARD", "-m", "physdev", "--physdev-is-bridged", "-j", "ACCEPT"]),
    },
    {
      name: "iptables-legacy has a filter, whose rules are not to be read",
      missing: noLegacy,
      build: async (host) => {
        await handed(host, []);
        expect(await host.netfilter.legacyTables()).toEqual({ ip: [], ip6: [] });
        await inside(host, ["iptables-legacy", "-A", "FORWARD", "-j", "DROP"]);
        expect(await host.netfilter.legacyTables()).toEqual({ ip: ["filter"], ip6: [] });
      },
      severity: "warning",
      links: ["br0"],
      summary: "IPv4 that br0 forwards passes iptables-legacy's FORWARD chain, which may drop it",
      evidence: "/proc/net/ip_tables_names has the table filter",
      mend: (host) => host.setSysctl(HANDED, 0),
    },
  ],
  "reverse-path": [
    {
      name: "what comes in by a link is dropped since the way back goes by another",
      build: async (host) => {
        await host.addVeth("second", { up: true, peer: { name: "other" } });
        await host.setLink("other", { up: true });
        await host.addAddress("second", "10.0.0.2/24");
        await host.setSysctl("net/ipv4/conf/second/rp_filter", 1);
        await host.setSysctl("net.ipv4.conf.all.rp_filter", 0);
      },
      severity: "error",
      links: ["second", "br0"],
      summary: "what comes in by second from its own network is dropped: the way back goes by br0",
      evidence: "net.ipv4.conf: all.rp_filter is 0, second.rp_filter is 1",
      mend: (host) => host.setSysctl("net/ipv4/conf/second/rp_filter", 2),
    },
    {
      name: "a guest's address is routed to another TAP than the one that it sends by, as when it has moved",
      build: async (host) => {
        for (const name of ["routed0", "routed1"]) {
          await host.addVeth(name, { up: true, peer: { name: `${name}-guest`, up: true } });
          await host.setSysctl(`net/ipv4/conf/${name}/rp_filter`, 1);
        }
        await host.routes.add("203.0.113.7/32", { link: "routed0", scope: "link" });
        await host.neighbours.add("routed1", "203.0.113.7", { lladdr: "02:00:00:00:00:07" });
      },
      severity: "error",
      links: ["routed1", "routed0"],
      summary: "what comes in by routed1 from 203.0.113.7 is dropped: the way back goes by routed0",
      evidence: "203.0.113.7 is a neighbour on routed1, and the route to 203.0.113.7 goes by routed0",
      mend: (host) => host.routes.replace("203.0.113.7/32", { link: "routed1", scope: "link" }),
    },
    {
      name: "two ways out, of which answers take one: what comes in by the other is dropped",
      on: card,
      build: async (host) => {
        for (const [name, place] of [
          ["wan1", 1],
          ["wan2", 2],
        ] as const) {
          await host.addVeth(name, { up: true, peer: { name: `${name}-isp`, up: true } });
          await host.addAddress(name, `198.51.${place}.2/24`);
          await host.routes.add("default", { gateway: `198.51.${place}.1`, link: name, metric: 100 * place });
          await host.setSysctl(`net/ipv4/conf/${name}/rp_filter`, 1);
        }
      },
      severity: "note",
      links: ["wan1", "wan2"],
      summary: "what comes in by wan2 from beyond its own network is dropped: the way back goes by wan1",
      evidence: "wan2 has a route to default, too, and the route to 203.0.113.1 goes by wan1",
      // What comes to its address is answered from there.
      mend: async (host) => {
        await host.routes.add("default", { gateway: "198.51.2.1", link: "wan2", table: 102 });
        await host.rules.add({ from: "198.51.2.2/32", table: 102, priority: 102 });
      },
    },
  ],
  "forwarding-off": [
    {
      name: "addresses are translated, and nothing is forwarded",
      on: network,
      build: (host) => host.setSysctl("net.ipv4.ip_forward", 0),
      severity: "warning",
      links: ["br0", "wan"],
      summary: "this host does not forward IPv4: what comes from br0 goes no further",
      evidence: "net.ipv4.ip_forward is 0",
      mend: (host) => host.setSysctl("net.ipv4.ip_forward", 1),
    },
    {
      name: "the host forwards, and not what comes in by the bridge",
      on: network,
      build: (host) => host.setSysctl("net.ipv4.conf.br0.forwarding", 0),
      severity: "warning",
      links: ["br0", "wan"],
      summary: "this host does not forward IPv4: what comes from br0 goes no further",
      evidence: "net.ipv4.conf.br0.forwarding is 0",
      mend: (host) => host.setSysctl("net.ipv4.conf.br0.forwarding", 1),
    },
    {
      name: "by its addresses the host routes IPv6, and does not",
      on: network,
      build: (host) => host.setSysctl("net.ipv6.conf.all.forwarding", 0),
      severity: "note",
      links: ["br0", "wan"],
      summary: "this host does not forward IPv6: what comes from br0 goes no further",
      evidence: "br0 has 2001:db8::1/64, and the default route goes by wan",
      mend: (host) => host.setSysctl("net.ipv6.conf.all.forwarding", 1),
    },
  ],
  "routed-packets-filtered": [
    {
      name: "a FORWARD chain of somebody else's drops what the host routes for its guests, as Docker's does",
      on: network,
      build: (host) =>
        host.netfilter.commit(
          forwardChain(
            "drop",
            [nft.iifname("docker0"), nft.accept()],
            [nft.connectionState("established"), nft.accept()],
          ),
        ),
      severity: "error",
      links: ["br0", "wan"],
      summary: "what br0's guests send out by wan is dropped by chain FORWARD of table ip filter",
      evidence: "chain FORWARD of table ip filter: its policy is drop",
      mend: (host) => host.netfilter.commit([nft.addRule(FORWARD, [nft.iifname("br0"), nft.accept()])]),
    },
  ],
  "not-translated": [
    {
      name: "private addresses go out as they are",
      on: network,
      build: (host) => host.netfilter.commit([nft.removeTable(NAT)]),
      severity: "warning",
      links: ["br0", "wan"],
      summary: "10.0.0.1/24 of br0 goes out by wan with its own addresses, which are private",
      evidence: "wan has 8.8.4.4/24",
      mend: (host) =>
        host.netfilter.commit([
          nft.addTable(NAT),
          nft.addChain({ ...NAT, chain: "out", base: { type: "nat", hook: "postrouting", priority: "srcnat" } }),
          nft.addRule({ ...NAT, chain: "out" }, [nft.not(nft.ipDestination("10.0.0.0/24")), nft.masquerade()]),
        ]),
    },
  ],
};
