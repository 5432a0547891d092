import { expect, test } from "vitest";
import { InputError, NetlinkError, type Route, type RouteFilter, type RouteSettings } from "../../../src/index.js";
import { routed } from "../ports/routed.js";

const FOUR = "10.1.0.0/16";
const SIX = "fd01::/16";
const VIA = { [FOUR]: "10.0.0.2", [SIX]: "fd00::2" };

test.for([
  [FOUR, { gateway: "10.0.0.2" }, { family: "inet", scope: "global", protocol: "static", table: "main" }],
  [FOUR, { link: "v0" }, { scope: "link" }],
  [FOUR, { type: "local", link: "lo" }, { type: "local", scope: "host", table: "local" }],
  [FOUR, { type: "broadcast", link: "v0" }, { type: "broadcast", scope: "link", table: "local" }],
  [FOUR, { type: "blackhole" }, { scope: "global" }],
  [FOUR, { type: "throw", table: 7 }, { type: "throw", table: 7 }],
  [FOUR, { link: "v0", scope: "site", tos: 16, metric: 5, source: "10.0.0.1", protocol: "bgp", table: 4000000000 }],
  [FOUR, { gateway: "10.9.9.9", link: "v0", onlink: true }, { gateway: "10.9.9.9", flags: ["onlink"] }],
  [FOUR, { gateway: "fd00::2", link: "v0" }, { gateway: "fd00::2" }],
  [FOUR, { gateway: "10.0.0.2", flow: 0x10002 }],
  [FOUR, { gateway: "10.0.0.2", metrics: { mtu: 1400, lock: ["mtu"], rtt: 20, rttvar: 7, rtoMin: 250, initcwnd: 20 } }],
  [FOUR, { gateway: "10.0.0.2", metrics: { features: ["ecn"], quickack: true, ccAlgo: "cubic", hoplimit: 9 } }],
  ["default", { gateway: "10.0.0.2" }, { destination: "default", family: "inet" }],
  [SIX, { gateway: "fd00::2" }, { family: "inet6", scope: "global", protocol: "static", table: "main", metric: 1024 }],
  [SIX, { link: "v0", metric: 3, preference: "high", source: "fd00::1" }],
  [SIX, { gateway: "fd00::2", table: 1000, protocol: 200, expires: 60_000, metrics: { advmss: 1200 } }],
  [SIX, { type: "unreachable", metric: 9 }],
  ["default", { gateway: "fd00::2" }, { destination: "default", family: "inet6" }],
  ["default", { family: "inet6", link: "v0" }, { destination: "default", family: "inet6" }],
  [SIX, { from: "fd00:9::/32", link: "v0" }],
] as [string, RouteSettings, object?][])(
  "%s with %j is what the kernel then has",
  async ([destination, settings, also]) => {
    await using host = await routed();
    const { link, onlink, expires, ...rest } = settings;
    const index = link === undefined ? {} : { link: (await host.link(link)).index };
    const added = await host.routes.add(destination, settings);
    expect(added).toMatchObject({ destination, ...rest, ...index, ...also });
    // The time that is left goes on.
    if (expires === undefined) expect(added.expires).toBeUndefined();
    else expect(Math.ceil(Number(added.expires) / 10_000) * 10_000).toBe(expires);
    const { family, table, protocol } = added;
    const listed = (await host.routes.list({ family, table, protocol })).filter(
      (route) => route.destination === destination,
    );
    const still = ({ expires: _, cacheinfo: __, ...lasting }: Route): object => lasting;
    expect(listed.map(still)).toEqual([added].map(still));
    expect(await host.routes.remove(destination, settings)).toMatchObject({ destination, ...rest, ...also });
    expect(await host.routes.list({ family, table, protocol, destination })).toEqual([]);
  },
);

test.for([
  [FOUR, ["10.0.0.2", "10.0.0.3"]],
  [FOUR, ["10.0.0.2", "fd00::3"]],
  [SIX, ["fd00::2", "fd00::3"]],
] as const)("%s by %j: several ways with their weights, as they were given", async ([destination, gateways]) => {
  await using host = await routed();
  const { index } = await host.link("v0");
  const [first, second] = gateways;
  const nexthops = [
    { gateway: first, weight: 20 },
    { gateway: second, link: "v0", onlink: true },
  ];
  const route = await host.routes.add(destination, { nexthops });
  expect(route.nexthops).toEqual([
    { gateway: first, link: index, weight: 20, flags: [] },
    { gateway: second, link: index, weight: 1, flags: ["onlink"] },
  ]);
  expect(await host.routes.list({ gateway: second })).toEqual([route]);
  const replaced = await host.routes.replace(destination, { gateway: first, link: "v0" });
  expect(replaced).toMatchObject({ gateway: first, link: index });
  expect(await host.routes.list({ destination })).toEqual([replaced]);
  expect(await host.routes.replace(destination, { gateway: first, link: "v0" })).toEqual(replaced);
});

test("a route is known by its metric: another stands beside it, the same is refused, and replaced when that is meant", async () => {
  await using host = await routed();
  const { routes } = host;
  await routes.add(FOUR, { gateway: "10.0.0.2", metric: 1 });
  await routes.add(FOUR, { gateway: "10.0.0.3", metric: 2 });
  await expect(routes.add(FOUR, { gateway: "10.0.0.4", metric: 2 })).rejects.toMatchObject({
    code: "EEXIST",
    message:
      "10.1.0.0/16 gateway=10.0.0.4 metric=2: the kernel refused RTM_NEWROUTE: file already exists (EEXIST); " +
      "its table has a route to there with this metric: replace takes its place, another metric stands beside it",
  });
  await routes.replace(FOUR, { gateway: "10.0.0.4", metric: 2 });
  expect((await routes.list({ destination: FOUR })).map(({ gateway }) => gateway)).toEqual(["10.0.0.2", "10.0.0.4"]);
  await routes.remove(FOUR);
  expect((await routes.list({ destination: FOUR })).map(({ metric }) => metric)).toEqual([2]);
});

test.for([
  [FOUR, { gateway: "10.0.0.7" }],
  [FOUR, { gateway: "10.0.0.2" }],
  [FOUR, { link: "v1" }],
  [FOUR, { metric: 0 }],
  [FOUR, { type: "blackhole" }],
  [FOUR, { protocol: "boot" }],
  [FOUR, { tos: 16 }],
  [FOUR, { table: 100 }],
  ["10.1.0.0/17", {}],
  [SIX, { gateway: "fd00::7" }],
  [SIX, { type: "blackhole" }],
  [SIX, { metric: 8 }],
  [SIX, { source: "fd00::1" }],
  [SIX, { preference: "low" }],
  [SIX, { from: "fd00::/8" }],
] as [string, RouteSettings][])(
  "nothing but what is named is removed: not %s with %j",
  async ([destination, settings]) => {
    await using host = await routed();
    const { routes } = host;
    await routes.add("10.2.0.0/16", { gateway: "10.0.0.2", table: 100 });
    await routes.add(FOUR, { nexthops: [{ gateway: "10.0.0.2" }, { gateway: "10.0.0.3" }], metric: 7 });
    await routes.add(SIX, { gateway: "fd00::2", metric: 7 });
    const standing = (): Promise<unknown> => Promise.all([routes.list(), routes.list({ table: 100 })]);
    const before = await standing();
    await expect(routes.remove(destination, settings)).rejects.toMatchObject({
      code: "ESRCH",
      syscall: "RTM_DELROUTE",
      hint: "no route in the table has all of this",
    });
    expect(await standing()).toEqual(before);
  },
);

test.for([
  ["10.1.2.3/16", { gateway: "10.0.0.2" }, '"10.1.2.3/16" has bits behind its length; the network is 10.1.0.0/16'],
  ["fd01::1/16", { gateway: "fd00::2" }, '"fd01::1/16" has bits behind its length; the network is fd01::/16'],
  ["10.1.0.0/33", {}, '"10.1.0.0/33" is not an address with a prefix length from 0 to 32'],
  ["10.1.0.0", { family: "inet6" }, '"10.1.0.0" is no IPv6 network'],
  [SIX, { gateway: "10.0.0.2" }, "gateway: 10.0.0.2 is an IPv4 address: a route of IPv6 has a gateway of IPv6"],
  [FOUR, {}, "a route needs a gateway, a link, nexthops, or the id of a next hop"],
  [FOUR, { type: "blackhole", link: "v0" }, "link: a route of type blackhole leads nowhere"],
  [FOUR, { gateway: "10.0.0.2", nexthopId: 1 }, "gateway: it excludes nexthopId"],
  [FOUR, { nexthops: [] }, "nexthops: a route needs one way at least"],
  [FOUR, { nexthops: [{ gateway: "10.0.0.2", weight: 257 }] }, "nexthops.0.weight: 257 is not a weight from 1 to 256"],
  [FOUR, { nexthops: [{ link: "v0" }, {}] }, "nexthops.1: neither a gateway nor a link"],
  [FOUR, { gateway: "10.0.0.2", preference: "high" }, "preference: only routes of IPv6 have it"],
  [FOUR, { gateway: "10.0.0.2", source: "fd00::1" }, "source: fd00::1 is of another family than the route"],
  [SIX, { gateway: "fd00::2", tos: 16 }, "tos: only routes of IPv4 have it"],
  [
    SIX,
    { gateway: "fd00::2", metric: 0 },
    "metric: a route of IPv6 has a metric from 1 to 4294967295, 1024 unless given",
  ],
  [FOUR, { gateway: "10.0.0.2", metrics: { mtu: -1 } }, "metrics.mtu: -1 is not an integer from 0 to 65520"],
] as [string, RouteSettings, string][])(
  "%s with %j is refused before anything is sent",
  async ([destination, settings, message]) => {
    await using host = await routed();
    const adding = host.routes.add(destination, settings);
    await expect(adding).rejects.toBeInstanceOf(InputError);
    await expect(adding).rejects.toMatchObject({ message });
  },
);

const UNREACHED = "the gateway is on no link that is up: add an address of its network, or give the link and onlink";

test.for([
  [FOUR, { gateway: "10.9.9.9" }, "ENETUNREACH", UNREACHED],
  [SIX, { gateway: "fd99::9" }, "EHOSTUNREACH", UNREACHED],
  [FOUR, { link: "v2" }, "ENETDOWN", "bring the link up first"],
  [SIX, { link: "v2" }, "ENETDOWN", "bring the link up first"],
  [FOUR, { link: 999 }, "ENODEV", "there is no such link in this network namespace"],
  [FOUR, { link: "nope" }, "ENODEV", "there is no such link in this network namespace"],
  [FOUR, { gateway: "10.0.0.2", source: "10.9.9.9" }, "EINVAL", "the source must be an address of this host"],
  [SIX, { gateway: "fd00::2", source: "fd99::9" }, "EINVAL", "the source must be an address of this host"],
  [SIX, { link: "v1" }, "EACCES", "net.ipv6.conf.LINK.disable_ipv6 is 1"],
] as [string, RouteSettings, string, string][])(
  "%s with %j is refused with %s and a hint",
  async ([destination, settings, code, hint]) => {
    await using host = await routed();
    await host.setSysctl("net.ipv6.conf.v1.disable_ipv6", 1);
    await host.addVeth("v2", { peer: "v3" });
    await expect(host.routes.add(destination, settings)).rejects.toMatchObject({ code, hint });
  },
);

test.for([
  ["CONFIG_IPV6_ILA", { type: "ila", locator: "2001:0:87:0", csumMode: "noAction", identType: "luid" }],
  ["CONFIG_IPV6_RPL_LWTUNNEL", { type: "rpl", srh: ["fd00::7", "fd00::8"] }],
  [
    "CONFIG_IPV6_IOAM6_LWTUNNEL",
    { type: "ioam6", mode: "inline", trace: { namespaceId: 1, size: 12, type: ["hopLimitAndNode"] } },
  ],
  ["CONFIG_XFRM_INTERFACE", { type: "xfrm", ifId: 7 }],
] as [string, NonNullable<RouteSettings["encapsulation"]>][])(
  "without %s a route with %j is refused with what it needs; otherwise it is listed so",
  async ([option, encapsulation]) => {
    await using host = await routed();
    const ways = [{ gateway: "fd00::2" }, { gateway: "fd00::3", encapsulation }];
    const found = await host.routes.add("fd01:1::/64", { nexthops: ways }).catch((error: unknown) => error);
    if (!(found instanceof NetlinkError)) {
      expect(await host.routes.list({ destination: "fd01:1::/64" })).toMatchObject([
        { nexthops: [{}, { encapsulation }] },
      ]);
      return;
    }
    const { type } = encapsulation;
    expect(found.code).toBe("EOPNOTSUPP");
    const hint = expect.stringMatching(`^this kernel cannot wrap packets so: ${type} needs ${option}`) as string;
    expect(found.hint).toEqual(hint);
    await expect(host.routes.add("fd01:1::/64", { link: "v0", encapsulation })).rejects.toMatchObject({ hint });
    await expect(host.nexthops.add({ link: "v0", encapsulation })).rejects.toMatchObject({ hint });
  },
);

test("a look-up says which way a packet goes, or why it goes none", async () => {
  await using host = await routed();
  const { routes } = host;
  const { index: link } = await host.link("v0");
  await routes.add(FOUR, { gateway: "10.0.0.2", metrics: { mtu: 1400 } });
  await routes.add(SIX, { gateway: "fd00::2" });
  for (const [type, destination] of [
    ["blackhole", "10.4.0.0/16"],
    ["prohibit", "10.5.0.0/16"],
    ["unreachable", "fd06::/16"],
  ] as const)
    await routes.add(destination, { type });
  expect(await routes.get("10.1.2.3")).toMatchObject({
    destination: "10.1.2.3/32",
    gateway: "10.0.0.2",
    link,
    source: "10.0.0.1",
    table: "main",
    flags: ["cloned"],
  });
  expect(await routes.get("10.1.2.3", { match: true })).toMatchObject({ destination: FOUR, metrics: { mtu: 1400 } });
  expect(await routes.get("fd01::1", { from: "fd00::1" })).toMatchObject({ gateway: "fd00::2", from: "fd00::1/128" });
  expect(await routes.get("10.0.0.1")).toMatchObject({ type: "local" });
  const refusal = async (address: string): Promise<unknown> =>
    routes.get(address).catch(({ code, hint }: NetlinkError) => [code, hint]);
  expect(await refusal("10.4.0.1")).toEqual(["EINVAL", "a route of type blackhole leads there"]);
  expect(await refusal("10.5.0.1")).toEqual(["EACCES", "a route of type prohibit leads there"]);
  expect(await refusal("fd06::1")).toEqual(["EHOSTUNREACH", "a route of type unreachable leads there, or none"]);
  expect(await refusal("9.9.9.9")).toEqual(["ENETUNREACH", "no route leads there"]);
});

test("routes are listed by table, type, protocol, link, family, gateway and metric", async () => {
  await using host = await routed();
  const { routes } = host;
  await host.addAddress("v1", "10.3.0.1/24");
  await routes.add(FOUR, { gateway: VIA[FOUR], metric: 5 });
  await routes.add(SIX, { gateway: VIA[SIX], table: 100 });
  await routes.add("10.2.0.0/16", { type: "blackhole", table: 100, protocol: "bgp" });
  const listed = async (filter: RouteFilter): Promise<string[]> =>
    (await routes.list(filter)).map(({ destination }) => destination).sort();
  expect(await listed({ family: "inet" })).toEqual(["10.0.0.0/24", FOUR, "10.3.0.0/24"]);
  expect(await listed({ table: 100 })).toEqual(["10.2.0.0/16", SIX]);
  expect(await listed({ table: 100, family: "inet6" })).toEqual([SIX]);
  expect(await listed({ table: "all", protocol: "bgp" })).toEqual(["10.2.0.0/16"]);
  expect(await listed({ table: "all", type: "blackhole" })).toEqual(["10.2.0.0/16"]);
  expect(await listed({ link: "v1", family: "inet" })).toEqual(["10.3.0.0/24"]);
  expect(await listed({ gateway: "10.0.0.2" })).toEqual([FOUR]);
  expect(await listed({ metric: 0, family: "inet" })).toEqual(["10.0.0.0/24", "10.3.0.0/24"]);
  expect(await listed({ destination: FOUR })).toEqual([FOUR]);
  for (const family of [undefined, "inet", "inet6"] as const) expect(await listed({ table: 9, family })).toEqual([]);
});

test("a route is removed by what it was added with, however that is spelled", async () => {
  await using host = await routed();
  const { routes } = host;
  const settings = {
    gateway: "FD00:0::2",
    source: "FD00:0::1",
    metrics: { mtu: 1400, rtt: 20.01, lock: ["rtt", "mtu"] as const },
  };
  const { metrics } = await routes.add(SIX, settings);
  expect(metrics).toEqual({ mtu: 1400, rtt: 20, lock: ["mtu", "rtt"] });
  expect(await routes.list({ gateway: settings.gateway })).toHaveLength(1);
  await expect(routes.remove(SIX, { ...settings, metrics: { rtt: 21 } })).rejects.toMatchObject({ code: "ESRCH" });
  expect(await routes.remove(SIX, settings)).toMatchObject({ source: "fd00::1", metrics });
  expect(await routes.list({ gateway: settings.gateway })).toEqual([]);
});
