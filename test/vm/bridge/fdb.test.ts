import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FdbEntry, type FdbSettings, Host } from "../../../src/index.js";
import { inOrder, plain } from "../differential/comparing.js";
import { filteringBridge } from "./filtering-bridge.js";
import { inside, type Inside } from "../differential/inside.js";

const SEED = 20_251;
const ZEROS = "00:00:00:00:00:00";
let host: Host;
let programs: Inside;
let names: Map<number, string>;

beforeAll(async () => {
  host = await Host.open({ namespace: "new" });
  programs = await inside(host);
  names = await filteringBridge(host, programs);
  programs.batch("ip", [
    "link add vx0 type vxlan id 7 dstport 4789 local 192.0.2.1 nolearning",
    "link add vx1 type vxlan external dstport 4790 nolearning",
    "link add vx6 type vxlan id 9 dstport 4791 local fd00::1 nolearning",
    "nexthop add id 1 via 192.0.2.9 fdb",
    "nexthop add id 2 group 1 fdb",
  ]);
  for (const name of ["vx0", "vx1", "vx6"]) names.set((await host.link(name)).index, name);
});

afterAll(async () => {
  await host.close();
});

function nameOf(index: number | undefined): string | undefined {
  return index === undefined ? undefined : names.get(index);
}

const STATE_WORDS = { permanent: "permanent", static: "static", dynamic: "", stale: "stale" } as const;
const FLAG_WORDS: Record<string, string> = { extLearned: "extern_learn", offloaded: "offload" };

/** An entry as `bridge -j -d fdb show` prints it. */
function printed(entry: FdbEntry): object {
  const { address, index, master, vlan, state, flags, dst, port, vni, via, srcVni, nhId, linkNetnsid } = entry;
  return plain({
    mac: address,
    ifname: nameOf(index),
    vlan,
    dst,
    port,
    vni,
    src_vni: srcVni,
    nhid: nhId,
    ...(linkNetnsid === undefined ? { viaIf: nameOf(via) } : { viaIfIndex: via, linkNetNsId: linkNetnsid }),
    flags: flags.map((flag) => FLAG_WORDS[flag] ?? flag).sort(),
    master: nameOf(master),
    state: STATE_WORDS[state],
  });
}

type Printed = Record<string, unknown>;

/** What devices filter for the host's own multicast comes and goes. */
function isOurs({ mac }: Printed): boolean {
  return !/^(33:33|01:00:5e)/.test(String(mac));
}

/** Both programs' view of all forwarding tables is the same. */
async function expectSameTables(here = host, there = programs): Promise<void> {
  const theirs = (there.ask("bridge", "-j", "-d", "fdb", "show") as Printed[]).filter(isOurs);
  const ours = (await here.fdb.list()).map((entry) => printed(entry) as Printed).filter(isOurs);
  const sorted = theirs.map(({ flags, ...rest }) => ({ ...rest, flags: (flags as string[]).sort() }));
  expect(inOrder(ours)).toEqual(inOrder(sorted));
}

interface Wanted {
  readonly link: string;
  readonly address: string;
  readonly settings: FdbSettings;
}

const macs = fc.integer({ min: 1, max: 0xffff }).map((tail) => {
  const hex = tail.toString(16).padStart(4, "0");
  return `02:00:00:00:${hex.slice(0, 2)}:${hex.slice(2)}`;
});
const vlans = fc.constantFrom(undefined, 1, 10, 20);
const onPort = fc.record({
  link: fc.constantFrom("v0", "v1"),
  address: macs,
  settings: fc.oneof(
    fc.record({ vlan: vlans, state: fc.constantFrom("static", "dynamic"), flags: fc.constantFrom([], ["sticky"]) }),
    fc.record({ vlan: vlans, state: fc.constant("permanent") }),
    fc.record({ vlan: vlans, state: fc.constant("dynamic"), flags: fc.constant(["extLearned"]) }),
    fc.record({ flags: fc.constant(["self"]) }),
  ),
});
const onBridge = fc.record({
  link: fc.constant("br0"),
  address: macs,
  settings: fc.record({ vlan: fc.constantFrom(undefined, 1, 10), state: fc.constant("permanent") }),
});
const lasts = fc.integer({ min: 2, max: 254 });
const onTunnel = (link: string, dst: fc.Arbitrary<string>): fc.Arbitrary<Wanted> =>
  fc.record({
    link: fc.constant(link),
    address: macs,
    settings: fc.record({
      dst,
      port: fc.constantFrom(undefined, 4790, 65_535),
      vni: fc.constantFrom(undefined, 8, 0xffffff),
      via: fc.constantFrom(undefined, "v0p"),
      state: fc.constantFrom(undefined, "static", "dynamic"),
    }),
  });
const onTunnels = fc.oneof(
  onTunnel(
    "vx0",
    lasts.map((last) => `192.0.2.${last}`),
  ),
  onTunnel(
    "vx6",
    lasts.map((last) => `fd00::${last.toString(16)}`),
  ),
);
const vnis = fc.integer({ min: 1, max: 0xffffff });
/** In a tunnel that has no VNI of its own. */
const bySourceVni = fc.record({
  link: fc.constant("vx1"),
  address: macs,
  settings: fc.oneof(
    fc.record({
      srcVni: vnis,
      dst: lasts.map((last) => `192.0.2.${last}`),
      vni: vnis,
      flags: fc.subarray(["router", "extLearned"] as const),
    }),
    fc.record({ srcVni: vnis, nhId: fc.constant(2) }),
  ),
});
const anyEntry: fc.Arbitrary<Wanted> = fc.oneof(onPort, onBridge, onTunnels, bySourceVni);
const entries = fc.sample(anyEntry, { seed: SEED, numRuns: 60 });
const wanted = [...new Map(entries.map((entry) => [entry.address, entry])).values()];

function isTunnel(link: string): boolean {
  return link.startsWith("vx");
}

/** The same entry in the words of `bridge fdb`. */
function words({ link, address, settings }: Wanted): string {
  const { vlan, state, flags = [], dst, port, vni, via, srcVni, nhId } = settings;
  const table = flags.includes("self") || link === "br0" || isTunnel(link) ? "self" : "master";
  const said = { vlan, dst, port, vni, via: via as string | undefined, src_vni: srcVni, nhid: nhId };
  const given = Object.entries(said).filter(([, value]) => value !== undefined);
  const flagWords = flags.filter((flag) => flag !== "self").map((flag) => FLAG_WORDS[flag] ?? flag);
  return [address, "dev", link, table, ...given.flat(), ...flagWords, state ?? "permanent"].join(" ");
}

describe("entries of forwarding tables", () => {
  test("that linkwright sets are those that bridge prints", async () => {
    await Promise.all(wanted.map(({ link, address, settings }) => host.fdb.add(link, address, settings)));
    const all = programs.ask("bridge", "-j", "-d", "fdb", "show") as Printed[];
    for (const { link, address, settings } of wanted) {
      const { vlan, dst, port, vni, via, srcVni, nhId } = settings;
      const tunnel = { dst, port, vni, viaIf: via, src_vni: srcVni, nhid: nhId };
      const expected = plain({ mac: address, ifname: link, vlan, ...tunnel });
      expect(all).toContainEqual(expect.objectContaining(expected));
    }
    await expectSameTables();
    await Promise.all(
      wanted.map(({ link, address, settings: { vlan, flags, srcVni } }) =>
        host.fdb.remove(
          link,
          address,
          isTunnel(link) ? { srcVni } : { vlan, flags: flags?.includes("self") ? ["self"] : [] },
        ),
      ),
    );
    const left = (await host.fdb.list()).filter(({ address }) => wanted.some((entry) => entry.address === address));
    expect(left).toEqual([]);
  });

  test("that bridge sets are those that linkwright lists", async () => {
    programs.batch(
      "bridge",
      wanted.map((entry) => `fdb add ${words(entry)}`),
    );
    const all = await host.fdb.list();
    for (const { link, address, settings } of wanted) {
      const { vlan, dst, port, vni, srcVni, nhId, state = "permanent", flags = [] } = settings;
      const found = all.filter((entry) => entry.address === address && nameOf(entry.index) === link);
      expect(found).toContainEqual(expect.objectContaining(plain({ vlan, dst, port, vni, srcVni, nhId, state })));
      for (const flag of flags) expect(found[0]!.flags).toContain(flag);
    }
    await expectSameTables();
    programs.batch(
      "bridge",
      wanted.map((entry) => `fdb del ${words(entry)}`),
    );
  });

  test("without a VLAN go into each VLAN of the port, and into none that it is not in", async () => {
    await host.fdb.add("v0", "02:00:00:01:00:01");
    const found = await host.fdb.list({ bridge: "br0", address: "02:00:00:01:00:01" });
    expect(found.map(({ vlan = 0 }) => vlan).sort((one, other) => one - other)).toEqual([0, 1, 10, 20]);
    await host.fdb.remove("v0", "02:00:00:01:00:01", { vlan: 10 });
    expect(await host.fdb.get("br0", "02:00:00:01:00:01", { vlan: 20 })).toMatchObject({ vlan: 20 });
    await expect(host.fdb.get("br0", "02:00:00:01:00:01", { vlan: 10 })).rejects.toMatchObject({ code: "ENOENT" });
    await host.fdb.remove("v0", "02:00:00:01:00:01");
    expect(await host.fdb.list({ address: "02:00:00:01:00:01" })).toEqual([]);
    await expect(host.fdb.add("v0", "02:00:00:01:00:01", { vlan: 30 })).rejects.toThrow(/VLAN 30 is none of v0's$/);
  });

  test("a thousand are listed by VLAN and port, and flushed by VLAN and by state", async () => {
    const address = (place: number): string =>
      `02:00:00:02:${(place >> 8).toString(16).padStart(2, "0")}:${(place & 255).toString(16).padStart(2, "0")}`;
    const lines = Array.from({ length: 1000 }, (_, place) => {
      const words = `vlan ${place % 4 < 2 ? 10 : 20} master ${place < 500 ? "static" : "dynamic"}`;
      return `fdb add ${address(place)} dev ${place % 2 === 0 ? "v0" : "v1"} ${words}`;
    });
    programs.batch("bridge", lines);
    const count = async (filter: object): Promise<number> =>
      (await host.fdb.list({ bridge: "br0", ...filter })).filter((each) => each.address.startsWith("02:00:00:02"))
        .length;
    expect(await count({})).toBe(1000);
    expect(await count({ link: "v0" })).toBe(500);
    expect(await count({ vlan: 10 })).toBe(500);
    expect(await count({ vlan: 20, link: "v1", state: "dynamic" })).toBe(125);
    expect(await host.fdb.flush("v0", { vlan: 10 })).toEqual({ method: "bulk" });
    expect(await count({})).toBe(875);
    expect(await count({ link: "v0", vlan: 10, state: "dynamic" })).toBe(0);
    await host.fdb.flush("br0");
    expect(await count({ state: "dynamic" })).toBe(0);
    expect(await count({})).toBe(500);
    await host.fdb.flush("br0", { state: "static" });
    expect(await count({})).toBe(0);
  });

  test("of a VXLAN have several far ends, and say what they lack", async () => {
    const dsts = async (): Promise<(string | undefined)[]> =>
      (await host.fdb.list({ link: "vx0", address: ZEROS })).map(({ dst }) => dst);
    await host.fdb.append("vx0", ZEROS, { dst: "192.0.2.2" });
    await host.fdb.append("vx0", ZEROS, { dst: "192.0.2.3", vni: 9 });
    expect(await dsts()).toEqual(["192.0.2.2", "192.0.2.3"]);
    expect(await host.fdb.list({ link: "vx0", vni: 9 })).toMatchObject([{ dst: "192.0.2.3" }]);
    expect(await host.fdb.get("vx0", ZEROS)).toMatchObject({ dst: "192.0.2.2", state: "permanent", flags: ["self"] });
    await host.fdb.remove("vx0", ZEROS, { dst: "192.0.2.3", vni: 9 });
    expect(await dsts()).toEqual(["192.0.2.2"]);
    await expect(host.fdb.replace("vx0", ZEROS, { dst: "192.0.2.4" })).rejects.toThrow(
      /appended and removed one by one$/,
    );
    await host.fdb.add("vx0", "02:00:00:03:00:01", { dst: "192.0.2.5" });
    await host.fdb.replace("vx0", "02:00:00:03:00:01", { dst: "192.0.2.6" });
    expect(await host.fdb.get("vx0", "02:00:00:03:00:01")).toMatchObject({ dst: "192.0.2.6" });
    await expect(host.fdb.add("vx0", "02:00:00:03:00:02")).rejects.toThrow(/a VXLAN's entry needs dst$/);
    await expect(host.fdb.add("vx0", "02:00:00:03:00:02", { dst: "fd00::1" })).rejects.toThrow(/of another family/);
    await host.fdb.add("vx0", "02:00:00:03:00:03", { dst: "192.0.2.7", state: "dynamic" });
    const { method, refusal } = await host.fdb.flush("vx0", { state: ["permanent", "dynamic"] });
    expect(method === "bulk" || refusal?.code === "EOPNOTSUPP").toBe(true);
    expect(await host.fdb.list({ link: "vx0" })).toEqual([]);
  });

  test("of a VXLAN in another namespace than its packets are say which one that is", async () => {
    await using other = await Host.open({ namespace: "new" });
    const there = await inside(other);
    const { index } = await host.addVxlan("vx7", { id: 10, port: 4792, learning: false });
    names.set(index, "vx7");
    await host.setLink("vx7", { netNsFd: (await other.namespaceDescriptor()).fd });
    await other.fdb.append("vx7", ZEROS, { dst: "192.0.2.8", via: "lo" });
    there.batch("bridge", ["fdb add 02:00:00:04:00:01 dev vx7 dst 192.0.2.9 via lo self"]);
    const listed = await other.fdb.list({ link: "vx7" });
    expect(listed.map(({ linkNetnsid, via }) => [linkNetnsid, via])).toEqual([
      [0, 1],
      [0, 1],
    ]);
    await expectSameTables(other, there);
  });
});
