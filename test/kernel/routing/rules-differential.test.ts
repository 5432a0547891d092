import fc, { type Arbitrary } from "fast-check";
import { expect, test } from "vitest";
import type { Family, Host, RuleSettings } from "../../../src/index.js";
import { ipBatch, ipJson } from "../scene/iproute.js";
import { lacks } from "../scene/program.js";
import { routed } from "../ports/routed.js";

const CASES = 40;
const SEED = 7;
const reason = lacks("nsenter", "--version") ?? lacks("ip", "-V");

/** IP's protocols under the names that `ip` prints. */
const PROTOCOLS = new Map([
  ["icmp", 1],
  ["tcp", 6],
  ["udp", 17],
  ["ipv6-icmp", 58],
  ["ipproto-200", 200],
]);

function range(most: number): Arbitrary<{ start: number; end: number }> {
  const number = fc.integer({ min: 1, max: most });
  return fc.tuple(number, number).map(([one, other]) => ({ start: Math.min(one, other), end: Math.max(one, other) }));
}

function settingsOf(family: Family): Arbitrary<RuleSettings> {
  const network = fc
    .integer({ min: 1, max: 200 })
    .map((part) => (family === "inet" ? `10.${part}.0.0/16` : `fd00:${part}::/32`));
  const asked: Arbitrary<RuleSettings> = fc.record(
    {
      from: network,
      to: network,
      iif: fc.constantFrom("v0", "eth7"),
      oif: fc.constantFrom("v1", "eth8"),
      fwmark: fc.oneof(fc.integer({ min: 1, max: 0xffffffff }), fc.constant(0)),
      tos: fc.constantFrom(8, 16),
      uidRange: range(0xfffffffe),
      ipProto: fc.constantFrom(...PROTOCOLS.values()),
      tunId: fc.bigInt({ min: 1n, max: 0xffff_ffff_ffffn }),
      sportRange: range(65534),
      dportRange: range(65534),
      invert: fc.constant(true as const),
    },
    { requiredKeys: [] },
  );
  const done: Arbitrary<RuleSettings> = fc.oneof(
    fc.record(
      {
        table: fc.integer({ min: 1000, max: 4_000_000_000 }),
        suppressPrefixlen: fc.integer({ min: 0, max: 32 }),
        suppressIfgroup: fc.integer({ min: 1, max: 1000 }),
      },
      { requiredKeys: ["table"] },
    ),
    fc.record({ l3mdev: fc.constant(true) }),
    fc.record({ action: fc.constantFrom("blackhole", "unreachable", "prohibit", "nop") }),
    fc.record({ goto: fc.constantFrom(32766, 30_000) }),
    ...(family === "inet" ? [fc.record({ table: fc.constant(77), flow: fc.constantFrom(5, 0x10002, 0xff00fe) })] : []),
  );
  // In a batch, ip takes the last number for the name before it: only names.
  const protocol = fc.constantFrom("static", "bgp", "zebra", "dhcp");
  const mask = fc.option(fc.integer({ min: 1, max: 0xfffffffe }), { nil: undefined });
  return fc.tuple(asked, done, mask, protocol).map(([first, second, fwmask, by]) => ({
    ...first,
    ...second,
    protocol: by,
    ...(first.fwmark === undefined || fwmask === undefined ? {} : { fwmask }),
  }));
}

function casesOf(family: Family): RuleSettings[] {
  return fc
    .sample(settingsOf(family), { numRuns: CASES, seed: SEED })
    .map((settings, place) => ({ priority: 100 + place, family, ...settings }));
}

const FLAGS = { unresolved: "unresolved", iif_detached: "iifDetached", oif_detached: "oifDetached" } as const;

const hex = (value: number): string => `0x${value.toString(16)}`;

/** The words that `ip rule add` has for settings. */
function words(settings: RuleSettings): string {
  const {
    invert,
    from = "all",
    to,
    iif,
    oif,
    fwmark,
    fwmask,
    tos,
    uidRange,
    ipProto,
    sportRange,
    dportRange,
    tunId,
  } = settings;
  const { priority, table, action, goto, suppressPrefixlen, suppressIfgroup, l3mdev, flow, protocol } = settings;
  const mark = fwmask ?? (fwmark === 0 ? 0xffffffff : undefined);
  const option = (name: string, value: unknown): string => (value === undefined ? "" : `${name} ${value as string}`);
  const span = (each: { start: number; end: number } | undefined): string | undefined =>
    each && `${each.start}-${each.end}`;
  return [
    "rule add",
    invert === true ? "not" : "",
    `from ${from}`,
    option("to", to),
    option("iif", iif),
    option("oif", oif),
    option("fwmark", fwmark === undefined ? undefined : `${hex(fwmark)}${mark === undefined ? "" : `/${hex(mark)}`}`),
    option("tos", tos && hex(tos)),
    option("uidrange", span(uidRange)),
    option("ipproto", ipProto),
    option("sport", span(sportRange)),
    option("dport", span(dportRange)),
    option("tun_id", tunId),
    option("priority", priority),
    l3mdev === true ? "l3mdev" : "",
    option("table", table),
    option("realms", flow === undefined ? undefined : `${flow >>> 16}/${flow & 0xffff}`),
    action === undefined ? "" : String(action),
    option("goto", goto),
    option("suppress_prefixlength", suppressPrefixlen),
    option("suppress_ifgroup", suppressIfgroup),
    option("protocol", protocol),
  ].join(" ");
}

/** What `ip` prints, in the library's words. */
function fromIp(rule: Record<string, unknown>): Record<string, unknown> {
  const network = (name: string): string | undefined =>
    rule[name] === undefined || rule[name] === "all"
      ? undefined
      : `${rule[name] as string}/${rule[`${name}len`] as number}`;
  const span = (name: string): object | undefined => {
    if (rule[name] !== undefined) return { start: rule[name], end: rule[name] };
    return rule[`${name}_start`] === undefined ? undefined : { start: rule[`${name}_start`], end: rule[`${name}_end`] };
  };
  const number = (name: string): number | undefined => (rule[name] === undefined ? undefined : Number(rule[name]));
  const numeric = (value: unknown): unknown =>
    typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  return {
    priority: rule["priority"],
    protocol: numeric(rule["protocol"]),
    from: network("src"),
    to: network("dst"),
    iif: rule["iif"],
    oif: rule["oif"],
    fwmark: number("fwmark"),
    fwmask: number("fwmask"),
    tos: number("tos"),
    uidRange: span("uid"),
    ipProto: PROTOCOLS.get(rule["ipproto"] as string),
    sportRange: span("sport"),
    dportRange: span("dport"),
    tunId: rule["tun_id"] === undefined ? undefined : BigInt(rule["tun_id"] as number),
    table: numeric(rule["table"]),
    l3mdev: "l3mdev" in rule ? true : undefined,
    flow:
      rule["flow_to"] === undefined ? undefined : Number(rule["flow_from"] ?? 0) * 0x10000 + Number(rule["flow_to"]),
    action: "nop" in rule ? "nop" : rule["action"],
    goto: rule["goto"],
    suppressPrefixlen: number("suppress_prefixlen"),
    suppressIfgroup: number("suppress_ifgroup"),
    invert: "not" in rule ? true : undefined,
    flags: ["not", ...Object.keys(FLAGS)]
      .filter((word) => word in rule)
      .map((word) => ({ not: "invert", ...FLAGS })[word]),
  };
}

async function compare(host: Host, cases: readonly RuleSettings[], family: Family): Promise<void> {
  const listed = await host.rules.list({ family });
  const printed = (await ipJson(host, family === "inet" ? "-4" : "-6", "rule", "show")).map(fromIp);
  for (const { family: _, ...settings } of cases) {
    const title = words(settings);
    const ours = listed.find(({ priority }) => priority === settings.priority);
    const theirs = printed.find((each) => each["priority"] === settings.priority);
    expect(ours, title).toMatchObject(settings);
    expect(theirs, title).toMatchObject(settings);
    expect(theirs!["flags"], title).toEqual(ours!.flags);
  }
}

test.for(["inet", "inet6"] as const)("rules of %s: what is set here is what ip prints", async (family, { skip }) => {
  if (reason !== undefined) skip(reason);
  await using host = await routed();
  const cases = casesOf(family);
  await Promise.all(cases.map((settings) => host.rules.add(settings)));
  await compare(host, cases, family);
});

test.for(["inet", "inet6"] as const)("rules of %s: what ip sets is what is read here", async (family, { skip }) => {
  if (reason !== undefined) skip(reason);
  await using host = await routed();
  const cases = casesOf(family);
  await ipBatch(host, cases.map(words), family === "inet" ? "-4" : "-6");
  await compare(host, cases, family);
});
