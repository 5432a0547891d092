import fc from "fast-check";
import { expect, test } from "vitest";
import type { Encapsulation, Host, NeighbourSettings, NexthopSettings } from "../../../src/index.js";
import { ipBatch, ipJson } from "../scene/iproute.js";
import { lacks } from "../scene/program.js";
import { routed } from "../ports/routed.js";

const CASES = 30;
const SEED = 11;
const reason = lacks("nsenter", "--version") ?? lacks("ip", "-V");

const mac = fc
  .uint8Array({ minLength: 5, maxLength: 5 })
  .map((bytes) => `02:${Buffer.from(bytes).toString("hex").match(/../g)!.join(":")}`);
const protocol = fc.constantFrom("static", "bgp", "zebra");
const flags = fc.subarray(["extLearned", "router"] as const, { minLength: 1 });
const neighbour: fc.Arbitrary<NeighbourSettings> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record(
      {
        lladdr: mac,
        // What is reachable may be looked after by the kernel before it is read.
        state: fc.constantFrom("permanent", "noarp", "stale"),
        flags,
        protocol,
      },
      { requiredKeys: ["lladdr", "state"] },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record(
      { flagsExt: fc.constant(["managed" as const]), flags, protocol },
      { requiredKeys: ["flagsExt"] },
    ),
  },
);

function neighbours(): Map<string, NeighbourSettings> {
  const settings = fc.sample(neighbour, { numRuns: CASES, seed: SEED });
  const address = (place: number): string => (place % 2 === 0 ? `10.0.0.${100 + place}` : `fd00::1:${place}`);
  return new Map(settings.map((each, place) => [address(place), each]));
}

const FLAG_WORDS: Record<string, string> = { extLearned: "extern_learn", router: "router", managed: "managed" };

function flagsOf({ flags: own = [], flagsExt = [] }: NeighbourSettings): string[] {
  return [...own, ...flagsExt];
}

function neighbourWords(address: string, settings: NeighbourSettings, table = ""): string {
  const { lladdr, state, protocol: by } = settings;
  const option = (name: string, value: string | undefined): string => (value === undefined ? "" : `${name} ${value}`);
  return [
    `neigh add ${table} ${address} dev v0`,
    option("lladdr", lladdr),
    option("nud", state),
    ...flagsOf(settings).map((flag) => FLAG_WORDS[flag]),
    option("protocol", by as string | undefined),
  ].join(" ");
}

function expectPrinted(theirs: Record<string, unknown> | undefined, settings: NeighbourSettings, title: string): void {
  const { lladdr, state, protocol: by } = settings;
  if (state !== undefined) expect(theirs, title).toMatchObject({ lladdr, state: [state.toUpperCase()] });
  expect(theirs?.["protocol"], title).toBe(by);
  for (const [flag, word] of Object.entries(FLAG_WORDS))
    expect(word in theirs!, title).toBe(flagsOf(settings).includes(flag));
}

async function compareNeighbours(host: Host, cases: ReadonlyMap<string, NeighbourSettings>): Promise<void> {
  const listed = await host.neighbours.list({ link: "v0" });
  const printed = await ipJson(host, "neigh", "show", "dev", "v0", "nud", "all");
  for (const [address, settings] of cases) {
    const title = neighbourWords(address, settings);
    expect(
      listed.find((each) => each.address === address),
      title,
    ).toMatchObject(settings);
    expectPrinted(
      printed.find((each) => each["dst"] === address),
      settings,
      title,
    );
  }
}

test("neighbours: what is set here is what ip prints, and what ip sets is what is read here", async ({ skip }) => {
  if (reason !== undefined) skip(reason);
  await using host = await routed();
  const cases = neighbours();
  await Promise.all([...cases].map(([address, settings]) => host.neighbours.add("v0", address, settings)));
  await compareNeighbours(host, cases);
  await host.neighbours.flush({ link: "v0" });
  await host.neighbours.flush({ link: "v0", state: ["permanent", "noarp"] });
  expect((await host.neighbours.list({ link: "v0" })).filter(({ address }) => cases.has(address))).toEqual([]);
  await ipBatch(
    host,
    [...cases].map(([address, settings]) => neighbourWords(address, settings)),
  );
  await compareNeighbours(host, cases);
});

const proxy: fc.Arbitrary<NeighbourSettings> = fc.record({ flags, protocol }, { requiredKeys: [] });

function proxies(): Map<string, NeighbourSettings> {
  const settings = fc.sample(proxy, { numRuns: 12, seed: SEED });
  const address = (place: number): string => (place % 2 === 0 ? `10.9.0.${place}` : `fd09::${place}`);
  return new Map(settings.map((each, place) => [address(place + 2), each]));
}

async function compareProxies(host: Host, cases: ReadonlyMap<string, NeighbourSettings>): Promise<void> {
  const listed = await host.neighbours.list({ proxy: true });
  const printed = await ipJson(host, "neigh", "show", "proxy");
  expect(listed).toHaveLength(cases.size);
  expect(printed).toHaveLength(cases.size);
  for (const [address, { flags: own = [], ...settings }] of cases) {
    const title = neighbourWords(address, { flags: own, ...settings }, "proxy");
    const ours = listed.find((each) => each.address === address);
    expect(ours, title).toMatchObject(settings);
    expect([...ours!.flags].sort(), title).toEqual([...own, "proxy"].sort());
    const theirs = printed.find((each) => each["dst"] === address);
    expect(theirs, title).toMatchObject({ dev: "v0", proxy: null });
    expectPrinted(theirs, { flags: own, ...settings }, title);
  }
}

test("addresses that are answered for: what is set here is what ip prints, and the other way about", async ({
  skip,
}) => {
  if (reason !== undefined) skip(reason);
  await using host = await routed();
  const cases = proxies();
  await Promise.all(
    [...cases].map(([address, settings]) => host.neighbours.add("v0", address, { ...settings, proxy: true })),
  );
  await compareProxies(host, cases);
  await host.neighbours.flush({ link: "v0", proxy: true });
  expect(await host.neighbours.list({ proxy: true })).toEqual([]);
  await ipBatch(
    host,
    [...cases].map(([address, settings]) => neighbourWords(address, settings, "proxy")),
  );
  await compareProxies(host, cases);
});

const single = fc.oneof(
  fc.record({ gateway: fc.integer({ min: 2, max: 99 }).map((last) => `10.0.0.${last}`), link: fc.constant("v0") }),
  fc.record({ gateway: fc.constantFrom("10.99.0.1", "fd99::1"), link: fc.constant("v0"), onlink: fc.constant(true) }),
  fc.record({ gateway: fc.integer({ min: 2, max: 99 }).map((last) => `fd00::${last}`), link: fc.constant("v0") }),
  fc.record({ link: fc.constant("v0") }),
  fc.record({ blackhole: fc.constant(true) }),
  fc.record({
    gateway: fc.constant("10.0.0.9"),
    link: fc.constant("v0"),
    encapsulation: fc.record({
      type: fc.constant("ip" as const),
      id: fc.bigInt({ min: 1n, max: 0xffffffn }),
      src: fc.constantFrom("0.0.0.0", "192.0.2.1"),
      dst: fc.constant("192.0.2.9"),
      ttl: fc.integer({ min: 0, max: 255 }),
      tos: fc.constantFrom(0, 8, 16),
    }),
  }),
  fc.record({ gateway: fc.constantFrom("192.0.2.7", "2001:db8::7"), fdb: fc.constant(true) }),
);
const members = fc.uniqueArray(
  fc.record({ id: fc.integer({ min: 1001, max: 1009 }), weight: fc.integer({ min: 1, max: 256 }) }),
  { minLength: 1, maxLength: 4, selector: ({ id }) => id },
);
const seconds = fc.integer({ min: 1, max: 1000 }).map((number) => number * 1000);
const group: fc.Arbitrary<NexthopSettings> = fc.oneof(
  fc.record({ group: members }),
  fc.record({
    group: members,
    groupType: fc.constant("res" as const),
    resGroup: fc.record({ buckets: fc.integer({ min: 4, max: 64 }), idleTimer: seconds, unbalancedTimer: seconds }),
  }),
  fc.record({ group: fc.constantFrom([{ id: 1010 }], [{ id: 1011 }, { id: 1010 }]), fdb: fc.constant(true) }),
);

function nexthops(): Map<number, NexthopSettings> {
  const byLink = Array.from({ length: 9 }, (_, place) => ({ gateway: `10.0.0.${place + 2}`, link: "v0" }));
  const forFdb = [8, 9].map((last) => ({ gateway: `192.0.2.${last}`, fdb: true }));
  const any = fc.tuple(fc.oneof(single, group), protocol).map(([settings, by]) => ({ ...settings, protocol: by }));
  const settings = [...byLink, ...forFdb].map((each): NexthopSettings => ({ ...each, protocol: "bgp" }));
  settings.push(...fc.sample(any, { numRuns: CASES, seed: SEED }));
  return new Map(settings.map((each, place) => [1001 + place, each]));
}

const inSeconds = (time: number | undefined): number => time! / 1000;

function nexthopWords(id: number, settings: NexthopSettings): string {
  const { gateway, link, onlink, blackhole, fdb, resGroup, encapsulation, protocol: by } = settings;
  return [
    `nexthop add id ${id}`,
    gateway === undefined ? "" : `via ${gateway}`,
    link === undefined ? "" : `dev ${link as string}`,
    onlink === true ? "onlink" : "",
    blackhole === true ? "blackhole" : "",
    settings.group === undefined
      ? ""
      : `group ${settings.group.map((each) => `${each.id},${each.weight ?? 1}`).join("/")}`,
    fdb === true ? "fdb" : "",
    resGroup === undefined
      ? ""
      : `type resilient buckets ${resGroup.buckets} idle_timer ${inSeconds(resGroup.idleTimer)} unbalanced_timer ${inSeconds(resGroup.unbalancedTimer)}`,
    encapsulation === undefined ? "" : encapsulationWords(encapsulation),
    `protocol ${by as string}`,
  ].join(" ");
}

function withoutType({ type: _, ...values }: Encapsulation): object {
  return values;
}

function encapsulationWords({ type, ...values }: Encapsulation): string {
  const hex = (value: number): string => `0x${value.toString(16)}`;
  const word = (name: string, value: unknown): string => (name === "tos" ? hex(value as number) : String(value));
  const given = Object.entries(values).map(([name, value]) => `${name} ${word(name, value)}`);
  return `encap ${type} ${given.join(" ")}`;
}

/** What ip prints of a next hop, beside what is the same in both. */
function printedNexthop(nexthop: NexthopSettings & { id: number }): object {
  const { group: ids, groupType, resGroup, encapsulation, ...rest } = nexthop;
  return {
    ...rest,
    ...(ids && { group: ids.map(({ id, weight = 1 }) => (weight === 1 ? { id } : { id, weight })) }),
    ...(groupType && { type: "resilient" }),
    ...(resGroup && {
      resilient_args: {
        buckets: resGroup.buckets,
        idle_timer: inSeconds(resGroup.idleTimer),
        unbalanced_timer: inSeconds(resGroup.unbalancedTimer),
      },
    }),
    ...(encapsulation &&
      "id" in encapsulation && { ...withoutType(encapsulation), encap: "ip", id: Number(encapsulation.id) }),
    ...(rest.blackhole === true && { blackhole: null }),
    ...(rest.fdb === true && { fdb: null }),
  };
}

async function compareNexthops(host: Host, cases: ReadonlyMap<number, NexthopSettings>): Promise<void> {
  const { index } = await host.link("v0");
  const listed = await host.nexthops.list();
  const printed = await ipJson(host, "nexthop", "show");
  for (const [id, { link, onlink, ...settings }] of cases) {
    const title = nexthopWords(id, { link, onlink, ...settings });
    const flags = onlink === true ? ["onlink"] : [];
    const group = settings.group?.map(({ id: member, weight = 1 }) => ({ id: member, weight }));
    const place = listed.findIndex((each) => each.id === id);
    expect(listed[place], title).toMatchObject({
      ...{ id, ...settings, ...(group && { group }), flags },
      ...(link === undefined ? {} : { link: index }),
    });
    // Of one that wraps, ip prints the tunnel's id under the same name: both list them in the order of their own.
    const theirs = printed[place];
    expect(theirs, title).toMatchObject({
      ...printedNexthop({ id, ...settings }),
      ...{ flags, ...(link === undefined ? {} : { dev: link }) },
    });
    expect("fdb" in theirs!, title).toBe(settings.fdb === true);
  }
}

test("next hops: what is set here is what ip prints, and what ip sets is what is read here", async ({ skip }) => {
  if (reason !== undefined) skip(reason);
  await using host = await routed();
  const cases = nexthops();
  for (const [id, settings] of cases) await host.nexthops.add({ id, ...settings });
  await compareNexthops(host, cases);
  for (const id of [...cases.keys()].reverse()) await host.nexthops.remove(id);
  expect(await host.nexthops.list()).toEqual([]);
  await ipBatch(
    host,
    [...cases].map(([id, settings]) => nexthopWords(id, settings)),
  );
  await compareNexthops(host, cases);
});
