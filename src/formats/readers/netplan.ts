import { InputError, quoted } from "../../base/errors.js";
import { arpValidate, bondMode, hashPolicy } from "../words/bond-options.js";
import type { Draft } from "../draft/draft.js";
import { type Entry, fileName, find, items, leaves, type SourceFile } from "../draft/entry.js";
import { type Options, setOptions, why } from "../draft/options.js";
import { addAddress, addRoute, defaultFor, destinationOf, setSysctl } from "../draft/settings.js";
import { mac, number, numbered, text, timeSpan, yesNo } from "../syntax/values.js";
import { yamlEntries } from "../syntax/yaml.js";

// The words of netplan(5), as its backend networkd makes links of them.

const seconds = (value: string): number => timeSpan(value);
const milliseconds = (value: string): number => timeSpan(value, 1);

const bridge: Options = {
  "ageing-time": ["ageingTime", seconds],
  "forward-delay": ["forwardDelay", seconds],
  "hello-time": ["helloTime", seconds],
  "max-age": ["maxAge", seconds],
  priority: ["priority", number],
  stp: ["stpState", (value) => (yesNo(value) ? "kernel" : "off")],
};

const bond: Options = {
  mode: ["mode", bondMode],
  "lacp-rate": ["lacpRate", numbered("slow", "fast")],
  "mii-monitor-interval": ["miimon", milliseconds],
  "min-links": ["minLinks", number],
  "transmit-hash-policy": ["xmitHashPolicy", hashPolicy],
  "ad-select": ["adSelect", numbered("stable", "bandwidth", "count")],
  "all-slaves-active": ["allPortsActive", yesNo],
  "all-members-active": ["allPortsActive", yesNo],
  "arp-interval": ["arpInterval", milliseconds],
  "arp-validate": ["arpValidate", arpValidate],
  "arp-all-targets": ["arpAllTargets", numbered("any", "all")],
  "up-delay": ["updelay", milliseconds],
  "down-delay": ["downdelay", milliseconds],
  "fail-over-mac-policy": ["failOverMac", numbered("none", "active", "follow")],
  "gratuitous-arp": ["numPeerNotif", number],
  "gratuitious-arp": ["numPeerNotif", number],
  "packets-per-slave": ["packetsPerPort", number],
  "packets-per-member": ["packetsPerPort", number],
  "primary-reselect-policy": ["primaryReselect", numbered("always", "better", "failure")],
  "resend-igmp": ["resendIgmp", number],
  "learn-packet-interval": ["lpInterval", seconds],
  primary: ["primary", text],
};

const common: Options = { mtu: ["mtu", number], macaddress: ["address", mac] };

/** What stands under `network:`, by the kind of link that it makes. */
const PARTS: Readonly<Record<string, string | undefined>> = {
  ethernets: undefined,
  bridges: "bridge",
  bonds: "bond",
  vlans: "vlan",
  vrfs: "vrf",
  tunnels: "tunnel",
  "dummy-devices": "dummy",
  "virtual-ethernets": "veth",
};

const tunnel: Options = {
  local: ["local", text],
  remote: ["remote", text],
  ttl: ["ttl", number],
};

const vxlan: Options = {
  ...tunnel,
  id: ["id", number],
  port: ["port", number],
  link: ["link", text],
  "mac-learning": ["learning", yesNo],
  ageing: ["ageing", seconds],
  limit: ["limit", number],
  "type-of-service": ["tos", number],
};

const REASONS: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^(renderer|critical|networkmanager|openvswitch|ignore-carrier)$/, why.applied],
  [/^(optional|optional-addresses)$/, why.ready],
  [/^(dhcp4|dhcp6|dhcp-identifier|dhcp4-overrides|dhcp6-overrides)$/, why.lease],
  [/^(accept-ra|ipv6-privacy|ipv6-address-generation|ipv6-address-token|ra-overrides)$/, why.router],
  [/^nameservers$/, why.resolver],
  [/^(wakeonlan|emit-lldp|.*-offload|infiniband-mode|link-speed)$/, why.hardware],
  [/^(match|driver)$/, why.identity],
  [/^set-name$/, why.rename],
  [/^(wifis|modems|nm-devices)$/, "Wi-Fi, modems and VPNs are other programs'"],
];

/** What a later file says takes the place of what an earlier one does; lists grow. */
function merged(draft: Draft, first: readonly Entry[], later: readonly Entry[]): Entry[] {
  const all = [...first];
  for (const entry of later) {
    const place = entry.key === "" ? -1 : all.findIndex(({ key }) => key === entry.key);
    if (place === -1) {
      all.push(entry);
      continue;
    }
    const before = all[place]!;
    if (before.entries.length > 0 && entry.entries.length > 0)
      all[place] = { ...before, entries: merged(draft, before.entries, entry.entries) };
    else {
      if (before.value !== entry.value) draft.refuse(before, `${fileName(entry.file)}:${entry.line} says otherwise`);
      else draft.carry(before);
      all[place] = entry;
    }
  }
  return all;
}

function readAddress(draft: Draft, entry: Entry, link: string): void {
  const [only] = entry.entries;
  if (only === undefined) {
    if (!entry.value.includes("/")) throw new InputError(`${quoted(entry.value)} has no prefix length`);
    addAddress(draft, entry, link, entry.value);
    return;
  }
  const [label, lifetime] = [find(only.entries, "label"), find(only.entries, "lifetime")];
  const isPreferred = lifetime?.value !== "0" || only.key.includes(":");
  if (!isPreferred) draft.refuse(lifetime, why.preferred);
  const from = [label, isPreferred ? lifetime : undefined].filter((each) => each !== undefined);
  if (lifetime !== undefined && !["0", "forever"].includes(lifetime.value))
    throw new InputError(`lifetime ${quoted(lifetime.value)} is neither 0 nor forever`);
  addAddress(draft, from.length === 0 ? only : from, link, only.key, {
    ...(label === undefined ? {} : { label: label.value }),
    ...(lifetime?.value === "0" && isPreferred ? { preferredLifetime: 0 } : {}),
  });
}

const routeOptions: Options = {
  to: ["destination", text],
  via: ["gateway", text],
  from: ["source", text],
  metric: ["metric", number],
  table: ["table", number],
  type: ["type", text],
  scope: ["scope", text],
  "on-link": ["onlink", yesNo],
};
const routeMetrics: Options = {
  mtu: ["mtu", number],
  "congestion-window": ["initcwnd", number],
  "advertised-receive-window": ["initrwnd", number],
  "advertised-mss": ["advmss", number],
};
const ruleOptions: Options = {
  from: ["from", text],
  to: ["to", text],
  table: ["table", number],
  priority: ["priority", number],
  mark: ["fwmark", number],
  "type-of-service": ["tos", number],
};

/** What a mapping says that is one thing, and the entries that say it. */
function whole(entry: Entry, options: Options, from: Entry[]): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const each of entry.entries) {
    if (!Object.hasOwn(options, each.key)) continue;
    const [property, read] = options[each.key]!;
    value[property] = read(each.value);
    from.push(each);
  }
  return value;
}

/** A VRF's table, and the links in it. */
interface Vrf {
  readonly table: number;
  readonly ports: readonly string[];
}

/** The link that a route of a VRF goes by: the kernel keeps that of its gateway. */
function linkIn({ ports }: Vrf, gateway: string): string {
  const [only, another] = ports;
  if (only === undefined || another !== undefined)
    throw new InputError(`name the link by which ${gateway} is reached: a VRF itself is none`);
  return only;
}

function readRoute(draft: Draft, entry: Entry, link: string, vrf: Vrf | undefined): void {
  const from: Entry[] = [];
  const { destination, ...settings } = whole(entry, routeOptions, from);
  const metrics = whole(entry, routeMetrics, from);
  const gateway = settings["gateway"] as string | undefined;
  if (destination === undefined) throw new InputError("the route says not where to");
  const place = destination === "default" ? defaultFor(gateway ?? "") : destinationOf(destination as string);
  const goes = ["blackhole", "unreachable", "prohibit", "throw"].includes(String(settings["type"]));
  addRoute(draft, from, {
    ...place,
    ...(vrf === undefined ? {} : { table: vrf.table }),
    ...settings,
    ...(goes ? {} : { link: vrf === undefined || gateway === undefined ? link : linkIn(vrf, gateway) }),
    ...(Object.keys(metrics).length === 0 ? {} : { metrics }),
  });
}

/** What any link may have. */
function readLink(draft: Draft, entry: Entry, link: string, entries: readonly Entry[], vrf?: Vrf): void {
  const path = ["links", link];
  const activation = find(entries, "activation-mode");
  if (activation === undefined) draft.assume([...path, "up"], true);
  else if (activation.value === "off") draft.set(activation, [...path, "up"], false);
  const left = setOptions(draft, entries, path, common).filter((each) => {
    const { key } = each;
    if (key === "addresses")
      for (const item of items(each))
        draft.reading(leaves([item])[0]!, () => {
          readAddress(draft, item, link);
        });
    else if (key === "gateway4" || key === "gateway6")
      addRoute(draft, each, { ...defaultFor(each.value), gateway: each.value, link });
    else if (key === "routes")
      for (const item of items(each))
        draft.reading(leaves([item])[0]!, () => {
          readRoute(draft, item, link, vrf);
        });
    else if (key === "routing-policy")
      for (const item of items(each))
        draft.reading(leaves([item])[0]!, () => {
          const from: Entry[] = [];
          const rule = whole(item, ruleOptions, from);
          draft.add(from, ["rules"], { ...(vrf === undefined ? {} : { table: vrf.table }), ...rule });
        });
    else if (key === "neigh-suppress" || key === "port-mac-learning" || key === "hairpin") {
      const property = { "neigh-suppress": "neighSuppress", "port-mac-learning": "learning", hairpin: "mode" }[key];
      draft.reading(each, () => {
        draft.set(each, [...path, "asPort", property], yesNo(each.value));
      });
    } else if (/^dhcp[46]$/.test(key) && /^(no|false|off)$/i.test(each.value)) draft.carry(each);
    else if (key === "accept-ra" && /^(no|false|off)$/i.test(each.value))
      setSysctl(draft, each, "ipv6", link, "accept_ra", 0);
    else if (key === "link-local") {
      const families = items(each).map(({ value }) => value);
      if (families.length === 0) setSysctl(draft, each, "ipv6", link, "addr_gen_mode", 1);
      for (const item of items(each))
        if (item.value === "ipv6") draft.carry(item);
        else draft.refuse(item, "the kernel gives IPv6 link-local addresses alone");
    } else return true;
    return false;
  });
  refuseTrees(draft, left);
  if (entry.entries.length === 0) draft.carry(entry);
}

/** Reports what a table has a reason for, with all that is in it. */
function refuseTrees(draft: Draft, entries: readonly Entry[]): void {
  for (const entry of entries) {
    const [, reason] = REASONS.find(([pattern]) => pattern.test(entry.key)) ?? [];
    if (reason !== undefined) for (const leaf of leaves([entry])) draft.refuse(leaf, reason);
  }
}

function joinPorts(draft: Draft, entry: Entry | undefined, master: string): void {
  for (const port of items(entry)) {
    draft.set(port, ["links", port.value, "master"], master);
    draft.assume(["links", port.value, "up"], true);
  }
  if (entry?.entries.length === 0 && (entry.value === "" || entry.value === "[]")) draft.carry(entry);
}

function readParameters(draft: Draft, entry: Entry | undefined, link: string, kind: "bridge" | "bond"): void {
  const path = ["links", link];
  const left = setOptions(draft, entry?.entries ?? [], path, kind === "bridge" ? bridge : bond);
  for (const each of left)
    if (each.key === "path-cost" || each.key === "port-priority")
      for (const port of each.entries)
        draft.reading(port, () => {
          const property = each.key === "path-cost" ? "cost" : "priority";
          draft.set(port, ["links", port.key, "asPort", property], number(port.value));
        });
    else if (each.key === "arp-ip-targets")
      draft.set(
        items(each),
        [...path, "arpIpTarget"],
        items(each).map(({ value }) => value),
      );
  // With any parameter, netplan says for a bridge whether it has a spanning tree, and has one unless told.
  if (kind === "bridge" && entry !== undefined) draft.assume([...path, "stpState"], "kernel");
}

/** tunnels: by their mode. */
function readTunnel(draft: Draft, link: string, entries: readonly Entry[]): Entry[] {
  const mode = find(entries, "mode");
  const path = ["links", link];
  const kinds: Readonly<Record<string, string>> = {
    ...{ vxlan: "vxlan", gre: "gre", gretap: "gretap", ipip: "ipip", sit: "sit", vti: "vti" },
    ...{ ip6gre: "ip6gre", ip6gretap: "ip6gretap", vti6: "vti6" },
  };
  if (mode === undefined || !Object.hasOwn(kinds, mode.value))
    throw new InputError(
      `${mode === undefined ? "without a mode" : `mode ${mode.value}`}: a declaration has no such tunnel`,
    );
  draft.set(mode, [...path, "kind"], kinds[mode.value]);
  if (mode.value === "vxlan") draft.assume([...path, "port"], 8472);
  const left = setOptions(draft, entries, path, mode.value === "vxlan" ? vxlan : tunnel);
  return left
    .filter((each) => each !== mode)
    .filter((each) => {
      if (each.key !== "key") return true;
      draft.reading(each, () => {
        for (const property of ["ikey", "okey"]) draft.set(each, [...path, property], number(each.value));
        for (const property of ["iflags", "oflags"]) draft.set(each, [...path, property], ["key"]);
      });
      return false;
    });
}

/** The name of the link that a definition is of: its id, its new name, or the name that it is found by. */
function nameOf(entry: Entry): string {
  const match = find(entry.entries, "match");
  if (match === undefined) return entry.key;
  const [given, found] = [find(entry.entries, "set-name"), find(match.entries, "name")];
  const name = given?.value ?? found?.value;
  if (name === undefined) throw new InputError("it does not say which link it is by a name");
  if (/[[\]]/.test(name)) throw new InputError(`${quoted(name)}: a declaration has no such pattern`);
  return name;
}

function readDefinition(draft: Draft, entry: Entry, kind: string | undefined): void {
  const link = nameOf(entry);
  const path = ["links", link];
  let left = entry.entries;
  const without = (...keys: string[]): Entry[] => left.filter(({ key }) => !keys.includes(key));
  const match = find(left, "match");
  if (match !== undefined) {
    const found = find(match.entries, "name");
    for (const each of match.entries)
      if (each === found && find(left, "set-name") === undefined) draft.carry(each);
      else draft.refuse(each, why.identity);
    left = without("match");
  }
  if (kind !== undefined && kind !== "tunnel") draft.set([], [...path, "kind"], kind);
  let vrf: Vrf | undefined;
  if (kind === "bridge" || kind === "bond") {
    joinPorts(draft, find(left, "interfaces"), link);
    readParameters(draft, find(left, "parameters"), link, kind);
    left = without("interfaces", "parameters");
  } else if (kind === "vlan") left = setOptions(draft, left, path, { id: ["id", number], link: ["link", text] });
  else if (kind === "vrf") {
    const own = find(left, "table");
    if (own !== undefined) {
      vrf = { table: number(own.value), ports: items(find(left, "interfaces")).map(({ value }) => value) };
      draft.set(own, [...path, "table"], vrf.table);
    }
    joinPorts(draft, find(left, "interfaces"), link);
    left = without("interfaces", "table");
  } else if (kind === "veth") left = setOptions(draft, left, path, { peer: ["peer", text] });
  else if (kind === "tunnel") left = readTunnel(draft, link, left);
  readLink(draft, entry, link, left, vrf);
}

/** Reads netplan's YAML; of several files, later ones add to earlier ones, by their names. */
export function readNetplan(draft: Draft, files: readonly SourceFile[]): void {
  const sorted = [...files].sort((one, other) => (fileName(one.name) < fileName(other.name) ? -1 : 1));
  const trees = sorted.map((file) => {
    const tree = yamlEntries(file);
    draft.expect(leaves(tree));
    return tree;
  });
  const tree = trees.reduce((first, later) => merged(draft, first, later), []);
  for (const part of find(tree, "network")?.entries ?? []) {
    if (part.key === "version") {
      if (part.value === "2") draft.carry(part);
      else draft.refuse(part, "it is another version's");
    } else if (Object.hasOwn(PARTS, part.key))
      for (const entry of part.entries)
        try {
          readDefinition(draft, entry, PARTS[part.key]);
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
          for (const leaf of leaves([entry])) draft.refuse(leaf, error.message);
        }
    else refuseTrees(draft, [part]);
  }
}
