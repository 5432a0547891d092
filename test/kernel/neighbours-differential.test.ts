import fc from "fast-check";
import { expect, test } from "vitest";
import type { Host, NeighbourSettings, NexthopSettings } from "../../src/index.js";
import { ipBatch, ipJson } from "./iproute.js";
import { lacks } from "./program.js";
import { routed } from "./routed.js";

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
);
const group = fc.record({
  group: fc.uniqueArray(
    fc.record({ id: fc.integer({ min: 1001, max: 1009 }), weight: fc.integer({ min: 1, max: 256 }) }),
    { minLength: 1, maxLength: 4, selector: ({ id }) => id },
  ),
});

function nexthops(): Map<number, NexthopSettings> {
  const members = Array.from({ length: 9 }, (_, place) => ({ gateway: `10.0.0.${place + 2}`, link: "v0" }));
  const settings = [...members, ...fc.sample(fc.oneof(single, group), { numRuns: CASES, seed: SEED })];
  return new Map(settings.map((each, place) => [1001 + place, { ...each, protocol: "bgp" }]));
}

function nexthopWords(id: number, { gateway, link, onlink, blackhole, group: members }: NexthopSettings): string {
  return [
    `nexthop add id ${id}`,
    gateway === undefined ? "" : `via ${gateway}`,
    link === undefined ? "" : `dev ${link as string}`,
    onlink === true ? "onlink" : "",
    blackhole === true ? "blackhole" : "",
    members === undefined ? "" : `group ${members.map((each) => `${each.id},${each.weight ?? 1}`).join("/")}`,
    "protocol bgp",
  ].join(" ");
}

async function compareNexthops(host: Host, cases: ReadonlyMap<number, NexthopSettings>): Promise<void> {
  const { index } = await host.link("v0");
  const listed = await host.nexthops.list();
  const printed = await ipJson(host, "nexthop", "show");
  for (const [id, { link, onlink, ...settings }] of cases) {
    const title = nexthopWords(id, { link, onlink, ...settings });
    const flags = onlink === true ? ["onlink"] : [];
    const wanted = { id, ...settings, flags };
    expect(
      listed.find((each) => each.id === id),
      title,
    ).toMatchObject({ ...wanted, ...(link === undefined ? {} : { link: index }) });
    const members = settings.group?.map((each) => (each.weight === 1 ? { id: each.id } : each));
    expect(
      printed.find((each) => each["id"] === id),
      title,
    ).toMatchObject({
      ...wanted,
      ...(members === undefined ? {} : { group: members }),
      ...(link === undefined ? {} : { dev: link }),
      ...(settings.blackhole === true ? { blackhole: null } : {}),
    });
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
