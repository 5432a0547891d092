import fc, { type Arbitrary } from "fast-check";
import { expect, test } from "vitest";
import type { Family, Host, RuleSettings } from "../../src/index.js";
import { ipBatch, ipJson } from "./iproute.js";
import { lacks } from "./program.js";
import { routed } from "./routed.js";

const CASES = 40;
const SEED = 7;
const reason = lacks("nsenter", "--version") ?? lacks("ip", "-V");

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
      fwmark: fc.integer({ min: 1, max: 0xffffffff }),
      tos: fc.constantFrom(8, 16),
      uidRange: range(0xfffffffe),
      ipProto: fc.constantFrom(6, 17),
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
    fc.record({ action: fc.constantFrom("blackhole", "unreachable", "prohibit") }),
    fc.record({ goto: fc.constant(32766) }),
  );
  const mask = fc.option(fc.integer({ min: 1, max: 0xfffffffe }), { nil: undefined });
  return fc.tuple(asked, done, mask).map(([first, second, fwmask]) => ({
    ...first,
    ...second,
    ...(first.fwmark === undefined || fwmask === undefined ? {} : { fwmask }),
  }));
}

function casesOf(family: Family): RuleSettings[] {
  return fc
    .sample(settingsOf(family), { numRuns: CASES, seed: SEED })
    .map((settings, place) => ({ priority: 100 + place, family, protocol: "static", ...settings }));
}

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
  } = settings;
  const { priority, table, action, goto, suppressPrefixlen, suppressIfgroup } = settings;
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
    option("fwmark", fwmark && `${hex(fwmark)}${fwmask === undefined ? "" : `/${hex(fwmask)}`}`),
    option("tos", tos && hex(tos)),
    option("uidrange", span(uidRange)),
    option("ipproto", ipProto),
    option("sport", span(sportRange)),
    option("dport", span(dportRange)),
    option("priority", priority),
    option("table", table),
    action === undefined ? "" : String(action),
    option("goto", goto),
    option("suppress_prefixlength", suppressPrefixlen),
    option("suppress_ifgroup", suppressIfgroup),
    "protocol static",
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
  const table = rule["table"];
  return {
    priority: rule["priority"],
    protocol: rule["protocol"],
    from: network("src"),
    to: network("dst"),
    iif: rule["iif"],
    oif: rule["oif"],
    fwmark: number("fwmark"),
    fwmask: number("fwmask"),
    tos: number("tos"),
    uidRange: span("uid"),
    ipProto: { tcp: 6, udp: 17 }[rule["ipproto"] as string],
    sportRange: span("sport"),
    dportRange: span("dport"),
    table: typeof table === "string" && /^\d+$/.test(table) ? Number(table) : table,
    action: rule["action"],
    goto: rule["goto"],
    suppressPrefixlen: number("suppress_prefixlen"),
    suppressIfgroup: number("suppress_ifgroup"),
    invert: "not" in rule ? true : undefined,
  };
}

async function compare(host: Host, cases: readonly RuleSettings[], family: Family): Promise<void> {
  const listed = await host.rules.list({ family });
  const printed = (await ipJson(host, family === "inet" ? "-4" : "-6", "rule", "show")).map(fromIp);
  for (const { family: _, ...settings } of cases) {
    const title = words(settings);
    expect(
      listed.find(({ priority }) => priority === settings.priority),
      title,
    ).toMatchObject(settings);
    expect(
      printed.find((each) => each["priority"] === settings.priority),
      title,
    ).toMatchObject(settings);
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
