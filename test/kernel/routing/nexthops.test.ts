import { expect, test } from "vitest";
import { InputError, type NexthopSettings } from "../../../src/index.js";
import { routed } from "../ports/routed.js";

test.for([
  [
    { gateway: "10.0.0.2", link: "v0" },
    { family: "inet", scope: "link", protocol: "static", flags: [] },
  ],
  [{ gateway: "10.9.9.9", link: "v0", onlink: true }, { flags: ["onlink"] }],
  [
    { gateway: "fd00::2", link: "v0", protocol: "bgp" },
    { family: "inet6", protocol: "bgp" },
  ],
  [{ link: "v0" }, { family: "inet" }],
  [{ family: "inet6", link: "v0" }, { family: "inet6" }],
  [{ blackhole: true }, { blackhole: true }],
  [{ gateway: "10.0.0.2", fdb: true }, { fdb: true }],
] as [NexthopSettings, object][])("a next hop with %j is what the kernel then has", async ([settings, also]) => {
  await using host = await routed();
  const { link, onlink, ...rest } = settings;
  const index = link === undefined ? {} : { link: (await host.link(link)).index };
  const added = await host.nexthops.add({ id: 7, ...settings });
  expect(added).toMatchObject({ id: 7, ...rest, ...index, ...also });
  expect(await host.nexthops.get(7)).toEqual(added);
  expect(await host.nexthops.list()).toEqual([added]);
  await host.nexthops.remove(7);
  expect(await host.nexthops.list()).toEqual([]);
});

test("groups share packets by weight, routes follow their next hop, and the kernel chooses an id that is not given", async () => {
  await using host = await routed();
  const { nexthops, routes } = host;
  const { index: link } = await host.link("v0");
  const first = await nexthops.add({ gateway: "10.0.0.2", link: "v0" });
  const second = await nexthops.add({ gateway: "10.0.0.3", link });
  expect(second.id).toBe(first.id + 1);
  const members = [
    { id: first.id, weight: 10 },
    { id: second.id, weight: 256 },
  ];
  const group = await nexthops.add({
    id: 10,
    group: [
      { id: first.id, weight: 10 },
      { id: second.id, weight: 256 },
    ],
  });
  expect(group).toMatchObject({ id: 10, group: members, groupType: "mpath" });
  expect(await nexthops.list({ groups: true })).toEqual([group]);
  expect(await nexthops.list({ link: "v0" })).toEqual([first, second]);
  await routes.add("10.1.0.0/16", { nexthopId: 10 });
  await nexthops.replace(first.id, { gateway: "10.0.0.9", link });
  expect(await routes.list({ destination: "10.1.0.0/16" })).toMatchObject([
    {
      nexthopId: 10,
      nexthops: [
        { gateway: "10.0.0.9", weight: 10 },
        { gateway: "10.0.0.3", weight: 256 },
      ],
    },
  ]);
  await expect(routes.remove("10.1.0.0/16", { nexthopId: first.id })).rejects.toMatchObject({ code: "ESRCH" });
  await nexthops.remove(10);
  expect(await routes.list({ destination: "10.1.0.0/16" })).toEqual([]);
});

test("a resilient group has buckets, which are listed by group and by next hop", async () => {
  await using host = await routed();
  const { nexthops } = host;
  for (const id of [1, 2]) await nexthops.add({ id, gateway: `10.0.0.${id + 1}`, link: "v0" });
  const resGroup = { buckets: 8, idleTimer: 60_000, unbalancedTimer: 300_000 };
  const group = await nexthops.add({ id: 10, group: [{ id: 1 }, { id: 2, weight: 3 }], groupType: "res", resGroup });
  expect(group).toMatchObject({ groupType: "res", resGroup });
  const buckets = await nexthops.buckets({ id: 10 });
  expect(buckets.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(buckets.filter(({ nhId }) => nhId === 2)).toHaveLength(6);
  expect(await nexthops.buckets({ nhId: 1 })).toHaveLength(2);
});

test("refusals say why", async () => {
  await using host = await routed();
  const { nexthops } = host;
  await nexthops.add({ id: 1, blackhole: true });
  await expect(nexthops.add({ id: 1, blackhole: true })).rejects.toMatchObject({
    code: "EEXIST",
    message:
      "next hop 1: the kernel refused RTM_NEWNEXTHOP: file already exists (EEXIST); the id is taken; replace changes the next hop",
  });
  await expect(nexthops.get(5)).rejects.toMatchObject({ code: "ENOENT", hint: "there is no such next hop" });
  await expect(nexthops.remove(5)).rejects.toMatchObject({ code: "ENOENT", hint: "there is no such next hop" });
  await expect(nexthops.add({ gateway: "10.9.9.9", link: "v0" })).rejects.toMatchObject({
    code: "ENETUNREACH",
    kernelMessage: "Nexthop has invalid gateway",
  });
});

test.for([
  [{}, "a next hop needs a link, or is a blackhole, or a group"],
  [{ gateway: "10.0.0.2" }, "link: a next hop with a gateway needs its link"],
  [{ group: [] }, "group: a group has one member at least"],
  [{ group: [{ id: 1, weight: 0 }] }, "group: 0 is not a weight from 1 to 65536"],
  [{ group: [{ id: 1 }], link: "v0" }, "link: it excludes group"],
  [{ blackhole: true, link: "v0" }, "blackhole: it excludes a gateway and a link"],
  [{ groupType: "res", link: "v0" }, "group: the members are missing"],
  [{ group: [{ id: 1 }], resGroup: { buckets: 8 } }, 'resGroup: only a group of type "res" has it'],
  [{ gateway: "fd00::2", family: "inet", link: "v0" }, "gateway: fd00::2 is of another family"],
] as [NexthopSettings, string][])(
  "a next hop with %j is refused before anything is sent",
  async ([settings, message]) => {
    await using host = await routed();
    const adding = host.nexthops.add(settings);
    await expect(adding).rejects.toBeInstanceOf(InputError);
    await expect(adding).rejects.toMatchObject({ message });
  },
);
