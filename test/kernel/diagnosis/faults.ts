import { spawnSync } from "node:child_process";
import { expect } from "vitest";
import { encodeArp } from "../../../src/dhcp/wire/arp.js";
import type { Severity } from "../../../src/diagnosis/check.js";
import { Host } from "../../../src/index.js";
import * as nft from "../../../src/netfilter/index.js";
import { type Scene, scene } from "../../../src/testing/index.js";
import { lacks } from "../scene/program.js";

type Files = Readonly<Record<string, string | undefined>>;

/** A fault that is built, and made good. */
export interface Fault {
  /** What is wrong, for the name of its test. */
  readonly name: string;
  /** Why it cannot be built here. */
  readonly missing?: string | undefined;
  /** Where it is built: a healthy host with a bridge unless said. */
  readonly on?: () => Promise<Scene<"here">>;
  /** Builds it; what it gives is disposed of before it is looked again, and makes it good where there is no `mend`. */
  readonly build?: (host: Host) => Promise<unknown>;
  /** Files of the machine on which it is looked for, beside or in place of a healthy one's; undefined: it is not there. */
  readonly files?: Files | ((host: Host) => Promise<Files>);
  /** Goes on while it is looked. */
  readonly during?: (net: Scene<"here">, stop: AbortSignal) => Promise<unknown>;
  readonly look?: { readonly pause?: number; readonly listen?: number };
  readonly severity: Severity;
  readonly links: readonly string[];
  readonly summary: string | RegExp;
  /** A line of the evidence. */
  readonly evidence: string | RegExp;
  /** Further findings that it has for a consequence, as codes. */
  readonly beside?: readonly string[];
  /** Makes it good: then nothing is found. */
  readonly mend?: (host: Host) => Promise<unknown>;
}

/** A host with a bridge, an uplink to what is beyond it, and two guests' TAPs, which the scene holds open: nothing is wrong with it. */
export async function healthy(): Promise<Scene<"here">> {
  const net = await scene({
    hosts: {
      here: {
        bridges: { br0: {} },
        taps: { tap0: { bridge: "br0" }, tap1: { bridge: "br0" } },
        ports: { uplink: "br0" },
        addresses: { br0: "10.0.0.1/24" },
      },
    },
    links: [["here:uplink", "here:beyond"]],
  });
  for (const name of ["tap0", "tap1", "uplink"]) await net.hosts.here.waitFor(name, "forwarding");
  return net;
}

/** A host that routes and translates for the guests on its bridge: nothing is wrong with it. */
export async function network(): Promise<Scene<"here">> {
  const net = await scene({
    hosts: {
      here: {
        bridges: { br0: {} },
        taps: { tap0: { bridge: "br0" } },
        addresses: { br0: ["10.0.0.1/24", "2001:db8::1/64"], wan: ["8.8.4.4/24", "2001:db8:1::2/64"] },
        sysctls: { "net.ipv4.ip_forward": 1, "net.ipv6.conf.all.forwarding": 1 },
      },
    },
    links: [["here:wan", "here:internet"]],
  });
  const { here } = net.hosts;
  await here.waitFor("tap0", "forwarding");
  await here.routes.add("default", { gateway: "8.8.4.1", link: "wan" });
  await here.routes.add("default", { gateway: "2001:db8:1::1", link: "wan" });
  await here.netfilter.commit([
    nft.addTable(NAT),
    nft.addChain({ ...NAT, chain: "out", base: { type: "nat", hook: "postrouting", priority: "srcnat" } }),
    nft.addRule({ ...NAT, chain: "out" }, [nft.is("ip4Source", "10.0.0.0/24"), nft.oifname("wan"), nft.masquerade()]),
  ]);
  return net;
}

/** A host with a card of its own. */
export function card(): Promise<Scene<"here">> {
  return scene({
    hosts: { here: { addresses: { card: "10.0.0.1/24" } } },
    links: [["here:card", "here:cable"]],
  });
}

const NAT = { family: "ip", table: "nat" } as const;
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

/** Runs a program in the namespace of a host. */
async function inside(host: Host, ...command: readonly string[]): Promise<void> {
  await using namespace = await host.namespaceDescriptor();
  const place = `--net=/proc/${process.pid}/fd/${namespace.fd}`;
  const { status, stderr } = spawnSync("nsenter", [place, ...command], { encoding: "utf8" });
  expect(status, `${command.join(" ")}: ${stderr}`).toBe(0);
}

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

/** A second port of a bridge with somebody behind it, in a namespace of its own. */
async function behind(host: Host, port: string, address: string): Promise<Host> {
  const other = await Host.open({ namespace: "new" });
  await host.addVeth(port, { up: true, peer: { name: "eth0", namespace: other } });
  await other.setLink("eth0", { up: true });
  await other.addAddress("eth0", address, { flags: address.includes(":") ? ["nodad"] : undefined });
  await host.attach(port, "br0");
  await host.waitFor(port, "forwarding");
  return other;
}

/** Milliseconds from one turn to the next: TAPs that are not read hold what is flooded meanwhile. */
const PACE = 5;

/** A guest asks for the host's address by ARP, as it would before it sends. */
function asking(mac: string, address: string): Buffer {
  const nobody = "00:00:00:00:00:00";
  return encodeArp({
    operation: "request",
    senderMac: mac,
    senderAddress: address,
    targetMac: nobody,
    targetAddress: "10.0.0.1",
  });
}

/** Sends again and again, from one TAP and the other, until it is told to stop. */
function byTurns(tap0: Buffer, tap1: Buffer): NonNullable<Fault["during"]> {
  return async (net, stop) => {
    while (!stop.aborted) {
      await net.tap("here:tap0").send(tap0);
      await net.tap("here:tap1").send(tap1);
      await new Promise((resolve) => setTimeout(resolve, PACE));
    }
  };
}

/** Of a port to which nothing is flooded: then nothing goes round for ever. */
const QUIET = { unicastFlood: false, mcastFlood: false, bcastFlood: false } as const;

export type Faults = Readonly<Record<string, readonly Fault[]>>;

/** Every fault that can be built on a kernel without modules of VLANs and bonds, by the code that the doctor has for it. */
export const faults: Faults = {
  "no-capability": [
    {
      name: "the process lacks CAP_NET_ADMIN",
      files: { "proc/self/status": "CapEff:\t0000000000000000\n" },
      severity: "error",
      links: [],
      summary: "this process may not change the network",
      evidence: "CapEff is 0000000000000000",
    },
  ],
  "module-missing": [
    {
      name: "no module for bridges",
      files: {
        "proc/modules": "tun 1 0\n",
        "proc/sys/kernel/osrelease": "6.1.0-18-cloud-amd64\n",
        "etc/os-release": 'NAME="Debian GNU/Linux"\nID=debian\n',
        "lib/modules/6.1.0-18-cloud-amd64/modules.builtin": "",
        "lib/modules/6.1.0-18-cloud-amd64/modules.dep":
          "kernel/net/8021q/8021q.ko:\nbonding.ko:\nmacvtap.ko:\nveth.ko:\nvxlan.ko:\nnf_tables.ko:\nvhost_net.ko:\n",
      },
      severity: "error",
      links: [],
      summary: "the kernel has no bridges",
      evidence: "bridge is neither loaded nor in modules.builtin nor in modules.dep",
    },
    {
      name: "the running kernel's modules were replaced by another's",
      files: {
        "proc/modules": "tun 1 0\n",
        "proc/sys/kernel/osrelease": "6.11.1\n",
        "lib/modules/6.12.2/modules.dep": "kernel/net/bridge/bridge.ko:\n",
      },
      severity: "error",
      links: [],
      summary: "the modules of the running kernel, 6.11.1, are not installed",
      evidence: "/lib/modules has 6.12.2",
    },
    {
      name: "an option that it was built without",
      files: {
        "proc/sys/kernel/osrelease": "6.1\n",
        "boot/config-6.1": [
          ...["BRIDGE", "TUN", "VLAN_8021Q", "BONDING", "MACVTAP", "VETH", "VXLAN", "NF_TABLES", "VHOST_NET"].map(
            (option) => `CONFIG_${option}=y\n`,
          ),
          "# CONFIG_BRIDGE_VLAN_FILTERING is not set\n",
        ].join(""),
      },
      severity: "note",
      links: [],
      summary: "the kernel has no bridges that filter by VLAN",
      evidence: "CONFIG_BRIDGE_VLAN_FILTERING is not set",
    },
  ],
  "no-virtualisation": [
    {
      name: "a processor without virtualisation",
      files: { "proc/cpuinfo": "flags\t\t: fpu sse\n" },
      severity: "note",
      links: [],
      summary: "the processor offers no virtualisation",
      evidence: "neither vmx nor svm in /proc/cpuinfo",
    },
  ],
  "device-unusable": [
    ...(
      [
        ["dev/net/tun", "error"],
        ["dev/kvm", "note"],
        ["dev/vhost-net", "note"],
      ] as const
    ).map(([path, severity]): Fault => ({
      name: `/${path} is missing`,
      files: { [path]: undefined },
      severity,
      links: [],
      summary: `/${path} is not there`,
      evidence: /^by \/dev\//,
    })),
  ],
  loop: [
    {
      name: "two bridges that are joined twice",
      build: async (host) => {
        await host.addBridge("br1", { up: true });
        for (const way of ["a", "b"]) {
          await host.addVeth(`${way}0`, { peer: { name: `${way}1` } });
          await host.attach(`${way}0`, "br0", QUIET);
          await host.attach(`${way}1`, "br1", QUIET);
        }
        for (const name of ["a0", "a1", "b0", "b1"]) await host.setLink(name, { up: true });
        for (const name of ["a0", "a1", "b0", "b1"]) await host.waitFor(name, "forwarding");
      },
      severity: "error",
      links: ["br0", "br1", "b0", "b1"],
      summary: "br0 and br1 are joined by more than one way, and no spanning tree closes one",
      evidence: "b0 and b1 are the ends of a pair, and both forward",
      mend: (host) => host.setLink("b0", { up: false }),
    },
    {
      name: "what a bridge sends comes back, by a switch that is not to be seen",
      look: { listen: 300 },
      build: async (host) => {
        const beyond = await Host.open({ namespace: "new" });
        await beyond.addBridge("switch");
        for (const way of ["a", "b"]) {
          await host.addVeth(way, { peer: { name: way, namespace: beyond } });
          await beyond.attach(way, "switch");
          await beyond.setLink(way, { up: true });
          // What comes back by one goes out by the other no more: nothing goes round for ever.
          await host.attach(way, "br0", { isolated: true });
        }
        for (const each of [host, beyond]) await each.setSysctl("net.ipv6.conf.all.disable_ipv6", 1);
        await beyond.setLink("switch", { up: true });
        for (const way of ["a", "b"]) await host.setLink(way, { up: true });
        for (const way of ["a", "b"]) await host.waitFor(way, "forwarding");
        return beyond;
      },
      severity: "error",
      links: ["br0"],
      summary: "what br0 sends comes back to it: there is a loop",
      evidence: "a broadcast of br0's came in by one of its ports",
    },
  ],
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
          inside(host, "iptables-nft", "-A", "FORWARD", ...words, "-j", "ACCEPT");
        await inside(host, "iptables-nft", "-P", "FORWARD", "DROP");
        await accept("-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED");
        await accept("-m", "physdev", "--physdev-in", "tap0");
      },
      severity: "error",
      links: ["br0", "tap1", "uplink"],
      summary:
        /^IPv4 that br0 forwards from (tap1, uplink|uplink, tap1) is dropped by chain FORWARD of table ip filter$/,
      evidence: /^chain FORWARD of table ip filter: its policy is drop/,
      mend: (host) =>
        inside(host, "iptables-nft", "-A", "FORWARD", "-m", "physdev", "--physdev-is-bridged", "-j", "ACCEPT"),
    },
    {
      name: "iptables-legacy has a filter, whose rules are not to be read",
      missing: noLegacy,
      build: async (host) => {
        await handed(host, []);
        expect(await host.netfilter.legacyTables()).toEqual({ ip: [], ip6: [] });
        await inside(host, "iptables-legacy", "-A", "FORWARD", "-j", "DROP");
        expect(await host.netfilter.legacyTables()).toEqual({ ip: ["filter"], ip6: [] });
      },
      severity: "warning",
      links: ["br0"],
      summary: "IPv4 that br0 forwards passes iptables-legacy's FORWARD chain, which may drop it",
      evidence: "/proc/net/ip_tables_names has the table filter",
      mend: (host) => host.setSysctl(HANDED, 0),
    },
  ],
  "address-on-port": [
    {
      name: "a card that was bridged with its address and routes left behind",
      build: async (host) => {
        await host.removeAddress("br0", "10.0.0.1/24");
        await host.addAddress("uplink", "10.0.0.1/24");
        await host.routes.add("default", { gateway: "10.0.0.254", link: "uplink" });
      },
      severity: "error",
      links: ["uplink", "br0"],
      summary: "uplink is a port of br0, and has addresses of its own",
      evidence: "the route to default goes via 10.0.0.254 by uplink",
      mend: async (host) => {
        await host.removeAddress("uplink", "10.0.0.1/24");
        await host.addAddress("br0", "10.0.0.1/24");
        await host.routes.add("default", { gateway: "10.0.0.254", link: "br0" });
      },
    },
  ],
  "bridge-down": [
    {
      name: "a bridge that is down, with ports that are up",
      build: (host) => host.setLink("br0", { up: false }),
      severity: "error",
      links: ["br0"],
      summary: "br0 is down, and its ports are up",
      evidence: "3 of its ports are up",
      mend: (host) => host.setLink("br0", { up: true }),
    },
  ],
  "port-blocked": [
    {
      name: "a port that listens, and for how long still",
      build: async (host) => {
        await host.detach("tap0");
        await host.setBridge("br0", { stpState: "kernel", forwardDelay: 15_000 });
        await host.attach("tap0", "br0");
        await host.waitFor("tap0", ({ linkInfo }) => (linkInfo?.slaveData as { state?: string }).state === "listening");
      },
      severity: "warning",
      links: ["tap0", "br0"],
      summary: "tap0 is listening: br0's spanning tree does not let frames through yet",
      evidence: /^its next state comes in 1[0-5](\.\d)? s$/,
      mend: async (host) => {
        await host.setBridge("br0", { stpState: "off" });
        for (const up of [false, true]) await host.setLink("tap0", { up });
      },
    },
    {
      name: "a port that learns",
      build: async (host) => {
        await host.detach("tap0");
        await host.setBridge("br0", { stpState: "kernel", forwardDelay: 2000 });
        await host.attach("tap0", "br0");
        // What comes after listening lasts as long as is set when it begins.
        await host.setBridge("br0", { forwardDelay: 30_000 });
        await host.waitFor("tap0", ({ linkInfo }) => (linkInfo?.slaveData as { state?: string }).state === "learning");
      },
      severity: "warning",
      links: ["tap0", "br0"],
      summary: "tap0 is learning: br0's spanning tree does not let frames through yet",
      evidence: "br0: stp-state=kernel, forward-delay=30 s",
      mend: async (host) => {
        await host.setBridge("br0", { stpState: "off" });
        for (const up of [false, true]) await host.setLink("tap0", { up });
      },
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
  "duplicate-mac": [
    {
      name: "two ports with one MAC",
      build: async (host) => host.setLink("tap1", { address: (await host.link("tap0")).address }),
      severity: "error",
      links: ["br0", "tap0", "tap1"],
      summary: "tap0 and tap1 have the same MAC on br0",
      evidence: / on tap0, tap1$/,
      mend: (host) => host.setLink("tap1", { address: "02:00:00:00:00:99" }),
    },
    {
      name: "two guests that send with one MAC",
      look: { pause: 1000 },
      during: byTurns(asking("52:54:00:12:34:56", "10.0.0.7"), asking("52:54:00:12:34:56", "10.0.0.7")),
      severity: "error",
      links: ["br0", "tap0", "tap1"],
      summary: /^52:54:00:12:34:56 is used behind tap[01] and tap[01] of br0, by turns$/,
      evidence: /^br0 heard it move \d+ times in 1000 ms$/,
    },
  ],
  "duplicate-address": [
    {
      name: "two links of the host with one address",
      build: (host) => host.addAddress("beyond", "10.0.0.1/32"),
      severity: "warning",
      links: ["br0", "beyond"],
      summary: "br0 and beyond both have 10.0.0.1",
      evidence: "beyond: 10.0.0.1/32",
      mend: (host) => host.removeAddress("beyond", "10.0.0.1/32"),
    },
    {
      name: "two guests that speak for one address",
      look: { pause: 1000 },
      during: byTurns(asking("02:00:00:00:00:07", "10.0.0.7"), asking("02:00:00:00:00:08", "10.0.0.7")),
      severity: "warning",
      links: ["br0"],
      summary: "10.0.0.7 is used by more than one on br0",
      evidence: "02:00:00:00:00:07 behind tap0",
    },
    {
      name: "somebody on the bridge has the host's own address",
      look: { listen: 300 },
      build: (host) => behind(host, "port1", "10.0.0.1/24"),
      severity: "warning",
      links: ["br0"],
      summary: "10.0.0.1 is br0's own, and somebody else's there",
      evidence: / behind port1$/,
      mend: (host) => host.remove("port1"),
    },
  ],
  "macvtap-host-silent": [
    {
      name: "a macvtap and its own host, until the host has a macvlan",
      on: card,
      build: (host) => host.addMacvtap("guest", { link: "card", mode: "bridge", up: true }),
      severity: "warning",
      links: ["card", "guest"],
      summary: "guest and this host, which is on card, cannot reach each other",
      evidence: "guest is a macvtap on card",
      mend: async (host) => {
        await host.addMacvlan("host0", { link: "card", mode: "bridge", up: true });
        await host.addAddress("host0", "10.0.1.1/24");
      },
    },
  ],
  "mtu-mismatch": [
    {
      name: "ports with different MTUs",
      build: (host) => host.setLink("tap0", { mtu: 1400 }),
      severity: "warning",
      links: ["br0", "tap0", "tap1", "uplink"],
      summary: "the ports of br0 have different MTUs",
      evidence: "tap0: 1400",
      mend: (host) => host.setLink("tap0", { mtu: 1500 }),
    },
    {
      name: "a bridge above its ports",
      build: (host) => host.setLink("br0", { mtu: 9000 }),
      severity: "warning",
      links: ["br0", "tap0", "tap1", "uplink"],
      summary: "br0 has a larger MTU than its ports: what this host sends is dropped there",
      evidence: "br0: 9000",
      mend: (host) => host.setLink("br0", { mtu: 1500 }),
    },
    {
      name: "the ends of a pair",
      build: (host) => host.setLink("beyond", { mtu: 9000 }),
      severity: "warning",
      links: ["beyond", "uplink"],
      summary: "beyond and uplink, its other end, have MTUs that do not fit",
      evidence: "beyond: 9000",
      mend: (host) => host.setLink("beyond", { mtu: 1500 }),
    },
    {
      name: "a VXLAN whose packets do not fit the card that carries them",
      build: async (host) => {
        await host.addLink("vx5", "vxlan", { id: 5, link: "beyond", port: 4789, up: true });
        await host.setLink("beyond", { mtu: 1500 });
        await host.setLink("vx5", { mtu: 1450 });
        for (const name of ["beyond", "uplink"]) await host.setLink(name, { mtu: 1480 });
        for (const name of ["tap0", "tap1", "br0"]) await host.setLink(name, { mtu: 1480 });
      },
      severity: "warning",
      links: ["vx5", "beyond"],
      summary: "vx5 and beyond, what carries it, have MTUs that do not fit",
      evidence: "the headers of vx5 take 50 bytes",
      mend: (host) => host.setLink("vx5", { mtu: 1430 }),
    },
  ],
  "managed-elsewhere": [
    {
      name: "NetworkManager manages a bridge",
      files: async (host) => ({
        [`run/NetworkManager/devices/${(await host.link("br0")).index}`]:
          "[device]\nmanaged=true\nconnection-uuid=abc\n",
      }),
      severity: "warning",
      links: ["br0"],
      summary: "NetworkManager manages br0",
      evidence: /^\/run\/NetworkManager\/devices\/\d+: abc$/,
    },
    {
      name: "systemd-networkd manages a port",
      files: async (host) => ({
        [`run/systemd/netif/links/${(await host.link("uplink")).index}`]: "ADMIN_STATE=configured\n",
      }),
      severity: "warning",
      links: ["uplink"],
      summary: "systemd-networkd manages uplink",
      evidence: /^\/run\/systemd\/netif\/links\/\d+: configured$/,
    },
  ],
  "bridge-mac-follows": [
    {
      name: "a bridge has the MAC of a port, which nobody gave it",
      build: async (host) => {
        const ports = await host.links({ master: "br0" });
        await host.setBridge("br0", { address: ports.map(({ address }) => address!).sort()[0]! });
      },
      files: async (host) => ({
        "sys/class/net/br0/ifindex": `${(await host.link("br0")).index}\n`,
        "sys/class/net/br0/addr_assign_type": "1\n",
      }),
      severity: "note",
      links: ["br0"],
      summary: "br0 has the MAC of one of its ports, and will take another's",
      evidence: /^br0 has .*, and nobody gave it that$/,
    },
  ],
  "drops-grow": [
    {
      name: "a guest does not read what is sent to it",
      look: { pause: 300 },
      build: async (host) => {
        const deaf = await host.openTap("deaf");
        await host.setLink(deaf, { txqlen: 1 });
        await host.attach(deaf, "br0");
        await host.waitFor(deaf, "forwarding");
        return deaf;
      },
      during: byTurns(asking("02:00:00:00:00:07", "10.0.0.7"), asking("02:00:00:00:00:08", "10.0.0.8")),
      severity: "warning",
      links: ["deaf"],
      summary: "deaf loses packets now",
      files: { "proc/4711/comm": "qemu-kvm\n", "proc/4711/fdinfo/5": "pos:\t0\niff:\tdeaf\n" },
      evidence: "qemu-kvm 4711 has it open",
    },
  ],
  "tap-unheld": [
    {
      name: "a TAP that nobody has open",
      build: (host) => host.addTap("tap9", { bridge: "br0" }),
      severity: "note",
      links: ["tap9"],
      summary: "no process has tap9 open",
      evidence: "tap9 is up, and has no carrier",
      mend: (host) => host.remove("tap9"),
    },
  ],
};
