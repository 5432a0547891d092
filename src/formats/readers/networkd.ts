import { InputError, quoted } from "../../base/errors.js";
import type { RouteEntry } from "../../topology/declaration/declaration.js";
import { arpValidate, bondMode, hashPolicy } from "../words/bond-options.js";
import type { Draft } from "../draft/draft.js";
import { all, type Entry, fileName, find, type SourceFile } from "../draft/entry.js";
import { tableOf } from "../words/ip-words.js";
import { sectionsOf } from "../syntax/lines.js";
import { type Options, refuseEach, setOptions, why } from "../draft/options.js";
import { addAddress, addRoute, defaultFor, destinationOf, setSysctl, withLength } from "../draft/settings.js";
import {
  priorities,
  mac,
  number,
  numbered,
  oneOf,
  text,
  timeSpan,
  vlanRanges,
  wordsOf,
  yesNo,
} from "../syntax/values.js";

// The words of systemd.netdev(5), systemd.network(5) and systemd.link(5).

const SUFFIX = /\.(netdev|network|link)$/;

export function isNetworkd(path: string): boolean {
  return SUFFIX.test(path) || /\.(netdev|network|link)\.d\/[^/]+\.conf$/.test(path);
}

const KINDS: Readonly<Record<string, string>> = {
  ...{ bridge: "bridge", bond: "bond", vlan: "vlan", vxlan: "vxlan", vrf: "vrf", dummy: "dummy", veth: "veth" },
  ...{ macvlan: "macvlan", macvtap: "macvtap", ipvlan: "ipvlan", ipvtap: "ipvtap", tun: "tun", tap: "tun", ifb: "ifb" },
  ...{ gre: "gre", gretap: "gretap", ipip: "ipip", sit: "sit", vti: "vti", ip6gre: "ip6gre", ip6gretap: "ip6gretap" },
  ...{ ip6tnl: "ip6tnl", vti6: "vti6", geneve: "geneve", nlmon: "nlmon", vcan: "vcan", vxcan: "vxcan" },
};

/** A size such as "1500" or "9K". */
function bytes(value: string): number {
  const [, count, unit = ""] = /^(\d+)([KMG]?)$/.exec(value) ?? [];
  if (count === undefined) throw new InputError(`${quoted(value)} is no size`);
  return Number(count) * 1024 ** " KMG".indexOf(unit === "" ? " " : unit);
}

const span = (value: string): number => timeSpan(value);
const any = (value: string): string => (value === "any" ? "0.0.0.0" : value);

const bridge: Options = {
  STP: ["stpState", (value) => (yesNo(value) ? "kernel" : "off")],
  ForwardDelaySec: ["forwardDelay", span],
  HelloTimeSec: ["helloTime", span],
  MaxAgeSec: ["maxAge", span],
  AgeingTimeSec: ["ageingTime", span],
  Priority: ["priority", number],
  GroupForwardMask: ["groupFwdMask", number],
  DefaultPVID: ["vlanDefaultPvid", (value) => (value === "none" ? 0 : number(value))],
  VLANFiltering: ["vlanFiltering", yesNo],
  VLANProtocol: ["vlanProtocol", oneOf({ "802.1q": "802.1Q", "802.1ad": "802.1ad" })],
  MulticastQuerier: ["mcastQuerier", yesNo],
  MulticastSnooping: ["mcastSnooping", yesNo],
  MulticastIGMPVersion: ["mcastIgmpVersion", number],
  FDBMaxLearned: ["fdbMaxLearned", number],
};

const bond: Options = {
  Mode: ["mode", bondMode],
  TransmitHashPolicy: ["xmitHashPolicy", hashPolicy],
  LACPTransmitRate: ["lacpRate", numbered("slow", "fast")],
  MIIMonitorSec: ["miimon", span],
  UpDelaySec: ["updelay", span],
  DownDelaySec: ["downdelay", span],
  PeerNotifyDelaySec: ["peerNotifDelay", span],
  LearnPacketIntervalSec: ["lpInterval", span],
  AdSelect: ["adSelect", numbered("stable", "bandwidth", "count")],
  AdActorSystemPriority: ["adActorSysPrio", number],
  AdUserPortKey: ["adUserPortKey", number],
  AdActorSystem: ["adActorSystem", mac],
  FailOverMACPolicy: ["failOverMac", numbered("none", "active", "follow")],
  ARPValidate: ["arpValidate", arpValidate],
  ARPIntervalSec: ["arpInterval", span],
  ARPIPTargets: ["arpIpTarget", wordsOf],
  ARPAllTargets: ["arpAllTargets", numbered("any", "all")],
  ARPMissedMax: ["missedMax", number],
  PrimaryReselectPolicy: ["primaryReselect", numbered("always", "better", "failure")],
  ResendIGMP: ["resendIgmp", number],
  PacketsPerSlave: ["packetsPerPort", number],
  GratuitousARP: ["numPeerNotif", number],
  AllSlavesActive: ["allPortsActive", yesNo],
  DynamicTransmitLoadBalancing: ["tlbDynamicLb", yesNo],
  MinLinks: ["minLinks", number],
};

const tunnel: Options = {
  Local: ["local", any],
  Remote: ["remote", any],
  TTL: ["ttl", number],
  TOS: ["tos", number],
  InputKey: ["ikey", number],
  OutputKey: ["okey", number],
  DiscoverPathMTU: ["pmtudisc", yesNo],
};

const SECTIONS: Readonly<Record<string, Options>> = {
  Bridge: bridge,
  Bond: bond,
  VLAN: {
    Id: ["id", number],
    Protocol: ["protocol", oneOf({ "802.1q": "802.1Q", "802.1ad": "802.1ad" })],
    IngressQOSMaps: ["ingressQos", priorities],
    EgressQOSMaps: ["egressQos", priorities],
  },
  VXLAN: {
    VNI: ["id", number],
    Remote: ["remote", text],
    Group: ["remote", text],
    Local: ["local", text],
    TTL: ["ttl", number],
    TOS: ["tos", number],
    MacLearning: ["learning", yesNo],
    FDBAgeingSec: ["ageing", span],
    MaximumFDBEntries: ["limit", number],
    ReduceARPProxy: ["proxy", yesNo],
    L2MissNotification: ["l2miss", yesNo],
    L3MissNotification: ["l3miss", yesNo],
    RouteShortCircuit: ["rsc", yesNo],
    UDPChecksum: ["udpCsum", yesNo],
    DestinationPort: ["port", number],
  },
  VRF: { Table: ["table", number] },
  Tunnel: tunnel,
  MACVLAN: { Mode: ["mode", text] },
  MACVTAP: { Mode: ["mode", text] },
  IPVLAN: { Mode: ["mode", (value) => value.toLowerCase()] },
  IPVTAP: { Mode: ["mode", (value) => value.toLowerCase()] },
  Peer: { Name: ["peer", text] },
  Tun: {
    MultiQueue: ["multiQueue", yesNo],
    PacketInfo: ["packetInformation", yesNo],
    VNetHeader: ["vnetHdr", yesNo],
    User: ["owner", number],
    Group: ["group", number],
  },
};
const TAP = SECTIONS["Tun"]!;

const vlanFlags: Options = {
  GVRP: ["gvrp", yesNo],
  MVRP: ["mvrp", yesNo],
  LooseBinding: ["looseBinding", yesNo],
  ReorderHeader: ["reorderHdr", yesNo],
};

/** [Bridge] of a .network: what the link has as a port. */
const bridgePort: Options = {
  UnicastFlood: ["unicastFlood", yesNo],
  MulticastFlood: ["mcastFlood", yesNo],
  MulticastToUnicast: ["mcastToUcast", yesNo],
  NeighborSuppression: ["neighSuppress", yesNo],
  Learning: ["learning", yesNo],
  HairPin: ["mode", yesNo],
  Isolated: ["isolated", yesNo],
  UseBPDU: ["guard", (value) => !yesNo(value)],
  FastLeave: ["fastLeave", yesNo],
  AllowPortToBeRoot: ["protect", (value) => !yesNo(value)],
  ProxyARP: ["proxyarp", yesNo],
  ProxyARPWiFi: ["proxyarpWifi", yesNo],
  Cost: ["cost", number],
  Priority: ["priority", number],
  MulticastRouter: [
    "multicastRouter",
    oneOf({ no: "disabled", query: "tempQuery", permanent: "perm", temporary: "temp" }),
  ],
};

const link: Options = {
  MTUBytes: ["mtu", bytes],
  MACAddress: ["address", mac],
  ARP: ["arp", yesNo],
  Multicast: ["multicast", yesNo],
  AllMulticast: ["allmulticast", yesNo],
  Promiscuous: ["promisc", yesNo],
  Group: ["group", number],
  Alias: ["alias", text],
  TransmitQueueLength: ["txqlen", number],
};

const REASONS: readonly (readonly [pattern: RegExp, why: string])[] = [
  [
    /^(Description|LLDP|EmitLLDP|KeepConfiguration|KeepMaster|IgnoreCarrierLoss|ConfigureWithoutCarrier|BindCarrier)$/,
    why.applied,
  ],
  [/^(RequiredForOnline|RequiredFamilyForOnline)$/, why.ready],
  [
    /^(DHCP|DHCPServer|DHCPPrefixDelegation|ClientIdentifier|UseDNS|UseRoutes|UseDomains|UseMTU|UseHostname|UseNTP)$/,
    why.lease,
  ],
  [/^(IPv6SendRA|IPv6PrivacyExtensions|IPv6LinkLocalAddressGenerationMode)$/, why.router],
  [/^(DNS|Domains|NTP|LLMNR|MulticastDNS|DNSDefaultRoute|DNSOverTLS|DNSSEC)$/, why.resolver],
  [/^(NamePolicy|AlternativeNamesPolicy)$/, why.rename],
  [
    /^(WakeOnLan|AutoNegotiation|Duplex|BitsPerSecond|Port|.*Offload|.*Checksum.*|.*Channels|.*BufferSize|MACAddressPolicy)$/,
    why.hardware,
  ],
  [/^IPMasquerade$/, "NAT is a network's for guests: linkwright network"],
];

/** What nothing has to be done for when it is off. */
const OFF = /^(DHCP|DHCPServer|LLDP|EmitLLDP|LLMNR|MulticastDNS|IPMasquerade|IPv6SendRA)$/;

interface Unit {
  readonly name: string;
  readonly sections: readonly Entry[];
}

/** Files with their drop-ins, each set in the order in which systemd takes them. */
function unitsOf(draft: Draft, files: readonly SourceFile[]): Unit[] {
  const units = new Map<string, Entry[]>();
  const dropIns = files.filter(({ name }) => name.endsWith(".conf"));
  for (const file of [...files.filter((each) => !dropIns.includes(each)), ...dropIns]) {
    const name = file.name.endsWith(".conf") ? file.name.slice(0, file.name.lastIndexOf("/") - 2) : file.name;
    const sections = sectionsOf(file, true);
    for (const section of sections) draft.expect(section.entries);
    units.set(name, [...(units.get(name) ?? []), ...sections]);
  }
  return [...units]
    .map(([name, sections]) => ({ name, sections }))
    .sort((one, other) => (fileName(one.name) < fileName(other.name) ? -1 : 1));
}

function entriesIn(sections: readonly Entry[], key: string): Entry[] {
  return all(sections, key).flatMap(({ entries }) => entries);
}

function readNetdev(draft: Draft, { sections }: Unit): void {
  const own = entriesIn(sections, "NetDev");
  const [name, kind] = [find(own, "Name"), find(own, "Kind")];
  const refuseAll = (reason: string): void => {
    for (const section of sections) for (const entry of section.entries) draft.refuse(entry, reason);
  };
  if (name === undefined || kind === undefined) {
    refuseAll("there is no Name and Kind");
    return;
  }
  if (!Object.hasOwn(KINDS, kind.value)) {
    refuseAll(`${kind.text}: a declaration has no such link`);
    return;
  }
  const path = ["links", name.value];
  draft.set([name, kind], [...path, "kind"], KINDS[kind.value]);
  if (kind.value === "tap") draft.set(kind, [...path, "mode"], "tap");
  if (kind.value === "tun") draft.set(kind, [...path, "mode"], "tun");
  if (kind.value === "vxlan") draft.assume([...path, "port"], 8472);
  for (const section of sections) {
    const { key } = section;
    let left: readonly Entry[] = section.entries;
    if (key === "NetDev") {
      left = left.filter((each) => each !== name && each !== kind);
      left = setOptions(draft, left, path, { MTUBytes: link["MTUBytes"]!, MACAddress: link["MACAddress"]! });
    } else if (key === "Tap") left = setOptions(draft, left, path, TAP);
    else if (Object.hasOwn(SECTIONS, key)) left = setOptions(draft, left, path, SECTIONS[key]!);
    if (key === "VLAN") left = setOptions(draft, left, [...path, "flags"], vlanFlags);
    if (key === "Peer") {
      const [peer, address] = [find(section.entries, "Name"), find(left, "MACAddress")];
      if (peer !== undefined && address !== undefined)
        draft.reading(address, () => {
          draft.set(address, ["links", peer.value, "address"], mac(address.value));
        });
      left = left.filter((each) => each !== address);
    }
    if (key === "Tunnel") left = readTunnel(draft, left, path);
    if (key === "VXLAN") left = readPortRange(draft, left, path);
    for (const entry of all(left, "Independent"))
      draft.reading(entry, () => {
        yesNo(entry.value);
        draft.carry(entry);
      });
    refuseEach(draft, left, REASONS);
  }
}

function readPortRange(draft: Draft, entries: readonly Entry[], path: readonly string[]): Entry[] {
  return entries.filter((entry) => {
    if (entry.key !== "PortRange") return true;
    draft.reading(entry, () => {
      const [low = "", high = low] = entry.value.split("-");
      draft.set(entry, [...path, "portRange"], { low: number(low), high: number(high) });
    });
    return false;
  });
}

/** Key= is for both directions. */
function readTunnel(draft: Draft, entries: readonly Entry[], path: readonly string[]): Entry[] {
  return entries.filter((entry) => {
    if (entry.key === "Key")
      draft.reading(entry, () => {
        for (const property of ["ikey", "okey"]) draft.set(entry, [...path, property], number(entry.value));
        for (const property of ["iflags", "oflags"]) draft.set(entry, [...path, property], ["key"]);
      });
    else return true;
    return false;
  });
}

/** Links that stand on one, or that it is a port of, by the words of [Network]. */
const STACKED = ["VLAN", "MACVLAN", "MACVTAP", "IPVLAN", "IPVTAP", "VXLAN", "Tunnel"];
const MASTERS = ["Bridge", "Bond", "VRF"];

function readNetworkSection(draft: Draft, entry: Entry, name: string, kinds: ReadonlyMap<string, string>): void {
  const { key, value } = entry;
  const path = ["links", name];
  if (key === "Address") addAddress(draft, entry, name, withLength(value, value.includes(":") ? 128 : 32));
  else if (key === "Gateway") {
    if (value.startsWith("_")) throw new InputError(why.lease);
    addRoute(draft, entry, { ...defaultFor(value), gateway: value, link: name });
  } else if (MASTERS.includes(key)) draft.set(entry, [...path, "master"], value);
  else if (STACKED.includes(key))
    for (const upper of wordsOf(value)) {
      if (!kinds.has(upper)) throw new InputError(`there is no .netdev of ${upper}`);
      draft.set(entry, ["links", upper, "link"], name);
    }
  else if (key === "IPForward")
    for (const family of value === "ipv4" || value === "ipv6" ? [value] : ["ipv4", "ipv6"]) {
      const on = value === family || yesNo(value);
      const setting = family === "ipv4" ? "net.ipv4.ip_forward" : "net.ipv6.conf.all.forwarding";
      draft.set(entry, ["sysctls", setting], on ? 1 : 0);
    }
  else if (key === "IPv4Forwarding" || key === "IPv6Forwarding")
    setSysctl(draft, entry, key === "IPv4Forwarding" ? "ipv4" : "ipv6", name, "forwarding", yesNo(value) ? 1 : 0);
  else if (key === "IPv6AcceptRA") {
    if (yesNo(value)) throw new InputError(why.router);
    setSysctl(draft, entry, "ipv6", name, "accept_ra", 0);
  } else if (key === "LinkLocalAddressing") {
    if (value === "ipv6" || value === "yes") draft.carry(entry);
    else if (value === "no" || value === "ipv4-fallback") setSysctl(draft, entry, "ipv6", name, "addr_gen_mode", 1);
    else throw new InputError(`${quoted(value)}: the kernel gives IPv6 link-local addresses alone`);
    if (value === "yes") draft.refuse(entry, "the kernel gives IPv6 link-local addresses alone");
  } else if (key === "IPv4ReversePathFilter") {
    const filter = oneOf({ no: 0, strict: 1, loose: 2 })(value);
    setSysctl(draft, entry, "ipv4", name, "rp_filter", filter);
  } else if (key === "IPv4ProxyARP" || key === "ProxyARP")
    setSysctl(draft, entry, "ipv4", name, "proxy_arp", yesNo(value) ? 1 : 0);
  else if (key === "IPv6ProxyNDP") setSysctl(draft, entry, "ipv6", name, "proxy_ndp", yesNo(value) ? 1 : 0);
  else if (key === "IPv4AcceptLocal") setSysctl(draft, entry, "ipv4", name, "accept_local", yesNo(value) ? 1 : 0);
  else if (key === "IPv6DuplicateAddressDetection")
    setSysctl(draft, entry, "ipv6", name, "dad_transmits", number(value));
  else if (key === "IPv6MTUBytes") setSysctl(draft, entry, "ipv6", name, "mtu", bytes(value));
  else if (key === "IPv6HopLimit") setSysctl(draft, entry, "ipv6", name, "hop_limit", number(value));
}

/** A section that is one thing: what was read of it, and the entries that say it. */
function whole(draft: Draft, section: Entry, options: Options): { value: Record<string, unknown>; from: Entry[] } {
  const value: Record<string, unknown> = {};
  const from: Entry[] = [];
  for (const entry of section.entries) {
    if (!Object.hasOwn(options, entry.key)) continue;
    const [property, read] = options[entry.key]!;
    draft.reading(entry, () => {
      value[property] = read(entry.value);
      from.push(entry);
    });
  }
  return { value, from };
}

const lifetime = (value: string): unknown =>
  value === "infinity" || value === "forever" ? "forever" : timeSpan(value);

/** An address without its prefix length, which is the link's own address's. */
function farEnd(value: string): string {
  const [address = "", length] = value.split("/");
  if (length !== undefined) number(length);
  return address;
}

const addressOptions: Options = {
  Address: ["address", (value) => withLength(value, value.includes(":") ? 128 : 32)],
  Peer: ["peer", farEnd],
  Broadcast: [
    "broadcast",
    (value) => (/^(yes|true)$/.test(value) ? "+" : /^(no|false)$/.test(value) ? undefined : value),
  ],
  Label: ["label", text],
  PreferredLifetime: ["preferredLifetime", lifetime],
  Scope: ["scope", (value) => (/^\d+$/.test(value) ? number(value) : value)],
  RouteMetric: ["rtPriority", number],
};

function readAddress(draft: Draft, section: Entry, name: string): void {
  const { value, from } = whole(draft, section, addressOptions);
  const flags = section.entries.flatMap((entry) => {
    const { key, value: word } = entry;
    let flag: string | undefined;
    draft.reading(entry, () => {
      if (key === "DuplicateAddressDetection" && word === "none") flag = "nodad";
      else if (key === "AddPrefixRoute" && !yesNo(word)) flag = "noprefixroute";
      else if (key === "HomeAddress" && yesNo(word)) flag = "home";
      else if (key === "ManageTemporaryAddress" && yesNo(word)) flag = "mngtmpaddr";
      else if (["AddPrefixRoute", "HomeAddress", "ManageTemporaryAddress"].includes(key)) draft.carry(entry);
      else if (key === "DuplicateAddressDetection")
        throw new InputError(`${quoted(word)}: the kernel decides by the family`);
    });
    if (flag !== undefined) from.push(entry);
    return flag === undefined ? [] : [flag];
  });
  const [first] = section.entries;
  if (value["address"] === undefined) {
    if (first !== undefined) draft.refuse(first, "the section has no Address that could be read");
    return;
  }
  const { address, ...settings } = value;
  addAddress(draft, from, name, address as string, {
    ...settings,
    ...(flags.length === 0 ? {} : { flags: flags as never }),
  });
}

const routeOptions: Options = {
  Gateway: ["gateway", text],
  Destination: ["destination", text],
  Source: ["from", text],
  Metric: ["metric", number],
  Scope: ["scope", (value) => (/^\d+$/.test(value) ? number(value) : value)],
  PreferredSource: ["source", text],
  Table: ["table", tableOf],
  Type: ["type", text],
  Protocol: ["protocol", (value) => (/^\d+$/.test(value) ? number(value) : value)],
  GatewayOnLink: ["onlink", yesNo],
  IPv6Preference: ["preference", text],
  TypeOfService: ["tos", number],
};

const routeMetrics: Options = {
  MTUBytes: ["mtu", bytes],
  InitialCongestionWindow: ["initcwnd", number],
  InitialAdvertisedReceiveWindow: ["initrwnd", number],
  QuickAck: ["quickack", yesNo],
  TCPAdvertisedMaximumSegmentSize: ["advmss", bytes],
  HopLimit: ["hoplimit", number],
  TCPCongestionControlAlgorithm: ["ccAlgo", text],
};

/** "192.0.2.1@eth0 10": a way of several, and what it weighs. */
function pathOf(value: string): Record<string, unknown> {
  const [way = "", weight] = value.split(/\s+/);
  const [gateway = "", over] = way.split(/[@%]/);
  return {
    gateway,
    ...(over === undefined ? {} : { link: over }),
    ...(weight === undefined ? {} : { weight: number(weight) }),
  };
}

function readRoute(draft: Draft, section: Entry, name: string): void {
  const { value, from } = whole(draft, section, routeOptions);
  const metrics = whole(draft, section, routeMetrics);
  const ways = all(section.entries, "MultiPathRoute");
  const gateway = value["gateway"] as string | undefined;
  const { destination: given, ...settings } = value;
  const nexthops = ways.map((entry) => pathOf(entry.value));
  const first = gateway ?? (nexthops[0]?.["gateway"] as string | undefined);
  const [entry] = section.entries;
  if (gateway?.startsWith("_") === true || (given === undefined && first === undefined)) {
    for (const each of section.entries)
      draft.refuse(each, gateway === undefined ? "the route has no destination" : why.lease);
    return;
  }
  if (entry === undefined) return;
  const place = given === undefined ? defaultFor(first!) : destinationOf(given as string);
  const goes = ["blackhole", "unreachable", "prohibit", "throw"].includes(String(settings["type"]));
  addRoute(draft, [...from, ...metrics.from, ...ways], {
    ...place,
    ...settings,
    ...(goes || ways.length > 0 ? {} : { link: name }),
    ...(ways.length === 0 ? {} : { nexthops }),
    ...(metrics.from.length === 0 ? {} : { metrics: metrics.value }),
  } as RouteEntry);
}

const portRange = (value: string): { start: number; end: number } => {
  const [start = "", end = start] = value.split("-");
  return { start: number(start), end: number(end) };
};

const ruleOptions: Options = {
  From: ["from", text],
  To: ["to", text],
  Table: ["table", tableOf],
  Priority: ["priority", number],
  IncomingInterface: ["iif", text],
  OutgoingInterface: ["oif", text],
  TypeOfService: ["tos", number],
  InvertRule: ["invert", yesNo],
  SuppressPrefixLength: ["suppressPrefixlen", number],
  SuppressInterfaceGroup: ["suppressIfgroup", number],
  L3MasterDevice: ["l3mdev", yesNo],
  GoTo: ["goto", number],
  Type: ["action", (value) => (value === "table" ? "toTbl" : value)],
  IPProtocol: ["ipProto", oneOf({ tcp: 6, udp: 17, icmp: 1, sctp: 132 })],
  SourcePort: ["sportRange", portRange],
  DestinationPort: ["dportRange", portRange],
  FirewallMark: ["fwmark", text],
};

function readRule(draft: Draft, section: Entry): void {
  const { value, from } = whole(draft, section, ruleOptions);
  const { fwmark, ...rule } = value as { fwmark?: string };
  const [entry] = section.entries;
  if (entry === undefined) return;
  draft.reading(entry, () => {
    const [mark, mask] = fwmark?.split("/") ?? [];
    const marked =
      mark === undefined ? {} : { fwmark: number(mark), ...(mask === undefined ? {} : { fwmask: number(mask) }) };
    const family = find(section.entries, "Family");
    const said = (rule as { from?: string; to?: string }).from ?? (rule as { to?: string }).to;
    if (family === undefined || said !== undefined) {
      if (family !== undefined) draft.carry(family);
      draft.add(from, ["rules"], { ...rule, ...marked });
    } else
      for (const each of family.value === "both" ? (["ipv4", "ipv6"] as const) : [family.value])
        draft.add([...from, family], ["rules"], {
          family: oneOf({ ipv4: "inet", ipv6: "inet6" })(each),
          ...rule,
          ...marked,
        });
  });
}

function readVlans(draft: Draft, sections: readonly Entry[], path: readonly string[]): void {
  const vlans = new Map<string, Record<string, unknown>>();
  const used: Entry[] = [];
  const put = (range: { id: number; to?: number }, flags: object): void => {
    const key = JSON.stringify([range.id, range.to]);
    vlans.set(key, { ...range, ...vlans.get(key), ...flags });
  };
  for (const entry of sections.flatMap(({ entries }) => entries))
    draft.reading(entry, () => {
      const { key, value } = entry;
      if (key === "VLAN") for (const range of vlanRanges(value)) put(range, {});
      else if (key === "EgressUntagged") for (const range of vlanRanges(value)) put(range, { untagged: true });
      else if (key === "PVID") put({ id: number(value) }, { pvid: true });
      else return;
      used.push(entry);
    });
  if (used.length > 0) draft.set(used, path, [...vlans.values()]);
}

function readForwarding(draft: Draft, section: Entry, name: string): void {
  const { value, from } = whole(draft, section, {
    MACAddress: ["address", mac],
    Destination: ["dst", text],
    VLANId: ["vlan", number],
    VNI: ["vni", number],
  });
  if (from.length > 0) draft.add(from, ["links", name, "fdb"], value);
}

function readNeighbour(draft: Draft, section: Entry, name: string): void {
  const { value, from } = whole(draft, section, { Address: ["address", text], LinkLayerAddress: ["lladdr", text] });
  if (from.length > 0) draft.add(from, ["links", name, "neighbours"], value);
}

/** Whether a pattern of [Match] fits a name. */
function fits(pattern: string, name: string): boolean {
  const words = pattern
    .replace(/[.+^${}()|\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${words}$`).test(name);
}

/** The links, or patterns of them, that a file is for; throws InputError where names do not tell. */
function matched(sections: readonly Entry[], taken: ReadonlyMap<string, string>): { names: string[]; from: Entry[] } {
  const match = entriesIn(sections, "Match");
  const name = find(match, "Name");
  if (name === undefined) throw new InputError("it does not say which links it is for by their names");
  const names = name.value.split(/\s+/).filter((each) => each !== "");
  for (const each of names) {
    if (/^!|[[\]]/.test(each)) throw new InputError(`Name=${each}: a declaration has no such pattern`);
    for (const [other, file] of taken) {
      if (other === each || fits(other, each)) throw new InputError(`${file} comes first for ${each}`);
      if (fits(each, other))
        throw new InputError(`${file} comes first for ${other}, and in a declaration ${each} would be for it, too`);
    }
  }
  return { names, from: [name] };
}

function readNetwork(
  draft: Draft,
  { name: file, sections }: Unit,
  kinds: ReadonlyMap<string, string>,
  taken: Map<string, string>,
): void {
  let names: string[];
  try {
    const found = matched(sections, taken);
    ({ names } = found);
    draft.carry(...found.from);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    for (const section of sections) for (const entry of section.entries) draft.refuse(entry, error.message);
    return;
  }
  const own = entriesIn(sections, "Link");
  const [unmanaged, policy] = [find(own, "Unmanaged"), find(own, "ActivationPolicy")];
  if (unmanaged !== undefined && /^(yes|true|1|on)$/.test(unmanaged.value)) {
    for (const section of sections)
      for (const entry of section.entries) draft.refuse(entry, "Unmanaged=yes: networkd leaves it alone");
    return;
  }
  if (unmanaged !== undefined)
    draft.reading(unmanaged, () => {
      yesNo(unmanaged.value);
      draft.carry(unmanaged);
    });
  for (const name of names) {
    taken.set(name, fileName(file));
    const path = ["links", name];
    if (policy === undefined) draft.assume([...path, "up"], true);
    else if (policy.value === "up" || policy.value === "always-up") draft.set(policy, [...path, "up"], true);
    else if (policy.value === "down" || policy.value === "always-down") draft.set(policy, [...path, "up"], false);
    else if (policy.value === "manual") draft.carry(policy);
    readVlans(
      draft,
      all(sections, "BridgeVLAN"),
      kinds.get(name) === "bridge" ? [...path, "vlans"] : [...path, "asPort", "vlans"],
    );
    for (const section of sections) readNetworkPart(draft, section, name, kinds);
  }
}

function readNetworkPart(draft: Draft, section: Entry, name: string, kinds: ReadonlyMap<string, string>): void {
  const path = ["links", name];
  const { key, entries } = section;
  if (key === "Link") setOptions(draft, entries, path, link);
  else if (key === "Bridge") setOptions(draft, entries, [...path, "asPort"], bridgePort);
  else if (key === "Address") readAddress(draft, section, name);
  else if (key === "Route")
    draft.reading(section.entries[0] ?? section, () => {
      readRoute(draft, section, name);
    });
  else if (key === "RoutingPolicyRule") readRule(draft, section);
  else if (key === "BridgeFDB") readForwarding(draft, section, name);
  else if (key === "Neighbor") readNeighbour(draft, section, name);
  else if (key === "Network")
    for (const entry of entries)
      draft.reading(entry, () => {
        readNetworkSection(draft, entry, name, kinds);
      });
  else if (
    /^(DHCP|DHCPv4|DHCPv6|DHCPServer|DHCPPrefixDelegation|IPv6AcceptRA|IPv6SendRA|IPv6Prefix|IPv6RoutePrefix)/.test(key)
  )
    for (const entry of entries) draft.refuse(entry, key.startsWith("DHCP") ? why.lease : why.router);
  if (key === "Bridge" || key === "Match") return;
  const off = entries.filter((entry) => OFF.test(entry.key) && /^(no|false|off|0)$/.test(entry.value));
  draft.carry(...off);
  refuseEach(
    draft,
    entries.filter((entry) => !off.includes(entry) && (key !== "Link" || !Object.hasOwn(link, entry.key))),
    REASONS,
  );
}

/** A .link says something of a NIC whose name is known: by its present one, or by the one that it gives. */
function readLinkFile(draft: Draft, { sections }: Unit): void {
  const [match, own] = [entriesIn(sections, "Match"), entriesIn(sections, "Link")];
  const [original, renamed] = [find(match, "OriginalName"), find(own, "Name")];
  const name = renamed?.value ?? original?.value ?? "";
  if (name === "" || /[*?[\]!\s]/.test(name)) {
    for (const section of sections)
      for (const entry of section.entries) draft.refuse(entry, "it does not say which link it is for by a name");
    return;
  }
  if (renamed !== undefined) draft.refuse(renamed, why.rename);
  if (original !== undefined && renamed === undefined) draft.carry(original);
  for (const entry of match) if (entry !== original || renamed !== undefined) draft.refuse(entry, why.identity);
  refuseEach(
    draft,
    setOptions(
      draft,
      own.filter((each) => each !== renamed),
      ["links", name],
      link,
    ),
    REASONS,
  );
}

/** Reads systemd's .netdev, .network and .link, with their drop-ins. */
export function readNetworkd(draft: Draft, files: readonly SourceFile[]): void {
  const units = unitsOf(draft, files);
  const of = (suffix: string): Unit[] => units.filter(({ name }) => name.endsWith(suffix));
  const kinds = new Map(
    of(".netdev").map(({ sections }) => {
      const own = entriesIn(sections, "NetDev");
      return [find(own, "Name")?.value ?? "", find(own, "Kind")?.value ?? ""];
    }),
  );
  for (const unit of of(".netdev")) readNetdev(draft, unit);
  for (const unit of of(".link")) readLinkFile(draft, unit);
  const taken = new Map<string, string>();
  for (const unit of of(".network")) readNetwork(draft, unit, kinds, taken);
}
