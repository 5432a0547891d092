import { afterAll, beforeAll, expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { ipJson } from "../../kernel/scene/iproute.js";

let host: Host;

beforeAll(async () => {
  host = await Host.open({ namespace: "new" });
  await host.addLink("red", "vrf", { table: 100, up: true });
  await host.addLink("blue", "vrf", { table: 200, up: true });
});

afterAll(async () => {
  await host.close();
});

test("two VRFs have the same network, each by a port of its own, and a lookup goes by the VRF's table", async () => {
  for (const [vrf, port] of [
    ["red", "eth0"],
    ["blue", "eth1"],
  ] as const) {
    await host.addLink(port, "dummy", { up: true });
    await host.addAddress(port, "10.0.0.1/24");
    await host.addAddress(port, "2001:db8::1/64", { flags: ["nodad"] });
    await host.attach(port, vrf);
    expect((await host.addresses({ link: port })).map(({ address }) => address)).toContain("2001:db8::1/64");
  }
  const added = await host.routes.add("192.0.2.0/24", { gateway: "10.0.0.2", link: "eth1", table: 200 });
  expect(added).toMatchObject({ table: 200, gateway: "10.0.0.2", link: (await host.link("eth1")).index });
  await host.routes.add("default", { type: "unreachable", table: 100, metric: 9 });

  const destinations = async (table: number): Promise<string[]> =>
    (await host.routes.list({ table, family: "inet" }))
      .filter(({ type }) => type !== "local" && type !== "broadcast")
      .map(({ destination }) => destination);
  expect(await destinations(100)).toEqual(["default", "10.0.0.0/24"]);
  expect(await destinations(200)).toEqual(["10.0.0.0/24", "192.0.2.0/24"]);
  expect(await host.routes.list({ table: 200, family: "inet6" })).toContainEqual(
    expect.objectContaining({ destination: "2001:db8::/64", table: 200 }),
  );
  expect(await ipJson(host, "route", "show", "vrf", "blue", "192.0.2.0/24")).toMatchObject([
    { dst: "192.0.2.0/24", gateway: "10.0.0.2", dev: "eth1" },
  ]);
  expect(await host.routes.get("192.0.2.9", { link: "blue" })).toMatchObject({ gateway: "10.0.0.2", table: 200 });
  await expect(host.routes.get("192.0.2.9", { link: "red" })).rejects.toMatchObject({ code: "EHOSTUNREACH" });
  await expect(host.routes.get("192.0.2.9")).rejects.toMatchObject({ code: "ENETUNREACH" });
});

test("the rule that sends packets to their VRF's table is the kernel's; another is added and removed", async () => {
  const [own] = await host.rules.list({ family: "inet", l3mdev: true });
  expect(own).toMatchObject({ priority: 1000, l3mdev: true, protocol: "kernel" });
  expect(await host.rules.add({ l3mdev: true, priority: 500, iif: "eth0" })).toMatchObject({ l3mdev: true });
  expect(await ipJson(host, "rule", "show", "priority", "500")).toMatchObject([{ priority: 500, l3mdev: null }]);
  await host.rules.remove({ priority: 500 });
  expect(await host.rules.list({ family: "inet", l3mdev: true })).toEqual([own]);
});

test("a port goes from one VRF to another when it is to move, and comes out up, with its addresses", async () => {
  await expect(host.attach("eth0", "blue")).rejects.toMatchObject({
    message: "eth0: it belongs to red already (EBUSY); detach it first, or ask for it to be moved",
  });
  await host.attach("eth0", "blue", { move: true });
  expect(await host.link("eth0")).toMatchObject({
    up: true,
    master: (await host.link("blue")).index,
    linkInfo: { slaveKind: "vrf", slaveData: { table: 200 } },
  });
  await expect(host.attach("eth0", "blue", { cost: 7 })).rejects.toThrow("cost: no such option");
  await host.detach("eth0");
  const { master, up } = await host.link("eth0");
  expect({ master, up }).toEqual({ master: undefined, up: true });
  const addresses = (await host.addresses({ link: "eth0" })).filter(({ scope: range }) => range !== "link");
  expect(addresses.map(({ address }) => address)).toEqual(["10.0.0.1/24", "2001:db8::1/64"]);
  expect((await host.routes.list({ table: 100, family: "inet" })).map(({ destination }) => destination)).toEqual([
    "default",
  ]);
});

test("a team takes a port that is up, at its MTU, and gives it back with its own", async () => {
  await host.addLink("team0", "team", { up: true, mtu: 1400 });
  await host.addLink("eth2", "dummy", { up: true });
  await host.addAddress("eth2", "2001:db8:2::1/64", { flags: ["nodad"] });
  await host.attach("eth2", "team0");
  expect(await host.link("eth2")).toMatchObject({ up: true, mtu: 1400, linkInfo: { slaveKind: "team" } });
  expect((await host.addresses({ link: "eth2" })).map((each) => each.address)).toContain("2001:db8:2::1/64");
  await expect(host.attach("eth2", "red")).rejects.toThrow("eth2: it belongs to team0 already (EBUSY)");
  await host.attach("eth2", "red", { move: true });
  expect(await host.link("eth2")).toMatchObject({ up: true, mtu: 1500, linkInfo: { slaveKind: "vrf" } });
  await host.attach("eth2", "team0", { move: true });
  await host.detach("eth2");
  expect(await host.link("eth2")).toMatchObject({ up: false, mtu: 1500 });
  expect((await host.addresses({ link: "eth2" })).map((each) => each.address)).toContain("2001:db8:2::1/64");
  await host.remove("team0");
});
