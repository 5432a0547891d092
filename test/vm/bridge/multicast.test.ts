import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, type TestContext } from "vitest";
import { Host, type MulticastEntry, type MulticastSettings, NetlinkError } from "../../../src/index.js";
import { inOrder, plain } from "../differential/comparing.js";
import { filteringBridge } from "./filtering-bridge.js";
import { inside, type Inside } from "../differential/inside.js";

const SEED = 20_251;
let host: Host;
let programs: Inside;
let names: Map<number, string>;

beforeAll(async () => {
  host = await Host.open({ namespace: "new" });
  programs = await inside(host);
  names = await filteringBridge(host, programs);
});

afterAll(async () => {
  await host.close();
});

/** An entry as `bridge -j -d mdb show` prints it. */
function printedGroup(entry: MulticastEntry): object {
  const { group, index, master, vlan, source, state, rtprot, flags, groupMode, srcList } = entry;
  return plain({
    index: master,
    dev: names.get(master),
    port: names.get(index),
    grp: group,
    src: source,
    state: state === "temporary" ? "temp" : state,
    protocol: rtprot,
    flags: flags.map((flag) => (flag === "starExcl" ? "added_by_star_ex" : flag)),
    vid: vlan,
    filter_mode: groupMode,
    source_list: srcList?.map(({ address }) => address),
  });
}

interface PrintedGroup {
  readonly [word: string]: unknown;
  readonly grp: string;
  readonly source_list?: readonly { readonly address: string }[];
}

/** Skips with the error's words on a kernel before 6.3. */
async function unlessNewer({ skip }: TestContext, request: Promise<void>): Promise<void> {
  try {
    await request;
  } catch (error) {
    skip(error instanceof NetlinkError && error.hint === "it is newer than this kernel", (error as Error).message);
    throw error;
  }
}

/** The host's own memberships come and go. */
function isGroupOfOurs(group: string): boolean {
  return /^(239\.|ff1e:|01:)/.test(group);
}

async function expectSameGroups(): Promise<void> {
  const [{ mdb }] = programs.ask("bridge", "-j", "-d", "mdb", "show") as [{ mdb: PrintedGroup[] }];
  const theirs = mdb
    .filter(({ grp }) => isGroupOfOurs(grp))
    .map(({ source_list: sources, ...rest }) =>
      plain({ ...rest, source_list: sources?.map(({ address }) => address) }),
    );
  const ours = (await host.mdb.list()).filter(({ group }) => isGroupOfOurs(group)).map(printedGroup);
  expect(inOrder(ours)).toEqual(inOrder(theirs));
}

interface WantedGroup {
  readonly port: string;
  readonly group: string;
  readonly settings: MulticastSettings;
}

function groupsOf(group: fc.Arbitrary<string>, source: fc.Arbitrary<string>): fc.Arbitrary<WantedGroup> {
  return fc.record({
    port: fc.constantFrom("v0", "v1"),
    group,
    settings: fc.record({
      vlan: fc.constantFrom(undefined, 1, 10, 20),
      state: fc.constantFrom("permanent", "temporary"),
      source: fc.option(source, { nil: undefined }),
    }),
  });
}

const number = fc.integer({ min: 1, max: 250 });
const anyGroup = fc.oneof(
  groupsOf(
    number.map((last) => `239.1.1.${last}`),
    number.map((last) => `198.51.100.${last}`),
  ),
  groupsOf(
    number.map((last) => `ff1e::${last}`),
    number.map((last) => `2001:db8::${last}`),
  ),
  groupsOf(
    number.map((last) => `01:00:00:00:00:${last.toString(16).padStart(2, "0")}`),
    number.map(String),
  ).map(({ settings: { vlan }, ...rest }): WantedGroup => ({ ...rest, settings: { vlan, state: "permanent" } })),
);
const sampled = fc.sample(anyGroup, { seed: SEED, numRuns: 20 });
const memberships = [...new Map(sampled.map((each) => [each.group, each])).values()];

describe("entries of multicast tables", () => {
  test("that linkwright sets are those that bridge prints", async () => {
    await Promise.all(memberships.map(({ port, group, settings }) => host.mdb.add(port, group, settings)));
    const listed = await host.mdb.list({ bridge: "br0" });
    for (const { group, settings } of memberships) {
      const { vlan, state, source } = settings;
      expect(listed).toContainEqual(expect.objectContaining(plain({ group, vlan, state, source })));
    }
    await expectSameGroups();
    await Promise.all(
      memberships.map(({ port, group, settings: { vlan, source } }) => host.mdb.remove(port, group, { vlan, source })),
    );
    expect((await host.mdb.list()).filter(({ group }) => isGroupOfOurs(group))).toEqual([]);
  });

  test("that bridge sets are those that linkwright lists", async () => {
    const lines = memberships.map(({ port, group, settings: { vlan, state, source } }) =>
      [
        `mdb add dev br0 port ${port} grp ${group}`,
        source === undefined ? "" : `src ${source}`,
        state === "permanent" ? "permanent" : "temp",
        vlan === undefined ? "" : `vid ${vlan}`,
      ].join(" "),
    );
    programs.batch("bridge", lines);
    await expectSameGroups();
    for (const { group, settings } of memberships)
      expect((await host.mdb.list({ group })).map(({ state }) => state)).toContain(settings.state);
  });

  test("have lists of sources where the kernel takes them, else it is said that it does not", async () => {
    const settings = { srcList: ["198.51.100.1", "198.51.100.2"], groupMode: "include", rtprot: "zebra" } as const;
    const found = await host.mdb.add("v0", "239.2.2.2", settings).then(
      () => host.mdb.list({ group: "239.2.2.2" }),
      (error: unknown) => error as Error,
    );
    if (found instanceof Error)
      expect(found.message).toMatch(/^239\.2\.2\.2: .*RTM_NEWMDB.* it is newer than this kernel$/);
    else {
      const all = found.find(({ source }) => source === undefined);
      expect(all).toMatchObject({ groupMode: "include", rtprot: "zebra" });
      expect(all!.srcList!.map(({ address }) => address).sort()).toEqual(settings.srcList);
      await expectSameGroups();
    }
  });

  test("are replaced: who made them, their state, their sources and what is done with those", async (context) => {
    const group = "239.2.2.3";
    const [one, two, three] = ["198.51.100.1", "198.51.100.2", "198.51.100.3"] as const;
    const include = { groupMode: "include", srcList: [one, two], rtprot: "zebra", state: "permanent" } as const;
    await unlessNewer(context, host.mdb.replace("v0", group, { vlan: 10, ...include }));
    const steps: readonly MulticastSettings[] = [
      include,
      { groupMode: "exclude", srcList: [two, three], rtprot: "bird", state: "permanent" },
      { groupMode: "include", srcList: [three], rtprot: "bird", state: "temporary" },
      { groupMode: "exclude", rtprot: "static", state: "permanent" },
    ];
    for (const step of steps) {
      await host.mdb.replace("v0", group, { vlan: 10, ...step });
      const { groupMode, srcList = [], rtprot, state } = step;
      const found = await host.mdb.list({ group });
      const whole = found.find(({ source }) => source === undefined)!;
      expect(whole).toMatchObject({ groupMode, rtprot, state });
      expect(whole.srcList?.map(({ address }) => address).sort() ?? []).toEqual(srcList);
      for (const { timer = 0 } of whole.srcList ?? []) expect(timer > 0).toBe(state === "temporary");
      const single = found.filter(({ source }) => source !== undefined);
      expect(single.map(({ source }) => source).sort()).toEqual(srcList);
      for (const { flags } of single) expect(flags.includes("blocked")).toBe(groupMode === "exclude");
      await expectSameGroups();
    }
    await host.mdb.remove("v0", group, { vlan: 10 });
    expect(await host.mdb.list({ group })).toEqual([]);
  });

  test("of one source are replaced, too", async (context) => {
    const [group, key] = ["ff1e::1:3", { vlan: 10, source: "2001:db8::3" }] as const;
    await unlessNewer(context, host.mdb.add("v1", group, { ...key, state: "temporary", rtprot: "zebra" }));
    expect(await host.mdb.list({ group })).toMatchObject([{ ...key, state: "temporary", rtprot: "zebra" }]);
    await host.mdb.replace("v1", group, { ...key, rtprot: "bird" });
    expect(await host.mdb.list({ group })).toMatchObject([{ ...key, state: "permanent", rtprot: "bird", timer: 0 }]);
    await expectSameGroups();
    await host.mdb.remove("v1", group, key);
    expect(await host.mdb.list({ group })).toEqual([]);
  });
});

type RouterType = "perm" | "temp";
const ROUTER_WORDS = { permanent: "perm", temp: "temp" } as const;

/** A port with a router behind it, as `bridge -s -d mdb show` prints it. */
interface PrintedRouter {
  readonly port: string;
  readonly type: keyof typeof ROUTER_WORDS;
  /** Seconds. */
  readonly timer: string;
}

function expectNear(milliseconds: number | undefined, seconds: string): void {
  expect(Math.abs(milliseconds! - Number(seconds) * 1000)).toBeLessThan(10_000);
}

/** Both programs tell these ports with routers behind them, until about the same time. */
async function expectRouters(types: Readonly<Record<string, RouterType>>): Promise<void> {
  const [{ router }] = programs.ask("bridge", "-j", "-s", "-d", "mdb", "show") as [
    { router: { br0?: readonly PrintedRouter[] } },
  ];
  const theirs = new Map(router.br0?.map((each) => [each.port, each]));
  const ours = await host.mdb.routers({ bridge: "br0" });
  expect(Object.fromEntries(ours.map(({ index, type }) => [names.get(index), type]))).toEqual(types);
  expect(Object.fromEntries([...theirs].map(([port, { type }]) => [port, ROUTER_WORDS[type]]))).toEqual(types);
  for (const { index, timer } of ours) expectNear(timer, theirs.get(names.get(index)!)!.timer);
}

test("ports with multicast routers behind them are the same in linkwright, ip and bridge", async () => {
  await host.setPort("v1", { multicastRouter: "perm" });
  programs.batch("ip", ["link set v0 type bridge_slave mcast_router 3"]);
  await expectRouters({ v0: "temp", v1: "perm" });
  await host.setPort("v1", { multicastRouter: "temp" });
  programs.batch("bridge", ["link set dev v0 mcast_router 2"]);
  await expectRouters({ v0: "perm", v1: "temp" });
  await host.setPort("v1", { multicastRouter: "disabled" });
  await expectRouters({ v0: "perm" });
  programs.batch("ip", ["link set v0 type bridge_slave mcast_router 1"]);
  await expectRouters({});
});

/** Both programs tell these ports with routers behind them, by VLAN. (The kernel gives the port's own type, not the VLAN's.) */
async function expectRoutersOfVlans(ports: Readonly<Record<number, readonly string[]>>): Promise<void> {
  const [{ vlans }] = programs.ask("bridge", "-j", "-s", "vlan", "global", "show", "dev", "br0") as [
    { vlans: readonly { vlan: number; router_ports?: readonly PrintedRouter[] }[] },
  ];
  const theirs = vlans.flatMap(({ vlan, router_ports: routers = [] }) => routers.map((each) => ({ vlan, ...each })));
  const ours = (await host.bridgeVlans.globalOptions("br0")).flatMap(({ mcastRouterPorts = [] }) => mcastRouterPorts);
  const all = Object.entries(ports).flatMap(([vlan, names]) => names.map((port) => [Number(vlan), port]));
  expect(theirs.map(({ vlan, port }) => [vlan, port])).toEqual(all);
  expect(ours.map(({ vid, index }) => [vid, names.get(index)])).toEqual(all);
  for (const [place, { timer }] of ours.entries()) expectNear(timer, theirs[place]!.timer);
}

test("ports with multicast routers behind them in a VLAN are the same in linkwright and in bridge", async () => {
  await host.setBridge("br0", { multiBoolopt: { mcastVlanSnooping: true } });
  await host.bridgeVlans.change("v0", [{ id: 10, mcastRouter: "temp" }]);
  programs.batch("bridge", ["vlan set dev v1 vid 20 mcast_router 2"]);
  await expectRoutersOfVlans({ 10: ["v0"], 20: ["v1"] });
  await host.bridgeVlans.change("v1", [{ id: 20, mcastRouter: "disabled" }]);
  programs.batch("bridge", ["vlan set dev v1 vid 10 mcast_router 3"]);
  await expectRoutersOfVlans({ 10: ["v1", "v0"] });
});
