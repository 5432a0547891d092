import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { root } from "./lib/run.mjs";

/** The folders of src, each with what it is about. A folder imports only from itself and from those that stand before it. */
export const rooms = [
  ["base", "what knows no protocol: errors, checks of input, Node's own modules, disposal"],
  ["kernel", "the addon's boundary, the thread of a namespace, descriptors, namespaces, sysctl, sysfs, Unix sockets"],
  [
    "managers",
    "who else configures links, and how he is told to leave one alone: NetworkManager, systemd-networkd, libvirt",
  ],
  ["netlink", "the protocol: codecs and attribute tables, messages, acknowledgements, a connection"],
  ["runner", "the plans that the programs in C take the steps of, as bytes"],
  ["rtnetlink/protocol", "what all of NETLINK_ROUTE shares: families, message types, networks, VLAN protocols"],
  ["rtnetlink/link", "links: their attributes, a table for each kind, virtual functions, requests"],
  ["rtnetlink/address", "addresses"],
  ["rtnetlink/route", "routes, their paths, metrics and encapsulations"],
  ["rtnetlink/neighbour", "neighbours, which FDB entries are, too"],
  ["rtnetlink/bridge", "what bridges have beside links: FDB, MDB, VLANs, ring protocols"],
  ["rtnetlink/rule", "rules that choose a routing table"],
  ["rtnetlink/nexthop", "next hops and their groups"],
  ["rtnetlink/traffic", "qdiscs, classes, filters and actions"],
  ["rtnetlink", "every message and every table by its name"],
  ["genetlink", "generic netlink: families by their names; the kernel's monitor of dropped packets"],
  ["netfilter", "nftables: tables, expressions, rules, batches; tracked connections; traces"],
  ["ovsdb", "RFC 7047: messages, schema, values, transactions, a replica"],
  [
    "host/work",
    "what a host does everything through: arguments checked, work begun in its order, the journal of how it is undone",
  ],
  ["host/hints", "why the kernel refused, and what to do"],
  ["host/links", "links created, changed and removed"],
  ["host/ports", "ports of bridges, bonds and VRFs: joining, options, VLANs, the spanning tree"],
  ["host/taps", "TAPs and macvtaps, their frames, and QEMU's"],
  ["host/forwarding", "FDB and MDB"],
  ["host/routing", "routes, rules, neighbours and next hops"],
  ["host/traffic", "qdiscs, classes, filters and rate limits"],
  ["host/functions", "virtual functions of network cards (SR-IOV)"],
  ["watch", "events, overrun, mirrors, waiting for, counters and rates"],
  ["host", "what a user holds: Host"],
  ["openvswitch", "bridges and ports of Open vSwitch; the commands of ovs-vsctl and ovsdb-client"],
  ["testing", "namespaces wired as described, frames to send and expect: for tests, ours and users'"],
  ["dhcp", "DHCP and router advertisements: packets, leases, server, client, on a host's links"],
  ["serve/messages", "how the resident service is asked"],
  ["topology", "declarations: the whole wiring of a host, compared, planned, applied, verified, undone"],
  ["boot", "declarations that are applied at boot: kept, merged, waited for, watched over"],
  ["networks", "networks for guests: life cycle, modes, firewall, addresses, ports"],
  ["cni", "containers' interfaces, as runtimes ask for them: the plugins of the Container Network Interface"],
  ["formats", "what other programs are configured by, read as declarations and as networks"],
  ["serve", "the resident service: addresses of networks' guests, and the socket that owns their rules"],
  ["diagnosis", "what keeps packets from arriving, and what to do"],
  ["wiring", "how a host's links hang together: as data, as a tree, as a picture"],
  ["qemu", "from a policy to the plan that QEMU's programs replay"],
  ["", "the public face: exports, nothing else"],
  ["cli", "the command line"],
];

const names = rooms.map(([name]) => name);

/** The room that a file is in, given by its path in src; a folder without a place in the list belongs to the one above it. */
export function roomOf(file) {
  const folder = posix.dirname(file);
  const parts = folder === "." ? [] : folder.split("/");
  for (let length = parts.length; length >= 0; length--) {
    const name = parts.slice(0, length).join("/");
    if (names.includes(name)) return name;
  }
  return "";
}

/** Why one file of src may not import another; undefined when it may. */
export function forbidden(from, to) {
  const [room, other] = [roomOf(from), roomOf(to)];
  if (names.indexOf(other) <= names.indexOf(room)) return undefined;
  return `src/${other} stands above src/${room}: imports run downwards (scripts/rooms.mjs)`;
}

const IMPORT = /\b(?:from\s+|import\s*\(\s*|import\s+|require\s*\(\s*)"(\.[^"]+)"/g;

/** Every file of src by its path there, with those that it imports: at once, late, or for their types alone. */
export function importsOf(src = join(root, "src")) {
  const files = readdirSync(src, { recursive: true }).filter((name) => name.endsWith(".ts"));
  return new Map(
    files.sort().map((file) => {
      const text = readFileSync(join(src, file), "utf8");
      const found = [...text.matchAll(IMPORT)].map(([, path]) =>
        relative(src, join(src, dirname(file), path)).replace(/\.js$/, ".ts"),
      );
      return [file, [...new Set(found)]];
    }),
  );
}

/** Groups of files that import one another in a circle. */
export function circlesOf(imports) {
  const order = new Map();
  const lowest = new Map();
  const stack = [];
  const circles = [];
  const visit = (file) => {
    order.set(file, order.size);
    lowest.set(file, order.get(file));
    stack.push(file);
    for (const next of imports.get(file) ?? []) {
      if (!order.has(next)) visit(next);
      if (stack.includes(next)) lowest.set(file, Math.min(lowest.get(file), lowest.get(next)));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const circle = stack.splice(stack.indexOf(file));
    if (circle.length > 1) circles.push(circle.sort());
  };
  for (const file of imports.keys()) if (!order.has(file)) visit(file);
  return circles;
}
