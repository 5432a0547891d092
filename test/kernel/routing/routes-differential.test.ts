import fc, { type Arbitrary } from "fast-check";
import { expect, test } from "vitest";
import type { Family, Host, RouteMetrics, RouteSettings } from "../../../src/index.js";
import { ipBatch, ipJson } from "../scene/iproute.js";
import { lacks } from "../scene/program.js";
import { routed } from "../ports/routed.js";

const CASES = 40;
const SEED = 20_240_611;
const reason = lacks("nsenter", "--version") ?? lacks("ip", "-V");

const few = fc.integer({ min: 1, max: 1000 });
const duration = fc.integer({ min: 1, max: 2000 });
const metrics: Arbitrary<RouteMetrics> = fc.record(
  {
    mtu: fc.integer({ min: 1300, max: 1500 }),
    advmss: few,
    hoplimit: fc.integer({ min: 1, max: 255 }),
    initcwnd: few,
    initrwnd: few,
    window: few,
    reordering: few,
    ssthresh: few,
    rtt: duration,
    rttvar: duration,
    rtoMin: duration,
    quickack: fc.constant(true),
    ccAlgo: fc.constantFrom("cubic", "reno"),
    features: fc.constant(["ecn" as const]),
  },
  { requiredKeys: [] },
);

const ADDRESSES = { inet: "10.0.0.", inet6: "fd00::" } as const;

function waysOf(family: Family): Arbitrary<RouteSettings> {
  const gateway = fc.integer({ min: 2, max: 9 }).map((last) => `${ADDRESSES[family]}${last}`);
  const far = fc.constantFrom(family === "inet" ? "10.99.0.1" : "fd99::1");
  const link = fc.constant("v0");
  const weight = fc.integer({ min: 1, max: 256 });
  const way = fc.oneof(
    fc.record({ gateway, weight }, { requiredKeys: ["gateway"] }),
    fc.record(
      { gateway: far, link, onlink: fc.constant(true), weight },
      { requiredKeys: ["gateway", "link", "onlink"] },
    ),
  );
  return fc.oneof(
    fc.record({ gateway }),
    fc.record({ gateway, link }),
    fc.record({ link }),
    fc.record({ gateway: far, link, onlink: fc.constant(true) }),
    fc.record({ type: fc.constantFrom("blackhole", "unreachable", "prohibit", "throw") }),
    fc
      .uniqueArray(way, { minLength: 2, maxLength: 3, selector: ({ gateway: each }) => each })
      .map((nexthops) => ({ nexthops })),
    ...(family === "inet" ? [fc.record({ gateway: fc.constant("fd00::7"), link })] : []),
  );
}

function settingsOf(family: Family): Arbitrary<RouteSettings> {
  const common = fc.record(
    { metric: few, table: fc.integer({ min: 2, max: 300 }).filter((table) => table < 250 || table > 255), metrics },
    { requiredKeys: [] },
  );
  // In a batch, ip takes the last number for the name before it: only names.
  const protocol = fc.constantFrom("static", "bgp", "dhcp", "zebra");
  const own: Arbitrary<RouteSettings> =
    family === "inet"
      ? fc.record(
          {
            protocol,
            tos: fc.constantFrom(8, 16),
            source: fc.constant("10.0.0.1"),
            flow: fc.constantFrom(0x10002, 0xff00fe, 0x70001),
          },
          { requiredKeys: ["protocol"] },
        )
      : fc.record({ protocol, preference: fc.constantFrom("low", "medium", "high") }, { requiredKeys: ["protocol"] });
  return fc.tuple(common, own, waysOf(family)).map(([first, second, ways]) => {
    const { flow, source, preference, ...rest } = second;
    const fits = ways.nexthops === undefined ? { flow } : {};
    return { ...first, ...rest, ...(ways.type === undefined ? { ...fits, source, preference } : {}), ...ways };
  });
}

/** Different settings, each for a destination of its own. */
function casesOf(family: Family): Map<string, RouteSettings> {
  const settings = fc.sample(settingsOf(family), { numRuns: CASES, seed: SEED });
  const destination = (place: number): string =>
    family === "inet" ? `10.${100 + place}.0.0/16` : `fd01:${place}::/32`;
  return new Map(settings.map((each, place) => [destination(place).replace("fd01:0::/32", "fd01::/32"), each]));
}

const METRIC_NAMES: Record<string, string> = { rtoMin: "rto_min", ccAlgo: "congestion" };

function metricWords([name, value]: [string, unknown]): string {
  if (name === "features") return "features ecn";
  if (["rtt", "rttvar", "rtoMin"].includes(name)) return `${METRIC_NAMES[name] ?? name} ${String(value)}ms`;
  return `${name === "ccAlgo" ? "congctl" : name} ${value === true ? 1 : String(value)}`;
}

function wayWords(
  { gateway, link, onlink, weight }: NonNullable<RouteSettings["nexthops"]>[number],
  own: Family,
): string {
  const foreign = gateway?.includes(":") === true && own === "inet" ? "inet6 " : "";
  return [
    gateway === undefined ? "" : `via ${foreign}${gateway}`,
    link === undefined ? "" : `dev ${String(link)}`,
    weight === undefined ? "" : `weight ${weight}`,
    onlink === true ? "onlink" : "",
  ].join(" ");
}

/** The words that `ip route add` has for settings. */
function words(destination: string, settings: RouteSettings, family: Family): string {
  const { type = "", metric, table, protocol, tos, source, flow, preference, metrics: more = {}, nexthops } = settings;
  const option = (name: string, value: unknown): string => (value === undefined ? "" : `${name} ${value as string}`);
  return [
    `route add ${type} ${destination}`,
    wayWords(settings, family),
    option("metric", metric),
    option("table", table),
    option("protocol", protocol),
    option("tos", tos === undefined ? undefined : `0x${tos.toString(16)}`),
    option("src", source),
    option("realms", flow === undefined ? undefined : `${flow >>> 16}/${flow & 0xffff}`),
    option("pref", preference),
    ...Object.entries(more).map(metricWords),
    ...(nexthops ?? []).map((way) => `nexthop ${wayWords(way, family)}`),
  ].join(" ");
}

/** What a route with these settings must look like, whoever lists it. */
function expected(settings: RouteSettings, index: number): object {
  const { link, onlink, nexthops, ...rest } = settings;
  return {
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
    ...(link === undefined ? {} : { link: index }),
    ...(onlink === true ? { flags: ["onlink"] } : {}),
    ...(nexthops === undefined
      ? {}
      : {
          nexthops: nexthops.map(({ gateway, weight = 1, onlink: forced }) => ({
            ...{ gateway, weight, link: index, flags: forced === true ? ["onlink"] : [] },
          })),
        }),
  };
}

interface Printed {
  readonly [name: string]: unknown;
  readonly via?: { readonly host: string };
  readonly flow?: { readonly from?: string; readonly to: string };
  readonly metrics?: readonly Record<string, unknown>[];
  readonly nexthops?: readonly Record<string, unknown>[];
}

function numeric(value: unknown): unknown {
  return typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
}

/** What `ip` prints, in the library's words. */
function fromIp(route: Printed, index: number): Record<string, unknown> {
  const all = Object.assign({}, ...(route.metrics ?? [])) as Record<string, unknown>;
  const { ecn, quickack, rto_min, congestion, ...others } = all;
  const { flow } = route;
  return {
    destination: route["dst"],
    type: route["type"],
    metric: route["metric"],
    table: numeric(route["table"]) ?? "main",
    protocol: numeric(route["protocol"]),
    tos: route["tos"] === undefined ? undefined : Number(route["tos"]),
    gateway: route["gateway"] ?? route.via?.host,
    link: route["dev"] === undefined ? undefined : index,
    source: route["prefsrc"],
    preference: route["pref"],
    flags: route["flags"],
    flow: flow === undefined ? undefined : Number(flow.from ?? 0) * 0x10000 + Number(flow.to),
    metrics: {
      ...others,
      ...(ecn === undefined ? {} : { features: ["ecn"] }),
      ...(quickack === undefined ? {} : { quickack: quickack === 1 }),
      ...(rto_min === undefined ? {} : { rtoMin: rto_min }),
      ...(congestion === undefined ? {} : { ccAlgo: congestion }),
    },
    nexthops: route.nexthops?.map(({ gateway, weight, flags }) => ({ gateway, weight, flags, link: index })),
  };
}

async function compare(host: Host, cases: ReadonlyMap<string, RouteSettings>, family: Family): Promise<void> {
  const { index } = await host.link("v0");
  const option = family === "inet" ? "-4" : "-6";
  const printed = (await ipJson(host, option, "route", "show", "table", "all")).map((each) =>
    fromIp(each as Printed, index),
  );
  const listed = await host.routes.list({ family, table: "all" });
  for (const [destination, settings] of cases) {
    const wanted = expected(settings, index);
    const title = words(destination, settings, family);
    expect(
      listed.find((each) => each.destination === destination),
      title,
    ).toMatchObject(wanted);
    expect(
      printed.find((each) => each["destination"] === destination),
      title,
    ).toMatchObject(wanted);
  }
}

test.for(["inet", "inet6"] as const)("routes of %s: what is set here is what ip prints", async (family, { skip }) => {
  if (reason !== undefined) skip(reason);
  await using host = await routed();
  const cases = casesOf(family);
  await Promise.all([...cases].map(([destination, settings]) => host.routes.add(destination, settings)));
  await compare(host, cases, family);
});

test.for(["inet", "inet6"] as const)("routes of %s: what ip sets is what is read here", async (family, { skip }) => {
  if (reason !== undefined) skip(reason);
  await using host = await routed();
  const cases = casesOf(family);
  const lines = [...cases].map(([destination, settings]) => words(destination, settings, family));
  await ipBatch(host, lines, family === "inet" ? "-4" : "-6");
  await compare(host, cases, family);
});
