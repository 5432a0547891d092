import { InputError, quoted } from "../../base/errors.js";
import type { RouteEntry } from "../../topology/declaration/declaration.js";
import { bondOptions } from "../words/bond-options.js";
import type { Draft } from "../draft/draft.js";
import { type Entry, find, type SourceFile } from "../draft/entry.js";
import { routeOf, ruleOf } from "../words/ip-words.js";
import { sectionsOf } from "../syntax/lines.js";
import { type Options, refuseEach, setOptions, why } from "../draft/options.js";
import { routeMetricOf } from "../words/route-metrics.js";
import { addAddress, addRoute, defaultFor, destinationOf, setSysctl, withLength } from "../draft/settings.js";
import { priorities, mac, number, seconds, spanningTree, text, vlanRanges, yesNo } from "../syntax/values.js";

// The words of nm-settings-keyfile(5).

export function isKeyfile(path: string): boolean {
  return path.endsWith(".nmconnection") || /system-connections\/[^/]+$/.test(path);
}

/** A profile, with the link that it is for. */
interface Profile {
  readonly sections: readonly Entry[];
  readonly link: string | undefined;
  readonly kind: string | undefined;
}

/** connection.type by the kind of link that is made; those of hardware make none. */
const KINDS: Readonly<Record<string, string>> = {
  ...{ bridge: "bridge", bond: "bond", vlan: "vlan", dummy: "dummy", vxlan: "vxlan", vrf: "vrf", veth: "veth" },
  ...{ macvlan: "macvlan", tun: "tun" },
};
const HARDWARE = ["ethernet", "802-3-ethernet", "loopback"];

const centiseconds = (value: string): number => number(value) * 10;
const isoCentiseconds: Options = {
  "multicast-last-member-interval": ["mcastLastMemberIntvl", centiseconds],
  "multicast-membership-interval": ["mcastMembershipIntvl", centiseconds],
  "multicast-querier-interval": ["mcastQuerierIntvl", centiseconds],
  "multicast-query-interval": ["mcastQueryIntvl", centiseconds],
  "multicast-query-response-interval": ["mcastQueryResponseIntvl", centiseconds],
  "multicast-startup-query-interval": ["mcastStartupQueryIntvl", centiseconds],
};

const bridge: Options = {
  stp: ["stpState", spanningTree],
  priority: ["priority", number],
  "forward-delay": ["forwardDelay", seconds],
  "hello-time": ["helloTime", seconds],
  "max-age": ["maxAge", seconds],
  "ageing-time": ["ageingTime", seconds],
  "group-forward-mask": ["groupFwdMask", number],
  "group-address": ["groupAddr", mac],
  "mac-address": ["address", mac],
  "multicast-snooping": ["mcastSnooping", yesNo],
  "multicast-querier": ["mcastQuerier", yesNo],
  "multicast-query-use-ifaddr": ["mcastQueryUseIfaddr", yesNo],
  "multicast-hash-max": ["mcastHashMax", number],
  "multicast-last-member-count": ["mcastLastMemberCnt", number],
  "multicast-startup-query-count": ["mcastStartupQueryCnt", number],
  "vlan-filtering": ["vlanFiltering", yesNo],
  "vlan-default-pvid": ["vlanDefaultPvid", number],
  "vlan-protocol": ["vlanProtocol", text],
  "vlan-stats-enabled": ["vlanStatsEnabled", yesNo],
  ...isoCentiseconds,
};

const bridgePort: Options = {
  priority: ["priority", number],
  "path-cost": ["cost", number],
  "hairpin-mode": ["mode", yesNo],
};

const ethernet: Options = { mtu: ["mtu", number], "cloned-mac-address": ["address", mac] };

const SECTIONS: Readonly<Record<string, Options>> = {
  ethernet,
  "802-3-ethernet": ethernet,
  bridge,
  bond: bondOptions,
  vlan: {
    id: ["id", number],
    protocol: ["protocol", text],
    "ingress-priority-map": ["ingressQos", priorities],
    "egress-priority-map": ["egressQos", priorities],
  },
  vxlan: {
    id: ["id", number],
    local: ["local", text],
    remote: ["remote", text],
    "destination-port": ["port", number],
    learning: ["learning", yesNo],
    ttl: ["ttl", number],
    tos: ["tos", number],
    ageing: ["ageing", seconds],
    proxy: ["proxy", yesNo],
    rsc: ["rsc", yesNo],
    "l2-miss": ["l2miss", yesNo],
    "l3-miss": ["l3miss", yesNo],
  },
  vrf: { table: ["table", number] },
  veth: { peer: ["peer", text] },
  tun: {
    owner: ["owner", number],
    group: ["group", number],
    pi: ["packetInformation", yesNo],
    "vnet-hdr": ["vnetHdr", yesNo],
    "multi-queue": ["multiQueue", yesNo],
  },
};

const ports: Readonly<Record<string, Options>> = {
  "bridge-port": bridgePort,
  "bond-port": { "queue-id": ["queueId", number], prio: ["prio", number] },
};

const REASONS: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^(id|uuid|mac-address|permissions|stable-id)$/, why.identity],
  [
    /^(timestamp|autoconnect-.+|multi-connect|metered|lldp|llmnr|mdns|read-only|gateway-ping-timeout|may-fail|wait-.+|auth-retries|down-on-poweroff)$/,
    why.applied,
  ],
  [/^(dhcp-.+|required-timeout)$/, why.lease],
  [/^dns/, why.resolver],
  [/^zone$/, why.firewall],
  [/^(auto-negotiate|duplex|speed|port|wake-on-lan.*|accept-all-mac-addresses|s390-.+)$/, why.hardware],
  [/^(ignore-auto-.+|addr-gen-mode|ip6-privacy|ra-timeout|token|temp-.+)$/, why.router],
];

function isKnown(section: string): boolean {
  const known = ["connection", "ipv4", "ipv6", "macvlan", "proxy"];
  return known.includes(section) || Object.hasOwn(SECTIONS, section) || Object.hasOwn(ports, section);
}

/** Which links profiles are for, by all that one may be called. */
function linkNames(profiles: readonly Profile[]): (name: string) => string {
  const names = new Map<string, string>();
  for (const { sections, link } of profiles) {
    const connection = find(sections, "connection")?.entries ?? [];
    for (const key of ["id", "uuid"]) {
      const name = find(connection, key)?.value;
      if (name !== undefined && link !== undefined) names.set(name, link);
    }
  }
  return (name) => names.get(name) ?? name;
}

function profileOf(sections: readonly Entry[]): Profile {
  const connection = find(sections, "connection")?.entries ?? [];
  const type = find(connection, "type")?.value ?? "";
  const vlan = find(sections, "vlan")?.entries ?? [];
  const parent = find(vlan, "parent")?.value;
  const id = find(vlan, "id")?.value;
  const usual = type === "vlan" && parent !== undefined && id !== undefined ? `${parent}.${id}` : undefined;
  const link = find(connection, "interface-name")?.value ?? find(vlan, "interface-name")?.value ?? usual;
  return { sections, link, kind: Object.hasOwn(KINDS, type) ? KINDS[type] : undefined };
}

function readConnection(draft: Draft, entries: readonly Entry[], link: string, nameOf: (name: string) => string): void {
  const [master, type] = [
    find(entries, "controller") ?? find(entries, "master"),
    find(entries, "port-type") ?? find(entries, "slave-type"),
  ];
  for (const entry of entries) {
    const { key, value } = entry;
    if (key === "interface-name" || key === "type") draft.carry(entry);
    else if (entry === master) draft.set(entry, ["links", link, "master"], nameOf(value));
    else if (entry === type) {
      if (!["bridge", "bond", "vrf"].includes(value)) draft.refuse(entry, `${quoted(value)} takes no such ports`);
      else if (master === undefined) draft.refuse(entry, "nothing says whose port it is");
      else draft.carry(entry);
    } else if (key === "autoconnect")
      draft.reading(entry, () => {
        draft.set(entry, ["links", link, "up"], yesNo(value));
      });
  }
  draft.assume(["links", link, "up"], true);
}

function readVlan(draft: Draft, entries: readonly Entry[], link: string, nameOf: (name: string) => string): Entry[] {
  return entries.filter((entry) => {
    const { key, value } = entry;
    if (key === "interface-name") draft.carry(entry);
    else if (key === "parent") draft.set(entry, ["links", link, "link"], nameOf(value));
    else if (key === "flags")
      draft.reading(entry, () => {
        const bits = number(value);
        const names = ["reorderHdr", "gvrp", "looseBinding", "mvrp"];
        if (bits >= 16) throw new InputError(`${value}: a VLAN has no such flags`);
        const flags = Object.fromEntries(names.map((name, place) => [name, (bits & (1 << place)) !== 0]));
        draft.set(entry, ["links", link, "flags"], flags);
      });
    else return true;
    return false;
  });
}

/** "10.1.0.0/16,10.0.0.254,100", with "table=100,mtu=1400" of its own options. */
function readRoute(
  draft: Draft,
  entry: Entry,
  options: Entry | undefined,
  link: string,
  metric: number,
  table: number | undefined,
): void {
  const [network = "", gateway = "", own] = entry.value.split(/[,;]/).map((each) => each.trim());
  const words = (options?.value ?? "")
    .split(",")
    .filter((each) => each !== "")
    .flatMap((each) => {
      const [name = "", value = ""] = each.split("=");
      if (name === "onlink") return yesNo(value) ? ["onlink"] : [];
      if (name.startsWith("lock-")) throw new InputError(`${each}: say it in the declaration by metrics.lock`);
      return [name === "type" ? "" : name, value];
    });
  const type = words.indexOf("");
  const kind = type === -1 ? [] : words.splice(type, 2).slice(1);
  const plain = gateway === "" || gateway === "0.0.0.0" || gateway === "::" ? {} : { gateway };
  const goes = ["blackhole", "unreachable", "prohibit"].includes(kind[0] ?? "") ? {} : { link };
  const route: Partial<RouteEntry> = {
    ...routeOf([...kind, network, ...words]),
    ...destinationOf(network),
    ...plain,
    ...goes,
    metric: own === undefined || own === "" ? metric : number(own),
  };
  addRoute(draft, options === undefined ? entry : [entry, options], {
    ...(table === undefined ? {} : { table }),
    ...route,
  } as RouteEntry);
}

const METHODS: Readonly<Record<string, string | undefined>> = {
  auto: why.lease,
  dhcp: why.lease,
  shared: "sharing is addresses, NAT and DHCP: linkwright network makes all three",
};

function readIp(draft: Draft, section: Entry, { link, kind }: { link: string; kind: string | undefined }): void {
  const six = section.key === "ipv6";
  const { entries } = section;
  const own = find(entries, "route-metric");
  const metric = own === undefined || own.value === "-1" ? routeMetricOf(kind) : number(own.value);
  const tables = find(entries, "route-table");
  const table = tables === undefined || tables.value === "0" ? undefined : number(tables.value);
  if (tables !== undefined) draft.carry(tables);
  if (own !== undefined) draft.carry(own);
  const never = find(entries, "never-default");
  const isNever = never !== undefined && yesNo(never.value);
  if (never !== undefined) draft.carry(never);
  const gateway = (entry: Entry, way: string): void => {
    if (isNever) draft.refuse(entry, "never-default: there is no default route by it");
    else
      addRoute(draft, entry, {
        ...defaultFor(way),
        gateway: way,
        link,
        metric,
        ...(table === undefined ? {} : { table }),
      });
  };
  for (const entry of entries) {
    const { key, value } = entry;
    draft.reading(entry, () => {
      if (/^address(es)?\d*$/.test(key))
        for (const each of value.split(";").filter((word) => word.trim() !== "")) {
          const [address = "", way] = each.split(",").map((word) => word.trim());
          // NetworkManager makes an address's route itself, with its own metric.
          addAddress(draft, entry, link, withLength(address), { rtPriority: metric });
          if (way !== undefined && way !== "" && way !== "0.0.0.0" && way !== "::") gateway(entry, way);
        }
      else if (key === "gateway") gateway(entry, value);
      else if (/^routes?\d*$/.test(key)) readRoute(draft, entry, find(entries, `${key}_options`), link, metric, table);
      else if (/^routing-rules?\d*$/.test(key))
        for (const rule of value.split(/[,;]/))
          draft.add(entry, ["rules"], ruleOf(rule.trim().split(/\s+/), six ? "inet6" : "inet"));
      else if (key === "method" && six && value === "disabled")
        setSysctl(draft, entry, "ipv6", link, "disable_ipv6", 1);
      else if (key === "method" && ["manual", "disabled", "ignore", ...(six ? ["link-local"] : [])].includes(value))
        draft.carry(entry);
      else if (key === "method")
        draft.refuse(
          entry,
          six && value === "auto"
            ? why.router
            : (METHODS[value] ?? `${quoted(value)}: a declaration has no word for it`),
        );
    });
  }
}

/** "10 pvid untagged, 20-30": the VLANs of a port, or of a bridge itself. */
function vlansOf(value: string): Record<string, unknown>[] {
  return value.split(",").map((each) => {
    const [range = "", ...words] = each.trim().split(/\s+/);
    const [vlan] = vlanRanges(range);
    const flags = words.map((name) => {
      if (name !== "pvid" && name !== "untagged") throw new InputError(`${quoted(name)}: a VLAN has no such word`);
      return [name, true];
    });
    return { ...vlan, ...(Object.fromEntries(flags) as object) };
  });
}

function readSection(
  draft: Draft,
  section: Entry,
  profile: Profile & { link: string },
  nameOf: (name: string) => string,
): void {
  const { link } = profile;
  const { key } = section;
  let left: readonly Entry[] = section.entries;
  if (key === "connection") readConnection(draft, left, link, nameOf);
  else if (key === "ipv4" || key === "ipv6")
    draft.reading(section, () => {
      readIp(draft, section, { link, kind: profile.kind });
    });
  else if (Object.hasOwn(ports, key)) left = setOptions(draft, left, ["links", link, "asPort"], ports[key]!);
  else if (Object.hasOwn(SECTIONS, key)) left = setOptions(draft, left, ["links", link], SECTIONS[key]!);
  if (key === "vlan") left = readVlan(draft, left, link, nameOf);
  for (const entry of left)
    draft.reading(entry, () => {
      if (entry.key === "vlans" && key === "bridge-port")
        draft.set(entry, ["links", link, "asPort", "vlans"], vlansOf(entry.value));
      else if (entry.key === "vlans" && key === "bridge")
        draft.set(entry, ["links", link, "vlans"], vlansOf(entry.value));
      else if (entry.key === "interface-name" && key === "bridge") {
        if (entry.value === link) draft.carry(entry);
        else throw new InputError(`the connection is for ${link}`);
      } else if (key === "vxlan" && entry.key === "parent")
        draft.set(entry, ["links", link, "link"], nameOf(entry.value));
      else if (key === "macvlan" && entry.key === "parent")
        draft.set(entry, ["links", link, "link"], nameOf(entry.value));
      else if (key === "macvlan" && entry.key === "mode") {
        const modes = ["", "vepa", "bridge", "private", "passthru", "source"];
        draft.set(entry, ["links", link, "mode"], modes[number(entry.value)] ?? entry.value);
      } else if (key === "macvlan" && entry.key === "tap")
        draft.set(entry, ["links", link, "kind"], yesNo(entry.value) ? "macvtap" : "macvlan");
      else if (key === "tun" && entry.key === "mode")
        draft.set(entry, ["links", link, "mode"], number(entry.value) === 2 ? "tap" : "tun");
    });
  // A key of one section may mean something else in another: what was read has its account already.
  const known = ["interface-name", "type", "autoconnect", "method"];
  refuseEach(
    draft,
    left.filter((entry) => !known.includes(entry.key) && !(key === "bridge" && entry.key === "mac-address")),
    REASONS,
  );
}

function readProfile(draft: Draft, { sections, link, kind }: Profile, nameOf: (name: string) => string): void {
  const connection = find(sections, "connection");
  const entries = connection?.entries ?? [];
  const refuseAll = (reason: string): void => {
    for (const section of sections) for (const entry of section.entries) draft.refuse(entry, reason);
  };
  const type = find(entries, "type");
  const auto = find(entries, "autoconnect");
  if (type === undefined || (kind === undefined && !HARDWARE.includes(type.value))) {
    refuseAll(`${type === undefined ? "a profile without a type" : type.text}: a declaration has no such link`);
    return;
  }
  if (link === undefined) {
    refuseAll("the profile names no link: it needs its interface-name");
    return;
  }
  if (auto !== undefined && /^(false|no|0)$/i.test(auto.value)) {
    refuseAll(`${auto.text}: nothing brings it up at boot`);
    return;
  }
  const path = ["links", link];
  const tap = find(find(sections, "macvlan")?.entries ?? [], "tap");
  if (kind !== undefined && tap === undefined) draft.set(type, [...path, "kind"], kind);
  if (kind === "bridge") draft.assume([...path, "stpState"], "kernel");
  if (kind === "vxlan") draft.assume([...path, "port"], 4789);
  if (kind === "tun") draft.assume([...path, "mode"], "tun");
  for (const section of sections) readSection(draft, section, { sections, link, kind }, nameOf);
}

/** Reads NetworkManager's keyfiles. */
export function readKeyfiles(draft: Draft, files: readonly SourceFile[]): void {
  const profiles = files.map((file) => {
    const sections = sectionsOf(file);
    for (const section of sections) draft.expect(section.entries.length === 0 ? [section] : section.entries);
    draft.carry(...sections.filter(({ key }) => isKnown(key)));
    return profileOf(sections);
  });
  const nameOf = linkNames(profiles);
  for (const profile of profiles) readProfile(draft, profile, nameOf);
}
