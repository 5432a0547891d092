import { InputError, quoted } from "../../../base/errors.js";
import type { Draft } from "../../draft/draft.js";
import { type Entry, all, find } from "../../draft/entry.js";
import { type Options, why } from "../../draft/options.js";
import { addAddress, addRoute, defaultFor, destinationOf, withLength } from "../../draft/settings.js";
import type { AddressEntry } from "../../../topology/declaration/declaration.js";
import { mac, number, oneOf, text, timeSpan, vlanRanges, yesNo } from "../../syntax/values.js";
import { tableOf } from "../../words/ip-words.js";
import { bytes } from "./words.js";

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

export function readAddress(draft: Draft, section: Entry, name: string): void {
  const read = whole(draft, section, addressOptions);
  const { value } = read;
  const preferred = find(section.entries, "PreferredLifetime");
  const isUnsaid = value["preferredLifetime"] !== undefined && !String(value["address"]).includes(":");
  if (preferred !== undefined && isUnsaid) {
    if (value["preferredLifetime"] === "forever") draft.carry(preferred);
    else draft.refuse(preferred, why.preferred);
    delete value["preferredLifetime"];
  }
  const from = read.from.filter((each) => !(isUnsaid && each === preferred));
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
    ...(flags.length === 0 ? {} : { flags: flags as AddressEntry["flags"] }),
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

export function readRoute(draft: Draft, section: Entry, name: string): void {
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
  });
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

export function readRule(draft: Draft, section: Entry): void {
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

export function readVlans(draft: Draft, sections: readonly Entry[], path: readonly string[]): void {
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

export function readForwarding(draft: Draft, section: Entry, name: string): void {
  const { value, from } = whole(draft, section, {
    MACAddress: ["address", mac],
    Destination: ["dst", text],
    VLANId: ["vlan", number],
    VNI: ["vni", number],
  });
  if (from.length > 0) draft.add(from, ["links", name, "fdb"], value);
}

export function readNeighbour(draft: Draft, section: Entry, name: string): void {
  const { value, from } = whole(draft, section, { Address: ["address", text], LinkLayerAddress: ["lladdr", text] });
  if (from.length > 0) draft.add(from, ["links", name, "neighbours"], value);
}
