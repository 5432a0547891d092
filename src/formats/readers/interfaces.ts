import { InputError, quoted } from "../../base/errors.js";
import { bondOptions } from "../words/bond-options.js";
import { readCommand } from "../words/commands.js";
import type { Draft } from "../draft/draft.js";
import { all, type Entry, entryOf, fileName, find, type SourceFile } from "../draft/entry.js";
import { linesOf } from "../syntax/lines.js";
import { type Options, refuseEach, setOptions, why } from "../draft/options.js";
import { addAddress, addRoute, defaultFor, lastOf, setSysctl, withLength } from "../draft/settings.js";
import {
  centiseconds,
  mac,
  number,
  prefixLength,
  seconds,
  spanningTree,
  text,
  vlanRanges,
  wordsOf,
  yesNo,
} from "../syntax/values.js";

// The words of interfaces(5), of the packages that add to it (bridge-utils-interfaces(5), vlan-interfaces(5),
// interfaces-bond(5)), and of ifupdown2.

/** What an iface line begins. */
interface Stanza {
  readonly entry: Entry;
  readonly link: string;
  readonly family: "inet" | "inet6" | undefined;
  readonly method: string;
  readonly inherits: readonly string[];
  readonly options: Entry[];
}

interface Interfaces {
  readonly stanzas: Stanza[];
  /** The links that are brought up, each with the lines that say so. */
  readonly up: Map<string, Entry[]>;
}

export function isInterfaces(path: string): boolean {
  return fileName(path) === "interfaces" || /interfaces\.d\/[^/]+$/.test(path);
}

/** The files that a pattern in a file names; none when they cannot be looked for. */
export type FindFiles = (pattern: string) => readonly SourceFile[];

function ifaceOf(entry: Entry): Stanza {
  const [link = "", ...words] = entry.value.split(/\s+/);
  const at = words.indexOf("inherits");
  const [family = "inet", method = "static"] = at === -1 ? words : words.slice(0, at);
  if (link === "") throw new InputError("it names no link");
  if (family !== "inet" && family !== "inet6") throw new InputError(`${quoted(family)} is no family of addresses here`);
  return { entry, link, family, method, inherits: at === -1 ? [] : words.slice(at + 1), options: [] };
}

/** Reads the lines of a file, and of those that it names. */
function collect(draft: Draft, file: SourceFile, read: Interfaces, findFiles: FindFiles, seen: Set<string>): void {
  if (seen.has(file.name)) return;
  seen.add(file.name);
  let stanza: Stanza | undefined;
  let unread: string | undefined;
  for (const line of linesOf(file.text, { comments: /^#/, continued: true })) {
    const [, word = "", value = ""] = /^(\S+)\s*(.*)$/s.exec(line.text) ?? [];
    const entry = entryOf(file.name, line.number, word, value, line.text.replace(/\s+/g, " "));
    draft.expect([entry]);
    if (word === "source" || word === "source-directory") {
      stanza = unread = undefined;
      const base = file.name.slice(0, file.name.lastIndexOf("/") + 1);
      for (const each of value.split(/\s+/)) {
        const pattern = each.startsWith("/") ? each : `${base}${each}`;
        const found = findFiles(word === "source" ? pattern : `${pattern}/*`);
        const named = word === "source" ? found : found.filter(({ name }) => /^[\w-]+$/.test(fileName(name)));
        if (named.length > 0) draft.carry(entry);
        else draft.refuse(entry, "there is no such file, or it was not given");
        for (const other of named) collect(draft, other, read, findFiles, seen);
      }
    } else if (word === "auto" || word.startsWith("allow-")) {
      stanza = unread = undefined;
      for (const name of value.split(/\s+/)) read.up.set(name, [...(read.up.get(name) ?? []), entry]);
    } else if (word === "iface") {
      unread = undefined;
      draft.reading(entry, () => {
        unread = "its iface line could not be read";
        stanza = undefined;
        read.stanzas.push((stanza = ifaceOf(entry)));
        unread = undefined;
      });
    } else if (word === "mapping" || word === "rename" || word === "vlan" || word === "template") {
      stanza = undefined;
      unread = word === "rename" ? why.rename : `${word}: a declaration has no word for it`;
      draft.refuse(entry, unread);
    } else if (word === "no-auto-down" || word === "no-scripts") {
      stanza = unread = undefined;
      draft.refuse(entry, why.applied);
    } else if (stanza !== undefined) stanza.options.push(entry);
    else draft.refuse(entry, unread ?? "it belongs to no iface line");
  }
}

/** "bridge_ports" and "bridge-ports" are one word. */
function word({ key }: Entry): string {
  return key.replaceAll("_", "-");
}

const isHook = (entry: Entry): boolean => /^(pre-|post-)?(up|down)$/.test(entry.key);

/** The options of a stanza behind those that it inherits: of two, ifup takes the first. */
function optionsOf(stanza: Stanza, stanzas: readonly Stanza[], draft: Draft, seen: readonly Stanza[] = []): Entry[] {
  const inherited = stanza.inherits.flatMap((name) => {
    const others = stanzas.filter(({ link }) => link === name);
    const parent = others.find(({ family }) => family === stanza.family) ?? others[0];
    if (parent === undefined || seen.includes(parent)) {
      draft.refuse(stanza.entry, `there is no iface ${name} to inherit from`);
      return [];
    }
    readMethod(draft, parent);
    return optionsOf(parent, stanzas, draft, [...seen, stanza]);
  });
  return [...inherited, ...stanza.options];
}

const bridgeOptions: Options = {
  "bridge-stp": ["stpState", spanningTree],
  "bridge-fd": ["forwardDelay", seconds],
  "bridge-hello": ["helloTime", seconds],
  "bridge-maxage": ["maxAge", seconds],
  "bridge-ageing": ["ageingTime", seconds],
  "bridge-bridgeprio": ["priority", number],
  "bridge-hw": ["address", mac],
  "bridge-vlan-aware": ["vlanFiltering", yesNo],
  "bridge-vlan-protocol": ["vlanProtocol", (value) => value.replace(/^802\.1q$/i, "802.1Q")],
  "bridge-vlan-stats": ["vlanStatsEnabled", yesNo],
  "bridge-mcsnoop": ["mcastSnooping", yesNo],
  "bridge-mcquerier": ["mcastQuerier", yesNo],
  "bridge-mcrouter": ["mcastRouter", number],
  "bridge-mclmc": ["mcastLastMemberCnt", number],
  "bridge-mcsqc": ["mcastStartupQueryCnt", number],
  "bridge-mclmi": ["mcastLastMemberIntvl", centiseconds],
  "bridge-mcmi": ["mcastMembershipIntvl", centiseconds],
  "bridge-mcqi": ["mcastQueryIntvl", centiseconds],
  "bridge-hashmax": ["mcastHashMax", number],
  "bridge-igmp-version": ["mcastIgmpVersion", number],
  "bridge-mld-version": ["mcastMldVersion", number],
};

/** Settings of ports that stand at the bridge: "eth1 10", and pairs of them. */
const perPort: Options = {
  "bridge-pathcost": ["cost", number],
  "bridge-pathcosts": ["cost", number],
  "bridge-portprio": ["priority", number],
  "bridge-portprios": ["priority", number],
  "bridge-hairpin": ["mode", yesNo],
  "bridge-learning": ["learning", yesNo],
  "bridge-unicast-flood": ["unicastFlood", yesNo],
  "bridge-multicast-flood": ["mcastFlood", yesNo],
};

const portOptions: Options = {
  "bridge-learning": ["learning", yesNo],
  "bridge-unicast-flood": ["unicastFlood", yesNo],
  "bridge-multicast-flood": ["mcastFlood", yesNo],
  "bridge-broadcast-flood": ["bcastFlood", yesNo],
  "bridge-arp-nd-suppress": ["neighSuppress", yesNo],
  "bridge-port-isolation": ["isolated", yesNo],
  "bridge-pathcosts": ["cost", number],
  "bridge-portprios": ["priority", number],
  "mstpctl-portbpdufilter": ["guard", yesNo],
};

const ifaceOptions: Options = {
  mtu: ["mtu", number],
  hwaddress: ["address", (value) => mac(value.replace(/^ether\s+/, ""))],
  "bond-master": ["master", text],
  vrf: ["master", text],
  alias: ["alias", text],
  txqueuelen: ["txqlen", number],
};

/** Bonding's own words, with bond- before them and hyphens for what the kernel underscores. */
const bonding: Options = Object.fromEntries(
  Object.entries(bondOptions).map(([name, option]) => [`bond-${name.replaceAll("_", "-")}`, option]),
);

const vxlanOptions: Options = {
  "vxlan-id": ["id", number],
  "vxlan-local-tunnelip": ["local", text],
  "vxlan-remoteip": ["remote", text],
  "vxlan-svcnodeip": ["remote", text],
  "vxlan-learning": ["learning", yesNo],
  "vxlan-port": ["port", number],
  "vxlan-ageing": ["ageing", seconds],
  "vxlan-physdev": ["link", text],
};

const REASONS = [
  [/^(down|pre-down|post-down)$/, "what was declared is taken back by its own revert; no command is run"],
  [/^dns-/, why.resolver],
  [/^(bridge[-_](maxwait|waitport)|wait[-_]?delay|bond[-_]lacp[-_]bypass.*)$/, why.ready],
  [/^(hostname|leasehours|leasetime|vendor|client|request-prefix|ll-attempts|ll-interval)$/, why.lease],
  [/^(link-speed|link-duplex|link-autoneg|ethernet-.+|ethtool-.+|hardware-.+|offload-.+|media)$/, why.hardware],
  [/^(wpa|wireless)[-_]/, "Wi-Fi is another program's"],
  [/^ovs[-_]/, why.openvswitch],
  [/^network$/, "an address and its length say which network it is"],
] as const;

/** The ports that a list names. */
function portsOf(draft: Draft, entry: Entry): string[] {
  const words = wordsOf(entry.value);
  const ports = [];
  for (let place = 0; place < words.length; place++) {
    const name = words[place]!;
    if (name === "none") draft.carry(entry);
    else if (name === "all" || name === "regex" || name === "glob" || /[*?[\]]/.test(name)) {
      draft.refuse(entry, `${quoted(name)}: name each port, or give a pattern a master of its own`);
      if (name === "regex" || name === "glob") place++;
    } else ports.push(name);
  }
  return ports;
}

function joinPorts(draft: Draft, entry: Entry, master: string): void {
  for (const port of portsOf(draft, entry)) {
    draft.set(entry, ["links", port, "master"], master);
    draft.set(entry, ["links", port, "up"], true);
  }
}

/** The VLANs of a port: those said of it, or of its bridge. */
function readVlans(draft: Draft, own: readonly Entry[], bridge: readonly Entry[], path: readonly string[]): void {
  const of = (name: string): Entry | undefined =>
    own.find((each) => word(each) === name) ?? bridge.find((each) => word(each) === name);
  const access = own.find((each) => word(each) === "bridge-access");
  if (access !== undefined) {
    draft.reading(access, () => {
      draft.set(access, path, [{ id: number(access.value), pvid: true, untagged: true }]);
    });
    return;
  }
  const [vids, pvid] = [of("bridge-vids"), of("bridge-pvid")];
  const used = [vids, pvid].filter((each) => each !== undefined);
  const [first] = used;
  if (first === undefined) return;
  draft.reading(first, () => {
    const native = pvid === undefined ? 1 : number(pvid.value);
    const tagged = vlanRanges(vids?.value ?? "").filter(({ id, to }) => id !== native || to !== undefined);
    draft.set(used, path, [{ id: native, pvid: true, untagged: true }, ...tagged]);
  });
}

/** A VLAN's link and id by what its stanza says, or by its name. */
function vlanOf(link: string, options: readonly Entry[]): { from: Entry[]; below: string; id: number } | undefined {
  const of = (name: string): Entry | undefined => options.find((each) => word(each) === name);
  const [raw, own] = [of("vlan-raw-device"), of("vlan-id")];
  const [, before, after] = /^(.+)\.(\d+)$/.exec(link) ?? [];
  const [, ofName] = /^vlan0*(\d+)$/.exec(link) ?? [];
  const id = own?.value ?? after ?? ofName;
  const below = raw?.value ?? before;
  if (below === undefined || id === undefined) {
    if (raw !== undefined) throw new InputError("nothing says which VLAN it is");
    return undefined;
  }
  return { from: [raw, own].filter((each) => each !== undefined), below, id: number(id) };
}

/** What kind of link a stanza makes, and what it has for it. */
function readKind(draft: Draft, { link, entry, method }: Stanza, options: readonly Entry[]): Entry[] {
  const path = ["links", link];
  const of = (name: string): Entry | undefined => options.find((each) => word(each) === name);
  let left = [...options];
  const ports = of("bridge-ports");
  const isBridge = ports !== undefined || of("bridge-vlan-aware") !== undefined;
  const bondPorts = of("bond-slaves") ?? of("bond-ports");
  const isBond = bondPorts !== undefined || of("bond-mode") !== undefined;
  const type = of("link-type");
  const table = of("vrf-table");
  if (isBridge) {
    draft.set(ports ?? entry, [...path, "kind"], "bridge");
    if (ports !== undefined) joinPorts(draft, ports, link);
    // The bridge's hook gives ports its MTU: the last that is said.
    const mtu = all(options, "mtu").at(-1);
    if (mtu !== undefined && /^\d+$/.test(mtu.value))
      for (const port of wordsOf(ports?.value ?? "").filter((each) => /^[\w.-]+$/.test(each) && each !== "none"))
        draft.assume(["links", port, "mtu"], number(mtu.value));
    left = setOptions(draft, left, path, bridgeOptions, word);
    for (const each of left.filter((one) => Object.hasOwn(perPort, word(one)))) readPerPort(draft, each, ports);
    left = left.filter((each) => each !== ports && !Object.hasOwn(perPort, word(each)));
    left = left.filter((each) => !/^bridge-(vids|pvid)$/.test(word(each)));
  } else if (isBond) {
    draft.set(bondPorts ?? of("bond-mode")!, [...path, "kind"], "bond");
    left = setOptions(draft, left, path, bonding, word);
    if (bondPorts !== undefined) joinPorts(draft, bondPorts, link);
    left = left.filter((each) => each !== bondPorts);
  } else if (of("vxlan-id") !== undefined) {
    draft.set(of("vxlan-id")!, [...path, "kind"], "vxlan");
    draft.assume([...path, "port"], 4789);
    left = setOptions(draft, left, path, vxlanOptions, word);
  } else if (table !== undefined) {
    draft.reading(table, () => {
      if (table.value === "auto") throw new InputError("a VRF needs the number of its table");
      draft.set(table, [...path, "kind"], "vrf");
      draft.set(table, [...path, "table"], number(table.value));
    });
    left = left.filter((each) => each !== table);
  } else if (type !== undefined) {
    draft.set(type, [...path, "kind"], type.value);
    left = left.filter((each) => each !== type);
  } else if (method === "tunnel" || method === "v4tunnel") left = readTunnel(draft, link, method, entry, left);
  const vlan = vlanOf(link, options);
  if (vlan !== undefined && !isBridge && !isBond) {
    const from = vlan.from.length > 0 ? vlan.from : entry;
    draft.set(from, [...path, "kind"], "vlan");
    draft.set(from, [...path, "link"], vlan.below);
    draft.set(from, [...path, "id"], vlan.id);
    left = left.filter((each) => !vlan.from.includes(each));
  }
  return left;
}

function readPerPort(draft: Draft, entry: Entry, ports: Entry | undefined): void {
  const [property, read] = perPort[word(entry)]!;
  const words = entry.value.includes("=") ? entry.value.split(/[\s=]+/) : wordsOf(entry.value);
  draft.reading(entry, () => {
    if (words.length % 2 !== 0 || words.length === 0) throw new InputError("it is not a port and a value each");
    for (let place = 0; place < words.length; place += 2) {
      const port = words[place]!;
      if (!wordsOf(ports?.value ?? "").includes(port)) throw new InputError(`${port} is no port of the bridge`);
      draft.set(entry, ["links", port, "asPort", property], read(words[place + 1]!));
    }
  });
}

function readTunnel(draft: Draft, link: string, method: string, entry: Entry, options: readonly Entry[]): Entry[] {
  const mode = find(options, "mode");
  const kind = method === "v4tunnel" ? "sit" : (mode?.value ?? "ipip");
  draft.set(mode ?? entry, ["links", link, "kind"], kind);
  const left = setOptions(draft, options, ["links", link], {
    local: ["local", (value) => (value === "any" ? "0.0.0.0" : value)],
    endpoint: ["remote", text],
    ttl: ["ttl", number],
  });
  return left.filter((each) => each !== mode);
}

function readAddresses(draft: Draft, { link: name }: Stanza, options: readonly Entry[]): Entry[] {
  const [link = "", alias] = name.split(":");
  const addresses = all(options, "address");
  const of = (key: string): Entry | undefined => find(options, key);
  const [mask, broadcast, peer, scope, metric] = [
    of("netmask"),
    of("broadcast"),
    of("pointopoint"),
    of("scope"),
    of("metric"),
  ];
  const preferred = of("preferred-lifetime");
  for (const address of addresses) {
    const isSix = address.value.includes(":");
    const mine = [
      address,
      ...(address.value.includes("/") || mask === undefined ? [] : [mask]),
      ...[peer, scope].filter((each) => each !== undefined),
      ...(isSix || broadcast === undefined || broadcast.value === "+" || broadcast.value === "-" ? [] : [broadcast]),
    ];
    draft.reading(address, () => {
      const length = mask === undefined ? undefined : prefixLength(mask.value);
      const whole = withLength(address.value, length);
      // The far end is all of the network; the mask is the broadcast address's.
      const far = peer === undefined || isSix ? {} : { peer: peer.value, broadcast: lastOf(whole) };
      addAddress(draft, mine, link, peer === undefined || isSix ? whole : `${whole.split("/")[0]!}/32`, {
        ...far,
        ...(broadcast === undefined || isSix || broadcast.value === "+" ? {} : { broadcast: broadcast.value }),
        ...(alias === undefined || isSix ? {} : { label: name }),
        ...(scope === undefined ? {} : { scope: scope.value as "link" }),
      });
    });
    if (mask !== undefined && address.value.includes("/")) {
      if (Number(address.value.split("/")[1]) === prefixLength(mask.value)) draft.carry(mask);
      else draft.refuse(mask, "the address has its length");
    }
    if (broadcast?.value === "+") draft.carry(broadcast);
  }
  if (preferred !== undefined) draft.refuse(preferred, "say preferredLifetime at the address");
  for (const gateway of all(options, "gateway"))
    draft.reading(gateway, () => {
      const [way = ""] = gateway.value.split(/\s+/);
      if (!/^[\da-fA-F.:]+$/.test(way)) throw new InputError(`${quoted(way)} is no gateway`);
      const used = metric === undefined ? [gateway] : [gateway, metric];
      const place = metric === undefined ? {} : { metric: number(metric.value) };
      addRoute(draft, used, { ...defaultFor(way), gateway: way, link, ...place });
    });
  const read = ["address", "netmask", "broadcast", "pointopoint", "scope", "gateway", "preferred-lifetime"];
  return options.filter(({ key }) => !read.includes(key));
}

const SIX: Readonly<Record<string, readonly [name: string, read: (value: string) => number]>> = {
  accept_ra: ["accept_ra", number],
  autoconf: ["autoconf", number],
  privext: ["use_tempaddr", number],
  "dad-attempts": ["dad_transmits", number],
};

function readMethod(draft: Draft, { entry, method, family }: Stanza): void {
  if (method === "dhcp") draft.refuse(entry, why.lease);
  else if (method === "auto" && family === "inet6") draft.refuse(entry, why.router);
  else if (["static", "manual", "loopback", "tunnel", "v4tunnel"].includes(method)) draft.carry(entry);
  else draft.refuse(entry, `method ${quoted(method)}: a declaration has no word for it`);
}

function readStanza(
  draft: Draft,
  stanza: Stanza,
  options: readonly Entry[],
  bridges: ReadonlyMap<string, Entry[]>,
): void {
  const { link: name, entry } = stanza;
  const [link = "", alias] = name.split(":");
  readMethod(draft, stanza);
  draft.reading(entry, () => {
    let left = alias === undefined ? readKind(draft, stanza, options) : [...options];
    left = setOptions(draft, left, ["links", link], ifaceOptions, word);
    left = readAddresses(draft, stanza, left);
    const bridge = bridges.get(link);
    if (bridge !== undefined) {
      left = setOptions(draft, left, ["links", link, "asPort"], portOptions, word);
      left = left.filter((each) => !/^bridge-(vids|pvid|access)$/.test(word(each)));
    }
    for (const each of refuseEach(draft, left, REASONS)) {
      const six = Object.hasOwn(SIX, each.key) ? SIX[each.key] : undefined;
      if (isHook(each))
        draft.reading(each, () => {
          readCommand(draft, each, link, stanza.family);
        });
      else if (six !== undefined)
        draft.reading(each, () => {
          setSysctl(draft, each, "ipv6", link, six[0], six[1](each.value));
        });
    }
  });
}

/** VLANs on a bridge that filters: the bridge itself is a member of them. */
function readOwnVlans(draft: Draft, bridge: string, stanzas: readonly Stanza[]): void {
  const ids = stanzas.flatMap(({ link, options, entry }) => {
    const vlan = vlanOf(link, options);
    return vlan?.below === bridge ? [{ id: vlan.id, entry }] : [];
  });
  if (ids.length === 0) return;
  const vlans = [{ id: 1, pvid: true, untagged: true }, ...ids.filter(({ id }) => id !== 1).map(({ id }) => ({ id }))];
  draft.set(
    ids.map(({ entry }) => entry),
    ["links", bridge, "vlans"],
    vlans,
  );
}

/** Reads interfaces(5), with the files that it names. */
export function readInterfaces(draft: Draft, files: readonly SourceFile[], findFiles: FindFiles): void {
  const read: Interfaces = { stanzas: [], up: new Map() };
  const seen = new Set<string>();
  // Files that another one names are read in its place.
  for (const file of [...files].sort((one, other) => Number(/\.d\//.test(one.name)) - Number(/\.d\//.test(other.name))))
    collect(draft, file, read, findFiles, seen);
  const { stanzas, up } = read;
  const started = stanzas.filter(({ link }) => up.has(link));
  for (const [name, lines] of up)
    if (!stanzas.some(({ link }) => link === name))
      for (const line of lines) draft.refuse(line, `there is no iface ${name}`);
  const bridges = new Map<string, Entry[]>();
  const options = new Map(started.map((stanza) => [stanza, optionsOf(stanza, stanzas, draft)]));
  for (const own of options.values()) {
    const ports = own.find((each) => word(each) === "bridge-ports");
    for (const port of wordsOf(ports?.value ?? "")) bridges.set(port, own);
  }
  for (const stanza of started) {
    const [link = "", alias] = stanza.link.split(":");
    if (alias === undefined) draft.set(up.get(stanza.link)!, ["links", link, "up"], true);
    else draft.carry(...up.get(stanza.link)!);
    readStanza(draft, stanza, options.get(stanza)!, bridges);
  }
  for (const [stanza, own] of options)
    if (own.some((each) => word(each) === "bridge-vlan-aware" && /^(yes|1|on|true)$/.test(each.value))) {
      const ports = wordsOf(own.find((each) => word(each) === "bridge-ports")?.value ?? "");
      for (const port of ports.filter((each) => each !== "none")) {
        const mine = [...options].filter(([{ link }]) => link === port).flatMap(([, each]) => each);
        readVlans(draft, mine, own, ["links", port, "asPort", "vlans"]);
      }
      readOwnVlans(draft, stanza.link, started);
    }
  for (const stanza of stanzas)
    if (!up.has(stanza.link)) {
      const isPort = bridges.has(stanza.link);
      if (isPort && stanza.options.length === 0 && stanza.method === "manual") draft.carry(stanza.entry);
      // What others inherit is accounted for by them.
      const isInherited = started.some(({ inherits }) => inherits.includes(stanza.link));
      for (const entry of [stanza.entry, ...stanza.options])
        if (!isInherited && !(isPort && entry === stanza.entry && stanza.options.length === 0))
          draft.refuse(entry, `nothing brings ${stanza.link} up at boot: no auto or allow line names it`);
    }
}
