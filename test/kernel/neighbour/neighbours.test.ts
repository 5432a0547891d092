import { expect, test } from "vitest";
import { InputError, type NeighbourSettings, type NeighbourTable } from "../../../src/index.js";
import { routed } from "../ports/routed.js";

const MAC = "02:00:00:00:00:09";

test.for([
  ["10.0.0.9", { lladdr: MAC }, { family: "inet", state: "permanent", flags: [], type: "unicast" }],
  ["fd00::9", { lladdr: MAC, flags: ["router"], protocol: "static" }, { family: "inet6", state: "permanent" }],
  ["10.0.0.9", { lladdr: MAC, state: "reachable" }],
  ["10.0.0.9", { lladdr: MAC, state: "stale", flags: ["extLearned"] }],
  ["fd00::9", { lladdr: MAC, state: "noarp" }],
] as [string, NeighbourSettings, object?][])(
  "the neighbour %s with %j is what the kernel then has",
  async ([address, settings, also]) => {
    await using host = await routed();
    const { neighbours } = host;
    const { index: link } = await host.link("v0");
    await neighbours.add("v0", address, settings);
    expect(await neighbours.get("v0", address)).toMatchObject({ address, link, ...settings, ...also });
    expect(await neighbours.list({ link, address })).toMatchObject([{ address, link, ...settings, ...also }]);
    await neighbours.replace(link, address, { lladdr: "02:00:00:00:00:0a", state: "permanent" });
    expect(await neighbours.get(link, address)).toMatchObject({ lladdr: "02:00:00:00:00:0a", state: "permanent" });
    await neighbours.remove("v0", address);
    expect(await neighbours.list({ address })).toEqual([]);
  },
);

test("a neighbour's age is in milliseconds", async () => {
  await using host = await routed();
  await host.neighbours.add("v0", "10.0.0.9", { lladdr: MAC });
  const { cacheinfo } = await host.neighbours.get("v0", "10.0.0.9");
  expect(Object.keys(cacheinfo!)).toEqual(["confirmed", "used", "updated", "refcnt"]);
  expect(cacheinfo!.updated).toBeLessThan(5000);
});

test("the addresses that the host answers for are a table of their own", async () => {
  await using host = await routed();
  const { neighbours } = host;
  await neighbours.add("v0", "10.0.0.10", { proxy: true });
  await neighbours.add("v0", "fd00::10", { proxy: true });
  const proxied = await neighbours.list({ proxy: true });
  expect(proxied.map(({ address, flags }) => [address, flags])).toEqual([
    ["10.0.0.10", ["proxy"]],
    ["fd00::10", ["proxy"]],
  ]);
  expect(await neighbours.list({ address: "10.0.0.10" })).toEqual([]);
  expect(await neighbours.list({ proxy: true, family: "inet6" })).toEqual([proxied[1]]);
  expect(await neighbours.get("v0", "10.0.0.10", { proxy: true })).toMatchObject({ address: "10.0.0.10" });
  await neighbours.remove("v0", "10.0.0.10", { proxy: true });
  expect(await neighbours.list({ proxy: true })).toEqual([proxied[1]]);
});

test("neighbours are listed by link, family and state", async () => {
  await using host = await routed();
  const { neighbours } = host;
  await neighbours.add("v0", "10.0.0.9", { lladdr: MAC });
  await neighbours.add("v0", "fd00::9", { lladdr: MAC, state: "stale" });
  await neighbours.add("v1", "10.0.0.9", { lladdr: MAC, state: "stale" });
  const listed = async (filter: Parameters<typeof neighbours.list>[0]): Promise<string[]> =>
    (await neighbours.list(filter)).filter(({ type }) => type === "unicast").map(({ address }) => address);
  expect((await listed({ link: "v0" })).sort()).toEqual(["10.0.0.9", "fd00::9"]);
  expect(await listed({ link: "v0", family: "inet6" })).toEqual(["fd00::9"]);
  expect(await listed({ link: "v1" })).toEqual(["10.0.0.9"]);
  expect(await listed({ state: ["permanent"] })).toEqual(["10.0.0.9"]);
});

test("flushing forgets what was learned; permanent neighbours go only when that is meant", async () => {
  await using host = await routed();
  const { neighbours } = host;
  await neighbours.add("v0", "10.0.0.8", { lladdr: MAC });
  await neighbours.add("v0", "10.0.0.9", { lladdr: MAC, state: "reachable" });
  await neighbours.add("v0", "fd00::9", { lladdr: MAC, state: "stale" });
  await neighbours.add("v1", "10.0.0.9", { lladdr: MAC, state: "reachable" });
  const gone = await neighbours.flush({ link: "v0" });
  expect(gone.map(({ address }) => address).sort()).toEqual(["10.0.0.9", "fd00::9"]);
  expect((await neighbours.list({ link: "v0", family: "inet" })).map(({ address }) => address)).toEqual(["10.0.0.8"]);
  expect(await neighbours.list({ link: "v1", family: "inet" })).toHaveLength(1);
  await neighbours.flush({ link: "v0", state: ["permanent"] });
  expect(await neighbours.list({ link: "v0", family: "inet" })).toEqual([]);
});

test("refusals say why", async () => {
  await using host = await routed();
  const { neighbours } = host;
  await neighbours.add("v0", "10.0.0.9", { lladdr: MAC });
  await expect(neighbours.add("v0", "10.0.0.9", { lladdr: MAC })).rejects.toMatchObject({
    code: "EEXIST",
    message:
      "10.0.0.9 on v0: the kernel refused RTM_NEWNEIGH: file already exists (EEXIST); the neighbour is known already; replace changes it",
  });
  await expect(neighbours.remove("v0", "10.0.0.1")).rejects.toMatchObject({
    code: "ENOENT",
    hint: "there is no such neighbour",
  });
  await expect(neighbours.get("v0", "10.0.0.1")).rejects.toMatchObject({ code: "ENOENT" });
  await expect(neighbours.add("v0", "10.0.0.7", { lladdr: "02:00" })).rejects.toMatchObject({
    code: "EINVAL",
    hint: "its length is not that of the link's own",
  });
});

test.for([
  ["10.0.0.9", {}, "lladdr: a neighbour that is permanent needs one"],
  ["10.0.0.9", { state: "stale" }, "lladdr: a neighbour that is stale needs one"],
  ["10.0.0.9", { proxy: true, lladdr: MAC }, "lladdr: an address that is answered for has none"],
  ["10.0.0.9/24", { lladdr: MAC }, '"10.0.0.9/24" is not an IPv4 or IPv6 address'],
  ["10.0.0.9", { lladdr: "nonsense" }, 'lladdr: "nonsense" is not a MAC such as 52:54:00:12:34:56'],
] as [string, NeighbourSettings & NeighbourTable, string][])(
  "%s with %j is refused before anything is sent",
  async ([address, settings, message]) => {
    await using host = await routed();
    const adding = host.neighbours.add("v0", address, settings);
    await expect(adding).rejects.toBeInstanceOf(InputError);
    await expect(adding).rejects.toMatchObject({ message });
  },
);
