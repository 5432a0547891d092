import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Host, type NetlinkError } from "../../../src/index.js";
import {
  apply,
  ApplyError,
  capture,
  describePlan,
  type HostDeclaration,
  plan,
  readDeclaration,
  writeDeclaration,
} from "../../../src/topology/index.js";

const journal = mkdtempSync(join(tmpdir(), "linkwright-topology-"));
afterAll(() => {
  rmSync(journal, { recursive: true });
});

const open = (): Promise<Host> => Host.open({ namespace: "new" });

const hostOnly: HostDeclaration = {
  links: {
    lo: { up: true },
    br0: {
      kind: "bridge",
      forwardDelay: 2000,
      mcastSnooping: false,
      mtu: 1400,
      alias: "guests",
      up: true,
      addresses: ["10.0.0.1/24", { address: "fd00::1/64", flags: ["nodad"] }],
    },
    tap0: { kind: "tun", owner: 1000, master: "br0", asPort: { isolated: true }, up: true },
    v0: { kind: "veth", peer: "v1", up: true, addresses: ["10.1.0.1/24"] },
    v1: { up: true, mtu: 1450, master: "br0", asPort: { learning: false } },
  },
  routes: [
    { destination: "192.0.2.0/24", gateway: "10.0.0.2", link: "br0" },
    { destination: "198.51.100.0/24", type: "blackhole", metric: 7, table: 100 },
    { destination: "fd01::/64", gateway: "fd00::2" },
  ],
  rules: [{ from: "10.0.0.0/24", priority: 100, table: 100 }],
  sysctls: { "net.ipv4.ip_forward": 1, "net/ipv4/conf/br0/rp_filter": 2 },
};

test("a declaration is applied whole, and the second plan is empty", async () => {
  await using host = await open();
  const made = await apply(host, hostOnly, { journal });
  expect(made.steps.length).toBeGreaterThan(10);
  const br0 = await host.link("br0");
  expect(br0).toMatchObject({ up: true, mtu: 1400, alias: "guests", linkInfo: { data: { forwardDelay: 2000 } } });
  expect(await host.link("tap0")).toMatchObject({ master: br0.index, linkInfo: { slaveData: { isolated: true } } });
  const second = await plan(host, hostOnly);
  expect(describePlan(second)).toBe("nothing to do\n");
});

test("what is captured applies to nothing, also after it was written to a file and read again", async () => {
  await using host = await open();
  await apply(host, hostOnly, { journal });
  const captured = await capture(host);
  expect(describePlan(await plan(host, captured))).toBe("nothing to do\n");
  const text = writeDeclaration(captured);
  expect(text).toContain("forwardDelay: 2s");
  expect(describePlan(await plan(host, readDeclaration(text)))).toBe("nothing to do\n");
});

test("what is captured of one host makes another like it, in an empty namespace", async () => {
  await using host = await open();
  await apply(host, hostOnly, { journal });
  const captured = await capture(host);
  await using other = await open();
  await apply(other, captured, { journal });
  const again = await capture(other);
  expect(again).toEqual(captured);
});

test("a step that is refused half-way leaves the host as it was", async () => {
  await using host = await open();
  await apply(host, hostOnly, { journal });
  const before = await capture(host);
  const wrong: HostDeclaration = {
    links: {
      br0: { mtu: 1300, kind: "bridge", ageingTime: 10_000, addresses: { only: true, entries: ["10.0.7.1/24"] } },
      tap0: { absent: true },
      v1: { master: 0, mtu: 1200 },
      br1: { kind: "bridge", up: true, addresses: ["10.9.0.1/24"] },
    },
    routes: { only: true, entries: [{ destination: "203.0.113.0/24", gateway: "10.77.0.1", link: "br1" }] },
    sysctls: { "net.ipv4.ip_forward": 0 },
  };
  const error = await apply(host, wrong, { journal }).catch((refusal: unknown) => refusal);
  expect(error).toBeInstanceOf(ApplyError);
  const { step, standing, cause } = error as ApplyError;
  expect(standing).toEqual([]);
  expect(step?.name).toBe("203.0.113.0/24");
  expect((cause as NetlinkError).code).toBe("ENETUNREACH");
  expect(await capture(host)).toEqual(before);
  expect(await host.sysctl("net.ipv4.ip_forward")).toBe("1");
});

test("links that are absent go, with what is on them, and come back when a later step fails", async () => {
  await using host = await open();
  await apply(
    host,
    {
      links: {
        below: { kind: "veth", peer: "other", up: true },
        other: { up: true },
        m0: { kind: "macvlan", link: "below", mode: "private", up: true, addresses: ["10.2.0.1/24"] },
        br0: { kind: "bridge", up: true },
        m1: { kind: "macvlan", link: "below", mode: "bridge", master: "br0", asPort: { isolated: true } },
      },
      routes: [{ destination: "192.0.2.0/24", gateway: "10.2.0.2" }],
    },
    { journal },
  );
  const before = await capture(host);
  const made = await plan(host, { links: { below: { absent: true }, br0: { absent: true } } });
  expect(made.steps.map(({ action, name }) => `${action} ${name}`).sort()).toEqual([
    "remove below",
    "remove br0",
    "remove m0",
    "remove m1",
    "remove other",
  ]);
  await apply(host, { links: { below: { absent: true }, br0: { absent: true } } }, { journal });
  expect((await host.links()).map(({ name }) => name)).toEqual(["lo"]);
  await apply(host, before, { journal });
  expect(await capture(host)).toEqual(before);
});

test("an option that only a new link can be given makes it anew, with all that it had", async () => {
  await using host = await open();
  await apply(
    host,
    {
      links: {
        out: { kind: "bridge", up: true, addresses: ["10.3.0.1/24"] },
        vx0: { kind: "vxlan", id: 5, link: "out", port: 4789, up: true, alias: "kept", addresses: ["10.4.0.1/24"] },
      },
      routes: [{ destination: "192.0.2.0/24", gateway: "10.4.0.2", link: "vx0" }],
    },
    { journal },
  );
  const made = await apply(host, { links: { vx0: { kind: "vxlan", id: 6 } } }, { journal });
  expect(made.steps[0]).toMatchObject({
    action: "remove",
    name: "vx0",
    reason: expect.stringContaining("id") as string,
  });
  const vx0 = await host.link("vx0");
  expect(vx0).toMatchObject({ alias: "kept", up: true, linkInfo: { data: { id: 6, port: 4789 } } });
  expect((await host.addresses({ link: "vx0", family: "inet" })).map(({ address }) => address)).toEqual([
    "10.4.0.1/24",
  ]);
  expect(await host.routes.list({ destination: "192.0.2.0/24" })).toHaveLength(1);
});

test("a pattern says something of the links that are there, and creates none", async () => {
  await using host = await open();
  for (const name of ["vnet0", "vnet1", "tap7"]) await host.addTap(name);
  await apply(
    host,
    { links: { br0: { kind: "bridge" }, "vnet*": { master: "br0", asPort: { isolated: true } } } },
    { journal },
  );
  const br0 = await host.link("br0");
  expect((await host.links({ master: br0 })).map(({ name }) => name)).toEqual(["vnet0", "vnet1"]);
});
