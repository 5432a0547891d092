import type {
  AddressSettings,
  Host,
  NeighbourSettings,
  NexthopSettings,
  RouteSettings,
  RuleSettings,
} from "../../../../src/index.js";
import {
  addressAttributes,
  addressFlags,
  inet6AddressFlags,
  lifetime,
  scope,
} from "../../../../src/rtnetlink/address/address.js";
import { neighbourAttributes, neighbourFlags } from "../../../../src/rtnetlink/neighbour/neighbour.js";
import { routeAttributes } from "../../../../src/rtnetlink/route/route.js";
import { routeProtocol, routeTable, routeType } from "../../../../src/rtnetlink/route/route-words.js";
import { fibRuleHeader, ruleAttributes } from "../../../../src/rtnetlink/rule/rule.js";
import { flag8, milliseconds, u8, u32 } from "../../../../src/netlink/codecs/numbers.js";
import { type Group, settingsOf, type Subject } from "./subject.js";

type Family = "inet" | "inet6";

const NETWORK = { inet: "198.51.100.0/24", inet6: "2001:db8:1::/64" } as const;
const OTHER = { inet: "203.0.113.0/24", inet6: "2001:db8:2::/64" } as const;
const ADDRESS = { inet: "192.0.2.7/24", inet6: "2001:db8::7/64" } as const;
const OWN = { inet: ["192.0.2.1", "192.0.2.3"], inet6: ["2001:db8::1", "2001:db8::3"] } as const;
const NEAR = { inet: ["192.0.2.9", "192.0.2.10"], inet6: ["2001:db8::9", "2001:db8::a"] } as const;
const SWITCHED = [true, false] as const;

/** A link with addresses of both families, and one beside it. */
async function scene(host: Host): Promise<void> {
  for (const [name, peer] of [["eth0", "far0"] as const, ["eth1", "far1"] as const])
    await host.addVeth(name, { peer: { name: peer, up: true }, up: true });
  for (const address of OWN.inet) await host.addAddress("eth0", `${address}/24`);
  for (const address of OWN.inet6) await host.addAddress("eth0", `${address}/64`, { flags: ["nodad"] });
  await host.nexthops.add({ id: 71, link: "eth0", family: "inet" });
  await host.nexthops.add({ id: 72, link: "eth0", family: "inet6" });
  await host.nexthops.add({ id: 73, link: "eth1", family: "inet" });
}

/** Something that is reported with a link's index, with its name in place of that. */
async function withName<T extends object>(host: Host, found: T | undefined): Promise<object | undefined> {
  const { link } = (found ?? {}) as { link?: number };
  return link === undefined ? found : { ...found, link: (await host.link(link)).name };
}

function addresses(family: Family): Subject[] {
  const common = {
    title: `an address of ${family}`,
    attributes: settingsOf<AddressSettings>(
      "address",
      {
        peer: addressAttributes.entries.address[1],
        broadcast: addressAttributes.entries.broadcast[1],
        label: addressAttributes.entries.label[1],
        scope,
        flags: family === "inet" ? addressFlags : inet6AddressFlags,
        validLifetime: lifetime,
        preferredLifetime: lifetime,
        rtPriority: addressAttributes.entries.rtPriority[1],
        proto: addressAttributes.entries.proto[1],
      },
      { label: ["eth0:one", "eth0:two"], peer: NEAR[family] },
    ),
    get: async (host: Host) =>
      (await host.addresses({ link: "eth0" })).find(({ address }) =>
        address.startsWith(ADDRESS[family].split("/")[0]!),
      ),
  };
  return [
    {
      ...common,
      title: `a new address of ${family}`,
      make: scene,
      set: (host, settings) => host.addAddress("eth0", ADDRESS[family], settings),
      clear: async (host) => {
        const { address, peer } = (await common.get(host))!;
        await host.removeAddress("eth0", address, { peer });
      },
    },
    {
      ...common,
      make: async (host) => {
        await scene(host);
        await host.addAddress("eth0", ADDRESS[family]);
      },
      set: (host, settings) => host.replaceAddress("eth0", ADDRESS[family], settings),
    },
  ];
}

function routes(family: Family): Subject {
  const { entries } = routeAttributes;
  const way = (settings: object): object =>
    "nexthops" in settings || "nexthopId" in settings || "link" in settings ? settings : { link: "eth0", ...settings };
  return {
    title: `a route of ${family}`,
    attributes: settingsOf<RouteSettings>(
      "route",
      {
        family: [],
        link: ["eth0", "eth1"],
        type: routeType,
        table: routeTable,
        protocol: routeProtocol,
        scope,
        tos: u8,
        metric: u32,
        source: OWN[family],
        from: ["2001:db8:3::/64", "2001:db8:4::/64"],
        gateway: entries.gateway[1],
        onlink: [],
        nexthops: [
          NEAR[family].map((gateway) => ({ gateway })),
          NEAR[family].map((gateway, place) => ({ gateway, weight: place + 2 })),
        ],
        nexthopId: family === "inet" ? [71, 73] : [72, 72],
        metrics: entries.metrics[1],
        preference: entries.pref[1],
        expires: milliseconds,
        flow: u32,
        encapsulation: [
          { type: "mpls", dst: [100, 200] },
          { type: "mpls", dst: [300], ttl: 7 },
          { type: "ip", id: 7n, dst: "192.0.2.9", ttl: 9 },
          { type: "ip6", id: 7n, dst: "2001:db8::9", hoplimit: 9 },
        ],
      },
      { tos: [4, 8], gateway: NEAR[family] },
    ),
    make: scene,
    set: (host, settings) => host.routes.add(NETWORK[family], way(settings)),
    get: async (host) =>
      withName(
        host,
        (await host.routes.list({ table: "all" })).find(({ destination }) => destination === NETWORK[family]),
      ),
    clear: async (host) => {
      const all = await host.routes.list({ table: "all" });
      const meant = all.filter(({ destination }) => destination === NETWORK[family]);
      for (const { table, metric, tos, type, from, nexthops = [{ gateway: undefined }] } of meant)
        for (const { gateway } of family === "inet" ? [{ gateway: undefined }] : nexthops)
          await host.routes.remove(NETWORK[family], { table, metric, tos, type, from, gateway });
    },
  };
}

function rules(family: Family): Subject {
  const { entries } = ruleAttributes;
  const priority = 7000;
  const all = async (host: Host) =>
    (await host.rules.list({ family })).filter((rule) => ![0, 32766, 32767].includes(rule.priority));
  return {
    title: `a rule of ${family}`,
    attributes: settingsOf<RuleSettings>(
      "rule",
      {
        family: [],
        priority: entries.priority[1],
        action: fibRuleHeader.fields.action,
        table: routeTable,
        goto: [7001, 7002],
        from: [NETWORK[family], OTHER[family]],
        to: [NETWORK[family], OTHER[family]],
        iif: entries.iifname[1],
        oif: entries.oifname[1],
        fwmark: u32,
        fwmask: u32,
        tos: u8,
        dscp: entries.dscp[1],
        dscpMask: entries.dscpMask[1],
        flowlabel: entries.flowlabel[1],
        flowlabelMask: entries.flowlabelMask[1],
        uidRange: entries.uidRange[1],
        ipProto: u8,
        sportRange: entries.sportRange[1],
        dportRange: entries.dportRange[1],
        sportMask: entries.sportMask[1],
        dportMask: entries.dportMask[1],
        tunId: [7n, 8n],
        l3mdev: flag8,
        suppressPrefixlen: u32,
        suppressIfgroup: u32,
        flow: u32,
        invert: SWITCHED,
        protocol: routeProtocol,
      },
      { tos: [4, 8], ipProto: [6, 17], priority: [7005, 7006] },
    ),
    make: scene,
    set: (host, settings) => {
      const to = "from" in settings || "to" in settings ? {} : { to: NETWORK[family] };
      return host.rules.add({ family, priority, ...to, ...settings });
    },
    get: async (host) => (await all(host))[0],
    clear: async (host) => {
      for (const rule of await all(host)) await host.rules.remove(rule);
    },
  };
}

function neighbours(family: Family): Subject {
  const address = NEAR[family][0];
  return {
    title: `a neighbour of ${family}`,
    attributes: settingsOf<NeighbourSettings>("neighbour", {
      lladdr: neighbourAttributes.entries.lladdr[1],
      state: ["permanent", "noarp", "reachable", "stale", "delay", "probe"],
      flags: neighbourFlags,
      flagsExt: neighbourAttributes.entries.flagsExt[1],
      protocol: routeProtocol,
    }),
    make: scene,
    set: (host, settings) => host.neighbours.add("eth0", address, { lladdr: "02:00:00:00:00:99", ...settings }),
    get: async (host) => {
      const known = await host.neighbours.list({ link: "eth0", address });
      return known[0] ?? (await host.neighbours.list({ link: "eth0", address, proxy: true }))[0];
    },
    clear: async (host) => {
      for (const proxy of SWITCHED)
        for (const each of await host.neighbours.list({ link: "eth0", address, proxy }))
          await host.neighbours.remove("eth0", each.address, { proxy });
    },
  };
}

function nexthops(family: Family): Subject {
  const id = 80;
  return {
    title: `a next hop of ${family}`,
    attributes: settingsOf<NexthopSettings>("nexthop", {
      family: ["inet", "inet6"],
      gateway: NEAR[family],
      link: ["eth0", "eth1"],
      onlink: [],
      blackhole: [true],
      group: [[{ id: 71 }, { id: 73, weight: 7 }], [{ id: 71, weight: 2 }]],
      groupType: [],
      resGroup: [],
      fdb: [true],
      encapsulation: [
        { type: "mpls", dst: [100, 200] },
        { type: "ip", id: 7n, dst: "192.0.2.9", ttl: 9 },
      ],
      protocol: routeProtocol,
      hwStatsEnable: [],
    }),
    make: scene,
    set: (host, settings) => {
      const alone = ["blackhole", "group", "fdb", "link"].some((name) => name in settings);
      const more = "fdb" in settings ? { gateway: NEAR[family][0] } : alone ? {} : { link: "eth0" };
      const settled = "group" in settings || "gateway" in settings ? {} : { family };
      return host.nexthops.add({ id, ...settled, ...more, ...settings });
    },
    get: async (host) => withName(host, await host.nexthops.get(id)),
    clear: (host) => host.nexthops.remove(id),
  };
}

const FAMILIES = ["inet", "inet6"] as const;

/** Addresses, routes, rules, neighbours and next hops. */
export const routing: readonly Group[] = [
  ...FAMILIES.map((family) => ({ title: `an address of ${family}`, subjects: addresses(family) })),
  ...[routes, rules, neighbours, nexthops].flatMap((make) =>
    FAMILIES.map((family) => {
      const subject = make(family);
      return { title: subject.title, subjects: [subject] };
    }),
  ),
];
