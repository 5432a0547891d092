import type { Host } from "../../../src/index.js";

/** The arguments of a method by their names, in their order. */
export type Given = Readonly<Record<string, unknown>>;

/** A link that is in every namespace. */
export const link = { index: 1 };
const options = {};
const vlans = [{ id: 10 }];
/** Text or a number. */
export const either = 1.5;

/** What every method takes that gives a promise: names as they are declared, with "?" for what may be left out. */
const METHODS: Readonly<Record<string, Given>> = {
  link: { link, "details?": options },
  links: { "filter?": options },
  addLink: { name: "new", kind: "ifb", "settings?": options },
  addBridge: { name: "new", "settings?": options },
  addVlan: { name: "new", settings: { link: "lo", id: 10 } },
  addBond: { name: "new", "settings?": options },
  addMacvlan: { name: "new", settings: { link: "lo" } },
  addMacvtap: { name: "new", settings: { link: "lo" } },
  addVxlan: { name: "new", settings: { id: 10 } },
  addVeth: { name: "new", settings: { peer: "other" } },
  addNetkit: { name: "new", settings: { peer: "other" } },
  addTap: { name: "new", "options?": options },
  openTap: { "name?": "new", "options?": options },
  openMacvtap: { link, "options?": options },
  tapForQemu: { "options?": options },
  openFrames: { link, "options?": options },
  setLink: { link, settings: { mtu: 1400 } },
  setKind: { link, kind: "bridge", settings: { mtu: 1400 } },
  setBridge: { bridge: link, settings: { mtu: 1400 } },
  setBond: { bond: link, settings: { mtu: 1400 } },
  bondState: { bond: link },
  setPort: { port: link, options: { isolated: true } },
  attach: { port: link, to: link, "options?": options },
  detach: { port: link, "options?": options },
  replay: { operations: [] },
  sendRecorded: { requests: [] },
  remove: { link },
  removeAll: { links: [link] },
  request: { name: "RTM_GETLINK", "request?": options },
  connectSocket: { path: "/none" },
  namespaceDescriptor: {},
  spanningTree: { bridge: link },
  limitRate: { port: link, options: { egress: 1_000_000 } },
  rateLimit: { port: link },
  addresses: { "filter?": options },
  addAddress: { link, address: "10.0.0.1/24", "settings?": options },
  replaceAddress: { link, address: "10.0.0.1/24", "settings?": options },
  removeAddress: { link, address: "10.0.0.1/24", "settings?": options },
  mirror: { "options?": options },
  counters: { "link?": link },
  history: { "options?": options },
  sysctl: { name: "net.ipv4.ip_forward" },
  sysctls: { "under?": "net.ipv4" },
  setSysctl: { name: "net.ipv4.ip_forward", value: either },
  "routes.list": { "filter?": options },
  "routes.get": { address: "10.0.0.1", "options?": options },
  "routes.add": { destination: "10.0.0.0/8", settings: { link } },
  "routes.replace": { destination: "10.0.0.0/8", settings: { link } },
  "routes.remove": { destination: "10.0.0.0/8", "settings?": options },
  "rules.list": { "filter?": options },
  "rules.add": { settings: { priority: 10 } },
  "rules.remove": { settings: { priority: 10 } },
  "neighbours.list": { "filter?": options },
  "neighbours.get": { link, address: "10.0.0.1", "table?": options },
  "neighbours.add": { link, address: "10.0.0.1", settings: { lladdr: "52:54:00:12:34:56" } },
  "neighbours.replace": { link, address: "10.0.0.1", settings: { lladdr: "52:54:00:12:34:56" } },
  "neighbours.remove": { link, address: "10.0.0.1", "settings?": options },
  "neighbours.flush": { "filter?": options },
  "netfilter.ruleset": { "filter?": options },
  "netfilter.commit": { changes: [], "generation?": 1 },
  "netfilter.transact": { make: () => [], "filter?": options },
  "netfilter.traces": { tell: () => undefined },
  "netfilter.baseChains": { "filter?": options },
  "netfilter.tables": {},
  "netfilter.rulesOf": { chain: { family: "inet", table: "guests", chain: "forward" } },
  "netfilter.droppingElsewhere": { "own?": [] },
  "netfilter.legacyTables": {},
  "netfilter.connections": { "filter?": options },
  "netfilter.forgetConnections": { filter: { port: 9 } },
  "nexthops.list": { "filter?": options },
  "nexthops.get": { id: 5 },
  "nexthops.add": { settings: { blackhole: true } },
  "nexthops.replace": { id: 5, settings: { blackhole: true } },
  "nexthops.remove": { id: 5 },
  "nexthops.buckets": { "filter?": options },
  "qdiscs.list": { "filter?": options },
  "qdiscs.add": { link, settings: { kind: "pfifo" } },
  "qdiscs.replace": { link, settings: { kind: "pfifo" } },
  "qdiscs.change": { link, settings: { kind: "pfifo" } },
  "qdiscs.remove": { link, "place?": options },
  "classes.list": { filter: { link } },
  "classes.add": { link, settings: { kind: "htb", handle: "1:1" } },
  "classes.replace": { link, settings: { kind: "htb", handle: "1:1" } },
  "classes.change": { link, settings: { kind: "htb", handle: "1:1" } },
  "classes.remove": { link, handle: "1:1" },
  "filters.list": { filter: { link } },
  "filters.add": { link, settings: { kind: "matchall" } },
  "filters.replace": { link, settings: { kind: "matchall" } },
  "filters.remove": { link, "which?": options },
  "fdb.list": { "filter?": options },
  "fdb.get": { link, address: "52:54:00:12:34:56", "key?": options },
  "fdb.add": { link, address: "52:54:00:12:34:56", "settings?": options },
  "fdb.replace": { link, address: "52:54:00:12:34:56", "settings?": options },
  "fdb.append": { link, address: "52:54:00:12:34:56", settings: { dst: "10.0.0.1" } },
  "fdb.remove": { link, address: "52:54:00:12:34:56", "key?": options },
  "fdb.flush": { link, "filter?": options },
  "mdb.list": { "filter?": options },
  "mdb.routers": { "filter?": options },
  "mdb.add": { port: link, group: "239.1.1.1", "settings?": options },
  "mdb.replace": { port: link, group: "239.1.1.1", "settings?": options },
  "mdb.remove": { port: link, group: "239.1.1.1", "key?": options },
  "bridgeVlans.list": { "filter?": options },
  "bridgeVlans.add": { link, vlans },
  "bridgeVlans.remove": { link, vlans },
  "bridgeVlans.set": { link, vlans },
  "bridgeVlans.change": { link, vlans },
  "bridgeVlans.removeTunnels": { port: link, vlans },
  "bridgeVlans.globalOptions": { "bridge?": link },
  "bridgeVlans.setGlobalOptions": { bridge: link, options: vlans },
  "netfilter.changes": { tell: () => undefined },
  openInternet: { protocol: "udp", address: "192.0.2.1", "port?": 5353 },
  "virtualFunctions.list": { link, "details?": options },
  "virtualFunctions.set": { link, index: 0, settings: { trust: true } },
  "virtualFunctions.count": { link },
  "virtualFunctions.setCount": { link, count: 1 },
  "virtualFunctions.devices": { link },
};

/** Arguments that are right for every method of a host. */
export function argumentsFor(host: Host): Readonly<Record<string, Given>> {
  const [socket, other] = host.socketPair();
  return {
    ...METHODS,
    sendDescriptors: { socket, descriptors: [other], "bytes?": new Uint8Array(1) },
    sendBytes: { socket, bytes: new Uint8Array(1) },
    receiveDescriptors: { socket: other, "most?": 100 },
  };
}

/** What gives no promise, what waits for as long as it takes (its own tests call it wrongly), and what ends all. */
const OTHERS = [
  "constructor",
  "journal",
  "until",
  "recorded",
  "socketPair",
  "adoptDescriptor",
  "watch",
  "rates",
  "waitFor",
  "close",
];

/** A method, whatever it takes. */
export type Call = (...given: unknown[]) => Promise<unknown>;

/** The public methods of a host and of its groups that give promises, by their names; all but close. */
export function methodsOf(host: Host): Map<string, Call> {
  const found = new Map<string, Call>();
  for (let type = Object.getPrototypeOf(host) as object; type !== Object.prototype;) {
    for (const [name, { value, get }] of Object.entries(Object.getOwnPropertyDescriptors(type)))
      if (get !== undefined) {
        const group = get.call(host) as Record<string, Call>;
        for (const each of Object.keys(group)) found.set(`${name}.${each}`, group[each]!);
      } else if (!OTHERS.includes(name)) found.set(name, (...given) => (value as Call).apply(host, given));
    type = Object.getPrototypeOf(type) as object;
  }
  return found;
}
