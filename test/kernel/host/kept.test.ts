import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { expect, test } from "vitest";
import { Host, NetlinkError } from "../../../src/index.js";

/** A namespace with a bridge that has a MAC of its own. */
async function opened(): Promise<Host> {
  const host = await Host.open({ namespace: "new" });
  await host.setSysctl("net.ipv6.conf.default.addr_gen_mode", 1);
  await host.addBridge("br0", { up: true });
  return host;
}

/** Names of the links' neighbours that somebody put there. */
async function permanentOf(host: Host, link: string): Promise<string[]> {
  return (await host.neighbours.list({ link, state: ["permanent"] })).map(({ address }) => address);
}

test("what is on a port that is taken down is found without a list of all links, and so is who takes its frames", async () => {
  await using host = await opened();
  await host.addVeth("d0", { peer: { name: "d1", up: true }, up: true });
  await host.addLink("m0", "macvlan", { link: "d0", mode: "bridge", up: true });
  await host.addLink("m1", "macvlan", { link: "d1", mode: "bridge", up: true });
  await host.addAddress("m1", "10.3.0.1/24");
  await host.neighbours.add("m1", "10.3.0.9", { lladdr: "02:00:00:00:00:09", state: "noarp" });
  const lists: string[] = [];
  const hear = (report: unknown): void => {
    const { name, subject } = report as { name: string; subject?: string };
    if (name === "RTM_GETLINK" && subject === undefined) lists.push(name);
  };
  subscribe("linkwright:request", hear);
  try {
    await expect(host.attach("d0", "br0", { isolated: true })).rejects.toThrow(/m0, of kind macvlan, is on d0/);
    await host.remove("m0");
    await host.attach("d0", "br0", { isolated: true });
    const [neighbour] = await host.neighbours.list({ link: "m1", address: "10.3.0.9" });
    expect(neighbour).toMatchObject({ state: "noarp" });
    expect(lists).toEqual([]);
    // So a list would be seen.
    await host.links({ only: ["name"] });
    expect(lists).toHaveLength(1);
  } finally {
    unsubscribe("linkwright:request", hear);
  }
});

test("what is on a link is listed: what sends by it, too, and not the other end of a pair", async () => {
  await using host = await opened();
  await host.addVeth("d0", { peer: { name: "d1" } });
  await host.addLink("m0", "macvlan", { link: "d0", mode: "bridge" });
  await host.addVxlan("vx0", { id: 5, link: "d0", port: 4789 });
  await host.addVxlan("vx1", { id: 6, link: "d1", port: 4789 });
  const names = async (filter: object): Promise<string[]> => (await host.links(filter)).map(({ name }) => name);
  expect(await names({ on: "d0" })).toEqual(["m0", "vx0"]);
  expect(await names({ on: "d0", kind: "vxlan", only: ["name"] })).toEqual(["vx0"]);
  expect(await names({ on: "d1" })).toEqual(["vx1"]);
  expect(await names({ on: "br0" })).toEqual([]);
});

test("a bridge that has its ports' MAC keeps its neighbours when that changes with who joins and leaves", async () => {
  await using host = await opened();
  await host.addLink("br1", "bridge", { up: true });
  for (const [name, address] of [
    ["d0", "02:00:00:00:00:07"],
    ["e0", "02:00:00:00:00:01"],
  ] as const)
    await host.addVeth(name, { address, peer: { name: `${name}-far`, up: true }, up: true });
  await host.attach("d0", "br1");
  await host.addAddress("br1", "10.6.0.1/24");
  await host.neighbours.add("br1", "10.6.0.9", { lladdr: "02:00:00:00:00:09" });
  const mac = async (): Promise<string | undefined> => (await host.link("br1")).address;
  const before = await mac();
  for (const options of [{}, { isolated: true }]) {
    await host.attach("e0", "br1", options);
    expect(await mac()).toBe("02:00:00:00:00:01");
    expect(await permanentOf(host, "br1")).toEqual(["10.6.0.9"]);
    await host.detach("e0");
    expect(await mac()).toBe(before);
    expect(await permanentOf(host, "br1")).toEqual(["10.6.0.9"]);
  }
  await host.attach("e0", "br0");
  await host.attach("e0", "br1", { move: true });
  await host.attach("e0", "br0", { move: true });
  expect(await permanentOf(host, "br1")).toEqual(["10.6.0.9"]);
});

test("a port whose MTU would take IPv6 from a bridge is refused, and the bridge keeps all; without such addresses it joins", async () => {
  await using host = await opened();
  await host.addVeth("d0", { mtu: 1000, peer: { name: "d1", up: true }, up: true });
  await host.addAddress("br0", "2001:db8:5::1/64", { flags: ["nodad"] });
  await host.routes.add("2001:db8:9::/48", { gateway: "2001:db8:5::9" });
  const state = async (): Promise<unknown> => {
    const { mtu } = await host.link("br0");
    const addresses = (await host.addresses({ link: "br0", family: "inet6" })).map(({ address }) => address);
    const routes = (await host.routes.list({ protocol: "static" })).map(({ destination }) => destination);
    return { mtu, addresses, routes };
  };
  const before = await state();
  for (const options of [{}, { isolated: true }])
    await expect(host.attach("d0", "br0", options)).rejects.toThrow(
      /br0 would have its MTU of 1000, and lose 2001:db8:5::1\/64 \(EINVAL\); IPv6 needs 1280/,
    );
  expect(await state()).toEqual(before);
  expect((await host.link("d0")).master).toBeUndefined();
  await host.setBridge("br0", { mtu: 1400 });
  await host.attach("d0", "br0");
  expect(await state()).toEqual({ ...(before as object), mtu: 1400 });
  await host.addBridge("br2", { up: true });
  await host.attach("d0", "br2", { move: true });
  expect((await host.link("br2")).mtu).toBe(1000);
});

test("a link that is refused a change with another MAC, or none asked for, keeps its neighbours", async () => {
  await using host = await opened();
  await host.addVeth("d0", { peer: { name: "d1", up: true }, up: true });
  await host.addAddress("d0", "10.7.0.1/24");
  await host.neighbours.add("d0", "10.7.0.9", { lladdr: "02:00:00:00:00:09" });
  await host.neighbours.add("d0", "10.7.0.8", { lladdr: "02:00:00:00:00:08" });
  const { address } = await host.link("d0");
  for (const change of [
    { address: "02:00:00:00:00:77", mtu: 70_000 },
    { arp: false, carrier: true },
  ] as const) {
    await expect(host.setLink("d0", change)).rejects.toBeInstanceOf(NetlinkError);
    expect((await permanentOf(host, "d0")).sort()).toEqual(["10.7.0.8", "10.7.0.9"]);
  }
  expect((await host.link("d0")).address).toBe(address);
});

test("a port that is refused a change which takes it out of its bridge stays there, with what it has as a port", async () => {
  await using host = await opened();
  await host.addVeth("d0", { peer: { name: "d1", up: true }, up: true });
  await host.attach("d0", "br0", { isolated: true, cost: 9 });
  await host.fdb.add("d0", "02:00:00:00:00:a1");
  const there = async (): Promise<unknown> => {
    const { master, linkInfo } = await host.link("d0");
    const { isolated, cost } = linkInfo?.slaveData as { isolated?: boolean; cost?: number };
    const entries = await host.fdb.list({ link: "d0", state: "static" });
    return { master, isolated, cost, entries: entries.map(({ address }) => address) };
  };
  const before = await there();
  expect(before).toMatchObject({ isolated: true, cost: 9, entries: ["02:00:00:00:00:a1"] });
  await expect(host.setLink("d0", { master: 0, gsoMaxSize: 4_000_000_000 })).rejects.toMatchObject({ code: "EINVAL" });
  for (const more of [{}, { txqlen: 77 }])
    await expect(host.setLink("d0", { master: "d1", ...more })).rejects.toThrow(/d1 is no bridge, bond, team or VRF/);
  expect(await there()).toEqual(before);
  expect((await host.link("d0")).txqlen).not.toBe(77);
  await host.setLink("d0", { master: 0, txqlen: 77, up: true });
  const after = await host.link("d0");
  expect(after).toMatchObject({ txqlen: 77, up: true });
  expect(after.master).toBeUndefined();
});

test("an address that a port is told to learn, and does not, is refused with the reason", async () => {
  await using host = await opened();
  for (const name of ["d0", "e0"])
    await host.addVeth(name, { peer: { name: `${name}-far`, up: true }, up: true, master: "br0" });
  await host.fdb.add("d0", "02:00:00:00:00:a4", { flags: ["sticky"] });
  const learn = (address: string): Promise<void> => host.fdb.add("e0", address, { flags: ["use"] });
  await expect(learn("02:00:00:00:00:a4")).rejects.toThrow(/d0 has it, in an entry that is sticky/);
  const { address = "" } = await host.link("d0");
  await expect(learn(address)).rejects.toThrow(/a MAC of the bridge's own, or of one of its ports/);
  await learn("02:00:00:00:00:a5");
});
