import { InputError, quoted } from "../../base/errors.js";
import { bondMode, bondOptions } from "../words/bond-options.js";
import type { Draft } from "../draft/draft.js";
import { type Entry, find, items, leaves, type SourceFile } from "../draft/entry.js";
import { type Options, setOptions, why } from "../draft/options.js";
import { routeMetricOf } from "../words/route-metrics.js";
import { addAddress, addRoute, destinationOf, setSysctl } from "../draft/settings.js";
import { mac, number, oneOf, seconds, spanningTree, text, yesNo } from "../syntax/values.js";
import { yamlEntries } from "../syntax/yaml.js";

// The words of nmstate.io's YAML, as its backend NetworkManager makes links of them.

const KINDS: Readonly<Record<string, string>> = {
  ...{ "linux-bridge": "bridge", bond: "bond", vlan: "vlan", vrf: "vrf", vxlan: "vxlan", dummy: "dummy", veth: "veth" },
  ...{ "mac-vlan": "macvlan", "mac-vtap": "macvtap" },
};

const protocol = oneOf({ "802.1q": "802.1Q", "802.1ad": "802.1ad" });
const centiseconds = (value: string): number => number(value) * 10;

const bridge: Options = {
  "group-forward-mask": ["groupFwdMask", number],
  "group-fwd-mask": ["groupFwdMask", number],
  "group-addr": ["groupAddr", mac],
  "mac-ageing-time": ["ageingTime", seconds],
  "multicast-snooping": ["mcastSnooping", yesNo],
  "multicast-querier": ["mcastQuerier", yesNo],
  "multicast-router": ["mcastRouter", number],
  "multicast-query-use-ifaddr": ["mcastQueryUseIfaddr", yesNo],
  "multicast-last-member-count": ["mcastLastMemberCnt", number],
  "multicast-last-member-interval": ["mcastLastMemberIntvl", centiseconds],
  "multicast-membership-interval": ["mcastMembershipIntvl", centiseconds],
  "multicast-querier-interval": ["mcastQuerierIntvl", centiseconds],
  "multicast-query-interval": ["mcastQueryIntvl", centiseconds],
  "multicast-query-response-interval": ["mcastQueryResponseIntvl", centiseconds],
  "multicast-startup-query-count": ["mcastStartupQueryCnt", number],
  "multicast-startup-query-interval": ["mcastStartupQueryIntvl", centiseconds],
  "hash-max": ["mcastHashMax", number],
  "vlan-protocol": ["vlanProtocol", protocol],
  "vlan-default-pvid": ["vlanDefaultPvid", number],
};

const stp: Options = {
  enabled: ["stpState", spanningTree],
  "forward-delay": ["forwardDelay", seconds],
  "hello-time": ["helloTime", seconds],
  "max-age": ["maxAge", seconds],
  priority: ["priority", number],
};

const port: Options = {
  "stp-hairpin-mode": ["mode", yesNo],
  "stp-path-cost": ["cost", number],
  "stp-priority": ["priority", number],
};

const SECTIONS: Readonly<Record<string, Options>> = {
  vlan: { id: ["id", number], "base-iface": ["link", text], protocol: ["protocol", protocol] },
  vxlan: {
    id: ["id", number],
    "base-iface": ["link", text],
    remote: ["remote", text],
    local: ["local", text],
    "destination-port": ["port", number],
    learning: ["learning", yesNo],
  },
  vrf: { "route-table-id": ["table", number] },
  veth: { peer: ["peer", text] },
  "mac-vlan": { "base-iface": ["link", text], mode: ["mode", text] },
  "mac-vtap": { "base-iface": ["link", text], mode: ["mode", text] },
};

const interfaceOptions: Options = {
  mtu: ["mtu", number],
  "mac-address": ["address", mac],
  controller: ["master", (value) => (value === "" ? 0 : value)],
  description: ["alias", text],
};

const REASONS: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^(ethtool|ethernet|lldp|802\.1x|accept-all-mac-addresses|identifier|profile-name)$/, why.applied],
  [/^(dhcp.*|auto-(dns|gateway|routes|route-metric|route-table-id))$/, why.lease],
  [/^(autoconf|addr-gen-mode)$/, why.router],
  [/^dns-resolver$/, why.resolver],
  [/^(hostname|capture|ovs-db|ovn)$/, "it is not about links"],
];

function refuseTree(draft: Draft, entry: Entry): void {
  const [, reason] = REASONS.find(([pattern]) => pattern.test(entry.key)) ?? [];
  if (reason !== undefined) for (const leaf of leaves([entry])) draft.refuse(leaf, reason);
}

function readIp(draft: Draft, section: Entry, link: string, kind: string | undefined): void {
  const six = section.key === "ipv6";
  const enabled = find(section.entries, "enabled");
  const isOn = enabled === undefined || yesNo(enabled.value);
  const isDynamic = ["dhcp", "autoconf"].some((key) => /^true$/i.test(find(section.entries, key)?.value ?? ""));
  for (const entry of section.entries)
    draft.reading(entry, () => {
      const { key, value } = entry;
      if (key === "enabled") {
        if (six && !isOn) setSysctl(draft, entry, "ipv6", link, "disable_ipv6", 1);
        else draft.carry(entry);
      } else if ((key === "dhcp" || key === "autoconf") && !yesNo(value)) draft.carry(entry);
      else if (key === "address") {
        for (const item of items(entry)) {
          const [ip, length] = [find(item.entries, "ip"), find(item.entries, "prefix-length")];
          if (ip === undefined || length === undefined) throw new InputError("an address has ip and prefix-length");
          if (!isOn || (isDynamic && six))
            for (const leaf of leaves([item])) draft.refuse(leaf, "the family is off, or found out by itself");
          else
            addAddress(draft, [ip, length], link, `${ip.value}/${number(length.value)}`, {
              rtPriority: routeMetricOf(kind),
            });
        }
        if (entry.entries.length === 0) draft.carry(entry);
      } else refuseTree(draft, entry);
    });
}

/** The VLANs of a port: trunk-tags, and a tag that untagged frames have. */
function readVlans(draft: Draft, section: Entry, path: readonly string[]): void {
  const [mode, tag, native] = ["mode", "tag", "enable-native"].map((key) => find(section.entries, key));
  const trunk = items(find(section.entries, "trunk-tags")).map((item) => {
    const [id, range] = [find(item.entries, "id"), find(item.entries, "id-range")];
    if (id !== undefined) return { id: number(id.value) };
    const [low, high] = ["min", "max"].map((key) => find(range?.entries ?? [], key)?.value ?? "");
    return { id: number(low!), to: number(high!) };
  });
  const untagged = mode?.value === "access" || (native !== undefined && yesNo(native.value));
  const own = tag === undefined ? [] : [{ id: number(tag.value), ...(untagged ? { pvid: true, untagged: true } : {}) }];
  if (mode !== undefined && mode.value !== "trunk" && mode.value !== "access")
    throw new InputError(`${quoted(mode.value)} is no mode of a port`);
  const known = ["mode", "tag", "enable-native", "trunk-tags"];
  draft.set(leaves(section.entries.filter(({ key }) => known.includes(key))), path, [...own, ...trunk]);
}

function readBridge(draft: Draft, section: Entry, link: string): void {
  const path = ["links", link];
  for (const part of section.entries) {
    if (part.key === "options") {
      const left = setOptions(draft, part.entries, path, bridge);
      for (const each of left) if (each.key === "stp") setOptions(draft, each.entries, path, stp);
    } else if (part.key === "port" || part.key === "ports") {
      for (const item of items(part)) {
        const name = find(item.entries, "name");
        if (name === undefined) continue;
        draft.set(name, ["links", name.value, "master"], link);
        draft.assume(["links", name.value, "up"], true);
        const at = ["links", name.value, "asPort"];
        for (const each of setOptions(draft, item.entries, at, port))
          if (each.key === "vlan" && each.entries.length > 0)
            draft.reading(leaves([each])[0]!, () => {
              readVlans(draft, each, [...at, "vlans"]);
              draft.assume([...path, "vlanFiltering"], true);
            });
      }
      if (part.entries.length === 0) draft.carry(part);
    }
  }
}

function readBond(draft: Draft, section: Entry, link: string): void {
  const path = ["links", link];
  for (const part of section.entries)
    draft.reading(part, () => {
      if (part.key === "mode") draft.set(part, [...path, "mode"], bondMode(part.value));
      else if (part.key === "options") setOptions(draft, part.entries, path, bondOptions);
      else if (["port", "ports", "slaves"].includes(part.key)) {
        for (const item of items(part)) {
          draft.set(item, ["links", item.value, "master"], link);
          draft.assume(["links", item.value, "up"], true);
        }
        if (part.entries.length === 0) draft.carry(part);
      }
    });
}

function readInterface(draft: Draft, entry: Entry): void {
  const { entries } = entry;
  const [name, type, state] = ["name", "type", "state"].map((key) => find(entries, key));
  if (name === undefined) throw new InputError("it has no name");
  const link = name.value;
  const path = ["links", link];
  const kind = type !== undefined && Object.hasOwn(KINDS, type.value) ? KINDS[type.value] : undefined;
  if (type !== undefined && kind === undefined && !["ethernet", "loopback", "unknown"].includes(type.value))
    throw new InputError(
      type.value.startsWith("ovs") ? why.openvswitch : `type ${type.value}: a declaration has no such link`,
    );
  draft.carry(name, ...(type === undefined ? [] : [type]));
  if (state?.value === "absent") {
    draft.set(state, [...path, "absent"], true);
    return;
  }
  if (kind !== undefined) draft.set(type!, [...path, "kind"], kind);
  if (state !== undefined && !["up", "down", "ignore"].includes(state.value))
    draft.refuse(state, `${quoted(state.value)} is no state here`);
  else if (state?.value === "ignore") throw new InputError("state: ignore leaves it alone");
  else if (state !== undefined) draft.set(state, [...path, "up"], state.value === "up");
  else draft.assume([...path, "up"], true);
  if (kind === "bridge") draft.assume([...path, "stpState"], "kernel");
  if (kind === "vxlan") draft.assume([...path, "port"], 4789);
  for (const part of setOptions(draft, entries, path, interfaceOptions))
    if (part.key === "ipv4" || part.key === "ipv6")
      draft.reading(leaves([part])[0]!, () => {
        readIp(draft, part, link, kind);
      });
    else if (part.key === "bridge") readBridge(draft, part, link);
    else if (part.key === "link-aggregation") readBond(draft, part, link);
    else if (Object.hasOwn(SECTIONS, part.key)) {
      const left = setOptions(draft, part.entries, path, SECTIONS[part.key]!);
      for (const ports of left)
        if (ports.key === "port" || ports.key === "ports")
          for (const item of items(ports)) draft.set(item, ["links", item.value, "master"], link);
    } else refuseTree(draft, part);
}

const routeOptions: Options = {
  destination: ["destination", text],
  "next-hop-interface": ["link", text],
  "next-hop-address": ["gateway", (value) => (value === "" ? undefined : value)],
  metric: ["metric", number],
  "table-id": ["table", number],
  source: ["source", text],
  "route-type": ["type", text],
  cwnd: ["metrics", (value) => ({ cwnd: number(value) })],
};
const ruleOptions: Options = {
  "ip-from": ["from", text],
  "ip-to": ["to", text],
  "route-table": ["table", number],
  priority: ["priority", number],
  fwmark: ["fwmark", number],
  fwmask: ["fwmask", number],
  iif: ["iif", text],
  action: ["action", text],
  family: ["family", oneOf({ ipv4: "inet", ipv6: "inet6" })],
  "suppress-prefix-length": ["suppressPrefixlen", number],
};

/** What a mapping says that is one thing, and the entries that say it. */
function whole(draft: Draft, entry: Entry, options: Options): { value: Record<string, unknown>; from: Entry[] } {
  const value: Record<string, unknown> = {};
  const from = entry.entries.filter((each) => {
    if (!Object.hasOwn(options, each.key)) return false;
    const [property, read] = options[each.key]!;
    draft.reading(each, () => {
      value[property] = read(each.value);
    });
    return value[property] !== undefined || each.value === "";
  });
  return { value, from };
}

function readRoute(draft: Draft, entry: Entry, kinds: ReadonlyMap<string, string | undefined>): void {
  const state = find(entry.entries, "state");
  const { value, from } = whole(draft, entry, routeOptions);
  const { destination, metric, table, ...settings } = value as {
    destination?: string;
    metric?: number;
    table?: number;
  };
  if (destination === undefined) throw new InputError("the route has no destination");
  const link = (settings as { link?: string }).link;
  const usual = link === undefined ? undefined : routeMetricOf(kinds.get(link));
  const isAbsent = state?.value === "absent";
  addRoute(draft, state === undefined ? from : [...from, state], {
    ...destinationOf(destination),
    ...settings,
    metric: metric === undefined || metric === -1 ? usual : metric,
    table: table === 0 || table === 254 ? undefined : table,
    ...(isAbsent ? { absent: true } : {}),
  });
}

/** Reads a state of nmstate's. */
export function readNmstate(draft: Draft, files: readonly SourceFile[]): void {
  for (const file of files) {
    const tree = yamlEntries(file);
    draft.expect(leaves(tree));
    const interfaces = items(find(tree, "interfaces"));
    const kinds = new Map(
      interfaces.map(({ entries }) => [find(entries, "name")?.value ?? "", KINDS[find(entries, "type")?.value ?? ""]]),
    );
    for (const entry of interfaces)
      try {
        readInterface(draft, entry);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        for (const leaf of leaves([entry])) draft.refuse(leaf, error.message);
      }
    for (const entry of items(find(find(tree, "routes")?.entries ?? [], "config")))
      draft.reading(leaves([entry])[0]!, () => {
        readRoute(draft, entry, kinds);
      });
    for (const entry of items(find(find(tree, "route-rules")?.entries ?? [], "config"))) {
      const { value, from } = whole(draft, entry, ruleOptions);
      const { family, ...rule } = value;
      const hasNetwork = rule["from"] !== undefined || rule["to"] !== undefined;
      const state = find(entry.entries, "state");
      const said = hasNetwork || family === undefined ? rule : value;
      if (state?.value === "absent") draft.add([...from, state], ["rules"], { ...said, absent: true });
      else draft.add(from, ["rules"], said);
    }
    for (const part of tree) refuseTree(draft, part);
    for (const leaf of leaves(tree)) if (leaf.entries.length === 0 && leaf.value === "[]") draft.carry(leaf);
  }
}
