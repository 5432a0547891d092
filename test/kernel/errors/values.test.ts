import { expect, test } from "vitest";
import { Host, InputError } from "../../../src/index.js";

/** What a program in JavaScript, or one with a slip of the pen, may give. */
const odd = (value: unknown): never => value as never;

type Refused = readonly [name: string, work: (host: Host) => Promise<unknown>, message: string];

const REFUSED: readonly Refused[] = [
  ["open with another option", () => Host.open(odd({ netns: "blue" })), "netns: no such option"],
  ["open with no options", () => Host.open(odd(null)), "a host's options: an object is wanted, not null"],
  ["a number as namespace", () => Host.open(odd({ namespace: 5 })), "namespace: 5 names no network namespace"],
  ["null as namespace", () => Host.open(odd({ namespace: null })), "namespace: null names no network namespace"],
  [
    "no link",
    (host) => host.link(odd(undefined)),
    "link: a link's name, its index or an object with its index is wanted",
  ],
  ["links by another condition", (host) => host.links(odd({ kinds: "veth" })), "kinds: no such option"],
  ["links of an odd master", (host) => host.links({ master: -1 }), "-1 is not a link's index"],
  ["a kind of link without options", (host) => host.setKind("br0", odd("odd"), {}), 'kind: "odd" is no kind of link'],
  ["up that is no boolean", (host) => host.setLink("tap0", { up: odd("no") }), 'up: "no" is neither true nor false'],
  [
    "altnames that are null",
    (host) => host.setLink("tap0", { altnames: odd(null) }),
    "altnames: null is no value: leave it out",
  ],
  ["a string of altnames", (host) => host.addLink("l", "ifb", { altnames: odd("ab") }), "altnames: a list is wanted"],
  ["an altname twice", (host) => host.setLink("tap0", { altnames: ["x", "x"] }), 'altnames.1: "x" is given twice'],
  ["an altname of 128 bytes", (host) => host.setLink("tap0", { altnames: ["x", "y".repeat(128)] }), "altnames.1: "],
  ["an empty altname", (host) => host.addBridge("l", { altnames: [""] }), 'altnames.0: "" has 0 bytes'],
  ["null as an altname", (host) => host.addBridge("l", { altnames: odd([null]) }), "altnames.0: null is no value"],
  ["an altname that is the name", (host) => host.addBridge("l", { altnames: ["l"] }), 'altnames.0: "l" is the link\'s'],
  [
    "an altname that is the new name",
    (host) => host.setLink("tap0", { name: "l", altnames: ["l"] }),
    'altnames.0: "l" is the link\'s own name',
  ],
  [
    "an altname that is the name, of a link that moves",
    (host) => host.setLink("tap0", { name: "l", altnames: ["tap0"], namespace: { pid: process.pid } }),
    'altnames: "tap0" is the link\'s own name until it has moved',
  ],
  [
    "what the other end of a veth cannot be made with",
    (host) => host.addVeth("l", { peer: { name: "m", altnames: ["x"] } }),
    "peer.altnames: the other end gets it only once it exists",
  ],
  ["null as the link below", (host) => host.addVlan("v", { id: 1, link: odd(null) }), "link: null is no value"],
  ["no link below", (host) => host.addVlan("v", odd({ id: 1 })), "link: a link of kind vlan needs the link below"],
  ["null as the master", (host) => host.setLink("tap0", { master: odd(null) }), "master: null is no value"],
  [
    "a link below by name, and null as the master",
    (host) => host.addLink("l", "ifb", { link: "none", master: odd(null) }),
    "master: null is no value",
  ],
  ["a veth without a peer", (host) => host.addVeth("l", odd({})), "peer: an object is wanted, not undefined"],
  ["a veth with one name", (host) => host.addVeth("l", { peer: "l" }), "peer: both ends cannot be named l in one"],
  [
    "null as the port's options",
    (host) => host.addTap("t", { bridge: "br0", port: odd(null) }),
    "port: null is no value",
  ],
  ["move: 1", (host) => host.attach("tap0", "br0", { move: odd(1) }), "move: 1 is neither true nor false"],
  ["a string of links", (host) => host.removeAll(odd("ab")), 'links: a list is wanted, not "ab"'],
  [
    "an undefined link among others",
    (host) => host.removeAll(["a", odd(undefined)]),
    "undefined is not a link's index",
  ],
  ["a TAP up: no", (host) => host.addTap("t", { up: odd("no") }), 'up: "no" is neither true nor false'],
  ["a TAP with vnetHdr: 1", (host) => host.addTap("t", { vnetHdr: odd(1) }), "vnetHdr: 1 is neither true nor false"],
  [
    "a bridge for a TAP that is opened",
    (host) => host.openTap("t", odd({ bridge: "br0" })),
    "bridge: a TAP that is opened",
  ],
  ["an owner that is a string", (host) => host.addTap("t", { owner: odd("5") }), 'owner: "5" is not an integer'],
  ["a carrier that is a word", (host) => host.addTap("t", { carrier: odd("off") }), 'carrier: "off" is neither'],
  [
    "offload that is a word",
    (host) => host.addTap("t", { offload: odd("csum") }),
    'offload: a list is wanted, not "csum"',
  ],
  ["null as offload", (host) => host.openMacvtap("tap0", { offload: odd(null) }), "offload: null is no value"],
  ["exclusive that is a word", (host) => host.openTap("t", { exclusive: odd("yes") }), 'exclusive: "yes" is neither'],
  ["null as an identifier", (host) => host.tapForQemu({ id: odd(null) }), "id: null is no value"],
  ["an address that is none, on a link by its name", (host) => host.addAddress("absent", "10.0.0.1/99"), "10.0.0.1/99"],
  ["null as an address family", (host) => host.routes.list({ family: odd(null) }), "family: null is no value"],
  [
    "null as a route's ways",
    (host) => host.routes.add("10.0.0.0/8", { nexthops: odd(null) }),
    "nexthops: null is no value",
  ],
  [
    "null as one of a route's ways",
    (host) => host.routes.add("10.0.0.0/8", { nexthops: [odd(null)] }),
    "nexthops.0: null is no value",
  ],
  ["null as a member", (host) => host.nexthops.add({ group: [odd(null)] }), "group.0: null is no value"],
  ["null as members", (host) => host.nexthops.add({ group: odd(null) }), "group: null is no value"],
  [
    "null as an action",
    (host) => host.filters.add("tap0", { kind: "matchall", options: { actions: [odd(null)] } }),
    "options.actions.0: null is no value",
  ],
  ["a class's handle of 5", (host) => host.classes.add("tap0", odd({ kind: "htb", handle: 5 })), "handle: 5 is not a"],
  ["5 as entries' states", (host) => host.fdb.list({ state: odd(5) }), "state: a list is wanted, not 5"],
  ["5 as entries' MAC", (host) => host.fdb.list({ address: odd(5) }), "5 is not a MAC"],
  ["5 as a group", (host) => host.mdb.list({ group: odd(5) }), "group: 5 is no group"],
  ["a state that is no list", (host) => host.neighbours.list({ state: odd(5) }), "state: a list is wanted, not 5"],
  ["null as a VLAN", (host) => host.bridgeVlans.setGlobalOptions("br0", [odd(null)]), "options.0: null is no value"],
  ["stats: no", (host) => host.bridgeVlans.list({ stats: odd("no") }), 'stats: "no" is neither true nor false'],
  ["null as a VLAN of a port", (host) => host.setPort("tap0", { vlans: [odd(null)] }), "vlans.0: null is no value"],
  ["null as a header", (host) => host.request("RTM_GETLINK", { header: odd(null) }), "header: null is no value"],
  ["null as a bridge's MAC", (host) => host.addBridge("l", { address: odd(null) }), "address: null is no value"],
  ["no kind", (host) => host.qdiscs.add("tap0", odd({})), "kind: it must be given"],
  ["half a character as a name", (host) => host.addBridge("\ud83d"), "is not text, as a link's name must be"],
  ["half a character as an alias", (host) => host.setLink("tap0", { alias: "\ud83d" }), "is not text"],
  ["null as options", (host) => host.qdiscs.change("tap0", { kind: "tbf", options: odd(null) }), "options: null is no"],
  ["null as a filter's handle", (host) => host.filters.remove("tap0", { handle: odd(null) }), "handle: null is no"],
  ["null in a peer", (host) => host.addVeth("l", { peer: { name: "m", up: odd(null) } }), "peer.up: null is no value"],
  ["details that are a word", (host) => host.link("br0", { virtualFunctions: odd("no") }), 'virtualFunctions: "no" is'],
  ["a second name", (host) => host.addLink("l", "ifb", { name: "m" }), "name: the name is given before the settings"],
  [
    "a misspelt kind",
    (host) => host.addLink("l", odd("bridg")),
    'is no kind of link that is known here; did you mean "bridge"?',
  ],
  ["a misspelt kind to change", (host) => host.setKind("br0", odd("bridg"), {}), 'are known; did you mean "bridge"?'],
  ["a misspelt kind to look for", (host) => host.links({ kind: odd("bridg") }), 'kind: "bridg" is no kind of link'],
  [
    "a kind that is not known here",
    (host) => host.links({ kind: odd("wireguard") }),
    'given as { other: "wireguard" }',
  ],
  ["a VLAN without its id", (host) => host.addVlan("l", odd({ link: "br0" })), "id: a link of kind vlan needs it"],
  ["a VRF without its table", (host) => host.addLink("l", "vrf", odd({})), "table: a link of kind vrf needs it"],
  [
    "offloads without headers",
    (host) => host.addTap("t", { offload: ["csum"] }),
    "offload: what is taken over is said in",
  ],
  ["a group's MAC for a guest", (host) => host.tapForQemu({ mac: "01:00:5e:00:00:01" }), "is a multicast address"],
  [
    "what a bond's port has of a new TAP's",
    (host) => host.addTap("t", { bridge: "br0", port: odd({ queueId: 1 }) }),
    "port.queueId: a port of a bond has it, and none of a bridge",
  ],
  [
    "the same of a guest's",
    (host) => host.tapForQemu({ bridge: "br0", port: { queueId: 1 } }),
    "port.queueId: a port of a bond has it, and none of a bridge",
  ],
  ["the same of a port of a bridge", (host) => host.attach("tap0", "br0", { queueId: 1 }), "queueId: no such option"],
  ["a port without a bridge", (host) => host.addTap("t", { port: { isolated: true } }), "port: these are options of"],
  ["a namespace's descriptor", (host) => host.addBridge("l", { netNsFd: 5 }), "netNsFd: see namespace"],
  ["what is only asked for", (host) => host.setLink("tap0", odd({ altIfname: "x" })), "altIfname: it is asked for"],
  ["5 as a kind", (host) => host.addLink("l", "ifb", { linkInfo: odd(5) }), "linkInfo: an object is wanted, not 5"],
  [
    "a peer up: no",
    (host) => host.addVeth("l", { peer: { up: odd("no") } }),
    'peer.up: "no" is neither true nor false',
  ],
  [
    "a TAP that does not stay",
    (host) => host.addTap("t", odd({ persist: false })),
    "persist: only a TAP that is opened",
  ],
  ["vhost for no descriptor", (host) => host.addTap("t", odd({ vhost: true })), "vhost: only a TAP that is opened"],
  ["a port of no bridge", (host) => host.tapForQemu({ port: {} }), "port: these are options of a bridge's port"],
  ["onlink: no", (host) => host.routes.add("10.0.0.0/8", { link: "lo", onlink: odd("no") }), 'onlink: "no" is neither'],
  [
    "onlink: no, of a way",
    (host) => host.routes.add("10.0.0.0/8", { nexthops: [{ link: "lo", onlink: odd("no") }] }),
    'nexthops.0.onlink: "no" is neither',
  ],
  ["a gateway that is a link", (host) => host.routes.list({ gateway: "tap0" }), 'gateway: "tap0" is not an IPv4 or'],
  ["a metric below 0", (host) => host.routes.list({ metric: -1 }), "metric: -1 is not an integer"],
  ["a source that is a number", (host) => host.routes.add("10.0.0.0/8", { from: odd(5) }), "from: 5 is not text"],
  ["a table of rules that is no table", (host) => host.rules.list({ table: odd("odd") }), 'table: "odd" is'],
  ["proxy: 1", (host) => host.neighbours.list({ proxy: odd(1) }), "proxy: 1 is neither true nor false"],
  ["groups: 1", (host) => host.nexthops.list({ groups: odd(1) }), "groups: 1 is neither true nor false"],
  ["a qdisc's place that is none", (host) => host.qdiscs.list({ parent: odd("top") }), 'parent: "top" is not a handle'],
  ["a word as an entry's flags", (host) => host.fdb.list({ flags: odd("sticky") }), "flags: "],
  ["a far end that is none", (host) => host.fdb.list({ dst: "far" }), 'dst: "far" is not an IPv4 or IPv6 address'],
  ["a table that is none", (host) => host.fdb.list({ table: odd("x") }), 'table: "x" is none of bridge, device'],
  ["what every object has", (host) => host.addBridge("l", odd({ toString: 1 })), "toString: no such option"],
  ["5 as attributes", (host) => host.request("RTM_GETLINK", { attributes: odd(5) }), "attributes: an object is wanted"],
  ["more flags than 16", (host) => host.request("RTM_GETLINK", { flags: 0x10000 }), "flags: 65536 is not a number of"],
  ["fewer flags than none", (host) => host.request("RTM_GETLINK", { flags: -1 }), "flags: -1 is not a number of"],
  ["flags that are a word", (host) => host.request("RTM_GETLINK", { flags: odd("dump") }), 'flags: "dump" is not a'],
  ["a path with a NUL", (host) => host.connectSocket("/tmp/\0"), "path: "],
  [
    "a path of 108 bytes",
    (host) => host.connectSocket("/".repeat(108)),
    "path: a Unix socket's path has 1 to 107 bytes",
  ],
  ...[NaN, -1, 1.5, 65_536].map((port): Refused => [
    `port ${port}`,
    (host) => host.openInternet("tcp", "0.0.0.0", port),
    `port: ${port} is not a port`,
  ]),
  ...["", "localhost", "fe80::1%lo", "10.0.0.1/8"].map((address): Refused => [
    `address ${address}`,
    (host) => host.openInternet("udp", address),
    `address: ${JSON.stringify(address)} is not`,
  ]),
];

test("what cannot be meant is an InputError that names it, and changes nothing", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0");
  for (const name of ["a", "b", "tap0"]) await host.addTap(name);
  const before = await host.links();
  for (const [name, work, message] of REFUSED) {
    const error = await work(host).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error, name).toBeInstanceOf(InputError);
    expect((error as Error).message, name).toContain(message);
  }
  expect((await host.links()).map(({ name, up }) => [name, up])).toEqual(before.map(({ name, up }) => [name, up]));
});
