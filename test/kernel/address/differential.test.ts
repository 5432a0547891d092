import fc, { type Arbitrary } from "fast-check";
import { expect, test } from "vitest";
import type { Address, AddressSettings, Host } from "../../../src/index.js";
import { ipBatch, ipJson } from "../scene/iproute.js";
import { lacks } from "../scene/program.js";
import { routed } from "../ports/routed.js";

const CASES = 24;
const SEED = 5;
const reason = lacks("nsenter", "--version") ?? lacks("ip", "-V");

const metric = fc.integer({ min: 1, max: 0xffffffff });
/** Lifetimes that do not end while the test runs, or that have ended. */
const lifetimes: Arbitrary<AddressSettings> = fc.oneof(
  fc.constant({}),
  fc.record({
    validLifetime: fc.integer({ min: 5000, max: 9_000_000 }).map((seconds) => seconds * 1000),
    preferredLifetime: fc.constantFrom(0, 400_000, 4_000_000),
  }),
);
const four: Arbitrary<AddressSettings> = fc.record(
  {
    broadcast: fc.integer({ min: 1, max: 254 }).map((last) => `10.1.0.${last}`),
    label: fc.constantFrom("v0:a", "v0:web"),
    scope: fc.constantFrom("link", "host", "site"),
    flags: fc.constant(["noprefixroute" as const]),
    rtPriority: metric,
  },
  { requiredKeys: [] },
);
const six: Arbitrary<AddressSettings> = fc.record(
  {
    // Without it, what is tentative at first is so no more a while after.
    flags: fc
      .subarray(["homeaddress", "managetempaddr", "noprefixroute"] as const)
      .map((flags) => ["nodad" as const, ...flags]),
    rtPriority: metric,
    // Of an IPv4 address that is valid for ever, the kernel reports no other lifetime.
    preferredLifetime: fc.constantFrom(0, 400_000, "forever" as const),
  },
  { requiredKeys: ["flags"] },
);

/** Different settings, each for an address of its own; some with a peer, some for a group that is joined. */
function cases(): Map<string, AddressSettings> {
  const kinds = [four, six].map((kind) =>
    fc.sample(
      fc
        .tuple(kind, lifetimes, fc.boolean())
        .map(([own, ends, isPaired]) => ({ settings: { ...own, ...ends }, isPaired })),
      { numRuns: CASES, seed: SEED },
    ),
  );
  const [inet, inet6] = kinds.map((samples, family) =>
    samples.map(({ settings, isPaired }, place): [string, AddressSettings] => {
      const [own, peer, length] =
        family === 0
          ? [`10.${place + 20}.0.1`, `10.${place + 60}.0.1`, 24]
          : [`fd20:${place + 1}::1`, `fd60:${place + 1}::1`, 64];
      return [`${own}/${length}`, isPaired ? { ...settings, peer } : settings];
    }),
  );
  const joined: [string, AddressSettings][] = ["224.1.2.3/32", "ff05::9/128"].map((group) => [
    group,
    { flags: group.includes(":") ? ["nodad", "mcautojoin"] : ["mcautojoin"] },
  ]);
  return new Map([...inet!, ...inet6!, ...joined]);
}

const FLAG_WORDS = {
  nodad: "nodad",
  homeaddress: "home",
  managetempaddr: "mngtmpaddr",
  noprefixroute: "noprefixroute",
  mcautojoin: "autojoin",
} as const;
type Flag = keyof typeof FLAG_WORDS;

/** The words that `ip addr add` has for settings. */
function words(address: string, settings: AddressSettings): string {
  const { peer, broadcast, label, scope, flags = [], validLifetime, preferredLifetime, rtPriority } = settings;
  const [own, length] = address.split("/");
  const option = (name: string, value: unknown): string => (value === undefined ? "" : `${name} ${value as string}`);
  const seconds = (time: AddressSettings["validLifetime"]): unknown => (typeof time === "number" ? time / 1000 : time);
  return [
    peer === undefined ? `addr add ${address}` : `addr add ${own} peer ${peer}/${length}`,
    "dev v0",
    option("broadcast", broadcast),
    option("label", label),
    option("scope", scope),
    option("metric", rtPriority),
    ...flags.map((flag) => FLAG_WORDS[flag as Flag]),
    option("valid_lft", seconds(validLifetime)),
    option("preferred_lft", seconds(preferredLifetime)),
  ].join(" ");
}

const ALL_WORDS: Readonly<Record<string, string>> = {
  ...FLAG_WORDS,
  secondary: "secondary",
  temporary: "temporary",
  optimistic: "optimistic",
  dadfailed: "dadfailed",
  deprecated: "deprecated",
  tentative: "tentative",
  stablePrivacy: "stable-privacy",
};
const FOREVER = 0xffffffff;

/** An address as `ip -j -d addr` prints it. */
function asPrinted({ address, peer, flags, validLifetime, preferredLifetime, ...rest }: Address): object {
  const [local, length] = address.split("/");
  const seconds = (time: Address["validLifetime"]): number => (time === "forever" ? FOREVER : time / 1000);
  const { family, broadcast, scope, label, rtPriority } = rest;
  return {
    ...{ family, local, address: peer, prefixlen: Number(length), broadcast, scope, label, metric: rtPriority },
    ...Object.fromEntries(Object.entries(ALL_WORDS).map(([flag, word]) => [word, flags.some((each) => each === flag)])),
    dynamic: !flags.includes("permanent"),
    ...{ valid_life_time: seconds(validLifetime), preferred_life_time: seconds(preferredLifetime) },
  };
}

type Printed = Readonly<Record<string, unknown>> & { readonly local: string; readonly prefixlen: number };

async function compare(host: Host, wanted: ReadonlyMap<string, AddressSettings>): Promise<void> {
  const listed = await host.addresses({ link: "v0" });
  const [link] = await ipJson(host, "addr", "show", "dev", "v0");
  const printed = link!["addr_info"] as readonly Printed[];
  expect(listed).toHaveLength(printed.length);
  for (const [address, settings] of wanted) {
    const title = words(address, settings);
    const ours = listed.find((each) => each.address === address);
    const theirs = printed.find(({ local, prefixlen }) => `${local}/${prefixlen}` === address);
    const { flags = [], validLifetime, preferredLifetime, ...rest } = settings;
    expect(ours, title).toMatchObject(rest);
    expect(ours!.flags, title).toEqual(expect.arrayContaining([...flags]));
    for (const [time, given = "forever"] of [
      [ours!.validLifetime, validLifetime],
      [ours!.preferredLifetime, preferredLifetime ?? validLifetime],
    ] as const)
      if (typeof time === "number" && typeof given === "number") {
        expect(time, title).toBeLessThanOrEqual(given);
        expect(time, title).toBeGreaterThanOrEqual(Math.max(0, given - 60_000));
      } else expect(time, title).toBe(given);
    const expected = asPrinted(ours!) as Record<string, unknown>;
    for (const name of Object.keys({ ...expected, ...theirs }))
      if (name.endsWith("_life_time")) {
        const [one, other] = [expected[name], theirs![name]] as [number, number];
        expect(Math.abs(one - other), `${title}: ${name}`).toBeLessThan(60);
      } else expect(theirs![name] ?? false, `${title}: ${name}`).toEqual(expected[name] ?? false);
  }
}

test("addresses: what is set here is what ip prints, and what ip sets is what is read here", async ({ skip }) => {
  if (reason !== undefined) skip(reason);
  await using host = await routed();
  const wanted = cases();
  for (const [address, settings] of wanted) await host.addAddress("v0", address, settings);
  await compare(host, wanted);
  for (const [address, { peer }] of wanted) await host.removeAddress("v0", address, { peer });
  await ipBatch(
    host,
    [...wanted].map(([address, settings]) => words(address, settings)),
  );
  await compare(host, wanted);
});
