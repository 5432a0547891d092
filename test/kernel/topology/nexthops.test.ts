import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import {
  apply,
  ApplyError,
  capture,
  describePlan,
  type HostDeclaration,
  plan,
  readDeclaration,
  revert,
  writeDeclaration,
} from "../../../src/topology/index.js";
import { journalFolder, takenBack } from "./journal.js";

const journal = journalFolder();

const first: HostDeclaration = {
  links: {
    lo: { up: true },
    a0: { kind: "veth", peer: "a1", address: "02:00:00:00:01:00", up: true, addresses: ["10.1.0.1/24", "fd01::1/64"] },
    a1: { address: "02:00:00:00:01:01", up: true },
    b0: { kind: "veth", peer: "b1", address: "02:00:00:00:02:00", up: true, addresses: ["10.2.0.1/24"] },
    b1: { address: "02:00:00:00:02:01", up: true },
  },
  nexthops: [
    { id: 10, group: [{ id: 1 }, { id: 2, weight: 3 }] },
    { id: 1, gateway: "10.1.0.254", link: "a0" },
    { id: 2, gateway: "10.2.0.254", link: "b0", onlink: true },
    { id: 3, blackhole: true },
    { id: 4, gateway: "fd01::fe", link: "a0" },
    { id: 20, group: [{ id: 1 }], groupType: "res", resGroup: { buckets: 8, idleTimer: 60_000 } },
  ],
  routes: [
    { destination: "192.0.2.0/24", nexthopId: 10 },
    { destination: "198.51.100.0/24", nexthopId: 1, metric: 5 },
    { destination: "fd09::/64", nexthopId: 4 },
  ],
};

const second: HostDeclaration = {
  links: { a0: { alias: "changed" } },
  nexthops: [
    { id: 1, gateway: "10.1.0.253", link: "a0" },
    { id: 3, absent: true },
    { id: 4, absent: true },
    { id: 10, group: [{ id: 1, weight: 7 }] },
    { id: 5, link: "b0", family: "inet" },
  ],
  routes: [{ destination: "203.0.113.0/24", nexthopId: 5 }],
};

async function applied(declaration: HostDeclaration): Promise<Host> {
  const host = await Host.open({ namespace: "new" });
  await apply(host, declaration, { journal });
  return host;
}

test("next hops, groups of them and the routes by their ids are declared, captured and read again", async () => {
  await using host = await applied(first);
  expect(describePlan(await plan(host, first))).toBe("nothing to do\n");
  const captured = await capture(host);
  expect(captured.nexthops).toHaveLength(6);
  const text = writeDeclaration(captured);
  expect(text).toContain("idleTimer: 60s");
  expect(describePlan(await plan(host, readDeclaration(text)))).toBe("nothing to do\n");
  await using other = await applied(captured);
  expect(await capture(other)).toEqual(captured);
});

test("next hops that change, come and go, with the routes by them, are taken back by revert and by the watchdog", async () => {
  await using host = await applied(first);
  const state = await capture(host);
  const back = await revert(host, second);
  await apply(host, second, { journal });
  expect(describePlan(await plan(host, second))).toBe("nothing to do\n");
  expect(await host.routes.list({ destination: "fd09::/64" })).toEqual([]);
  await apply(host, back, { journal });
  expect(await capture(host)).toEqual(state);
  await apply(host, second, { journal, confirm: 1 });
  await takenBack(host, journal);
  expect(await capture(host)).toEqual(state);
});

test("what goes with a link that goes down, or is made anew, comes again: next hops, groups and the routes by them", async () => {
  await using host = await applied(first);
  const state = await capture(host);
  const refused = { routes: [{ destination: "10.99.0.0/16", gateway: "10.98.0.1", link: "b0" }] };
  for (const links of [{ a0: { up: false } }, { a0: { absent: true } }] satisfies HostDeclaration["links"][]) {
    await expect(apply(host, { links, ...refused }, { journal })).rejects.toThrow(ApplyError);
    expect(await capture(host)).toEqual(state);
  }
});

test("what else than declared next hops goes with only, and a group is no single next hop", async () => {
  await using host = await applied(first);
  await apply(host, { nexthops: { only: true, entries: [{ id: 1, gateway: "10.1.0.254", link: "a0" }] } }, { journal });
  expect((await host.nexthops.list()).map(({ id }) => id)).toEqual([1]);
  await expect(plan(host, { nexthops: [{ id: 1, group: [{ id: 1 }] }] })).rejects.toThrow(/give it another id/);
});

test("a bridge that takes a NIC's place has the next hops that led over the NIC, by their ids", async () => {
  await using host = await applied(first);
  await apply(host, { links: { br0: { kind: "bridge", takeOver: "a0" } } }, { journal });
  const { index } = await host.link("br0");
  expect((await host.nexthops.get(1)).link).toBe(index);
  expect((await host.routes.list({ destination: "192.0.2.0/24" }))[0]).toMatchObject({ nexthopId: 10 });
});

test("a route says how packets are wrapped, and one that wraps otherwise is a difference", async ({ skip }) => {
  await using host = await applied(first);
  const wrapped = (id: bigint): HostDeclaration => ({
    routes: [
      {
        destination: "10.60.0.0/16",
        link: "a0",
        encapsulation: { type: "ip", id, dst: "10.1.0.9", ttl: 9 },
      },
    ],
  });
  const refusal = await apply(host, wrapped(5n), { journal }).catch((error: unknown) => error);
  if (refusal instanceof ApplyError && /EOPNOTSUPP|EINVAL/.test(refusal.message)) return skip(refusal.message);
  expect(refusal).not.toBeInstanceOf(Error);
  expect(describePlan(await plan(host, wrapped(5n)))).toBe("nothing to do\n");
  expect((await plan(host, wrapped(6n))).steps[0]).toMatchObject({ action: "change", subject: "route" });
  const captured = await capture(host);
  expect(describePlan(await plan(host, readDeclaration(writeDeclaration(captured))))).toBe("nothing to do\n");
  await apply(host, wrapped(6n), { journal, confirm: 1 });
  await takenBack(host, journal);
  expect(await capture(host)).toEqual(captured);
});
