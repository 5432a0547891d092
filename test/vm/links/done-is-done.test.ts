import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";

test("a bond's MAC that follows its port is not said to be changed", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addLink("d0", "dummy");
  await host.addBond("b0", { mode: "active-backup", failOverMac: "active", ports: ["d0"], up: true });
  const { address } = await host.link("b0");
  const wanted = { address: "02:00:00:00:00:77" };
  await expect(host.setBond("b0", wanted)).rejects.toThrow(/refused address of RTM_NEWLINK.*see failOverMac/);
  await expect(host.setLink("b0", wanted)).rejects.toThrow(/refused address of RTM_NEWLINK.*see failOverMac/);
  expect((await host.link("b0")).address).toBe(address);
});

test("a far end that a VXLAN does not have is not said to be removed, and one is found by what is given", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addLink("vx0", "vxlan", { id: 5, port: 4789, up: true });
  const all = "00:00:00:00:00:00";
  const ends = async (): Promise<unknown[]> =>
    (await host.fdb.list({ link: "vx0" })).map(({ dst, port, vni }) => [dst, port, vni]);
  await host.fdb.append("vx0", all, { dst: "192.0.2.4", port: 5000 });
  await host.fdb.append("vx0", all, { dst: "192.0.2.4", vni: 9 });
  await host.fdb.append("vx0", all, { dst: "192.0.2.5" });
  const before = await ends();
  for (const key of [{ dst: "192.0.2.9" }, { dst: "192.0.2.4", port: 7 }, { dst: "192.0.2.4", vni: 7 }, { port: 7 }])
    await expect(host.fdb.remove("vx0", all, key)).rejects.toMatchObject({ code: "ENOENT" });
  expect(await ends()).toEqual(before);
  await host.fdb.remove("vx0", all, { dst: "192.0.2.4" });
  expect(await ends()).toEqual([["192.0.2.5", undefined, undefined]]);
  await host.fdb.remove("vx0", all, { dst: "192.0.2.5", port: 4789, vni: 5 });
  expect(await ends()).toEqual([]);
});

test("what stands on a port keeps its routes and addresses when the port is taken down to be attached", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.setSysctl("net.ipv6.conf.default.accept_dad", 0);
  await host.addBridge("br0", { up: true });
  await host.addVeth("v0", { peer: { name: "v1", up: true }, up: true });
  await host.addLink("v0.10", "vlan", { link: "v0", id: 10, up: true });
  await host.addLink("v0.10.5", "vlan", { link: "v0.10", id: 5, up: true });
  await host.addLink("v0.20", "vlan", { link: "v0", id: 20 });
  await host.addLink("m0", "macvlan", { link: "v1", mode: "bridge", up: true });
  const links = ["v0.10", "v0.10.5", "m0"];
  for (const [place, link] of links.entries()) {
    await host.addAddress(link, `192.0.${place}.2/24`);
    await host.addAddress(link, `2001:db8:${place}::2/64`, { flags: ["nodad"] });
    await host.routes.add(`10.${place}.0.0/16`, { gateway: `192.0.${place}.1` });
    await host.routes.add(`2001:db8:f${place}::/48`, { gateway: `2001:db8:${place}::1` });
    await host.nexthops.add({ id: place + 1, gateway: `192.0.${place}.3`, link });
    await host.neighbours.add(link, `192.0.${place}.1`, { lladdr: "02:00:00:00:00:09", state: "noarp" });
  }
  const had = async (): Promise<object> => {
    const present = [];
    for (const link of links) {
      const { up, mtu } = await host.link(link);
      const addresses = (await host.addresses({ link })).filter(({ scope }) => scope === "global");
      const routes = (await host.routes.list({ link })).filter(({ protocol }) => protocol === "static");
      const neighbours = await host.neighbours.list({ link, state: ["noarp"], family: "inet" });
      present.push({
        ...{ link, up, mtu },
        addresses: addresses.map(({ address }) => address),
        routes: routes.map(({ destination }) => destination).sort(),
        neighbours: neighbours.filter(({ type }) => type === "unicast").map(({ address }) => address),
      });
    }
    const { up } = await host.link("v0.20");
    return { present, down: up, nexthops: (await host.nexthops.list()).map(({ id }) => id) };
  };
  const before = await had();
  expect(before).toMatchObject({ down: false, nexthops: [1, 2, 3] });
  await host.attach("v0", "br0", { isolated: true });
  expect(await had()).toEqual(before);
  await host.detach("v0");
  await expect(host.attach("v0", "br0", { isolated: true, priority: 999 })).rejects.toThrow(/ERANGE/);
  expect(await had()).toEqual(before);
  await expect(host.setLink("v0", { up: false, carrier: true })).rejects.toThrow(/EOPNOTSUPP/);
  await expect(host.setLink("v0", { mtu: 1000, carrier: true })).rejects.toThrow(/EOPNOTSUPP/);
  expect(await had()).toEqual(before);
  expect((await host.links({ on: "v0" })).map(({ name }) => name)).toEqual(["v0.10", "v0.20"]);
});

test("a port that a macvlan has taken is said to be so", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0");
  await host.addVeth("v0", { peer: { name: "v1" } });
  await host.addLink("m0", "macvlan", { link: "v0" });
  await expect(host.attach("v0", "br0")).rejects.toThrow(/m0, of kind macvlan, is on v0/);
});

test("a port whose move is refused has its VLANs back, with what is set of each", async () => {
  await using host = await Host.open({ namespace: "new" });
  for (const bridge of ["br0", "br1"]) await host.addBridge(bridge, { vlanFiltering: true, up: true });
  await host.addVeth("d0", { peer: { name: "d1", up: true }, up: true });
  await host.attach("d0", "br0", {
    vlans: [
      { id: 10, pvid: true, untagged: true },
      { id: 20, to: 30, state: "blocking" },
      { id: 40, tunnel: 7 },
    ],
    cost: 9,
  });
  const there = async (): Promise<unknown> => [
    (await host.link("d0")).master,
    ((await host.link("d0")).linkInfo?.slaveData as { cost?: number } | undefined)?.cost,
    await host.bridgeVlans.list({ link: "d0" }),
  ];
  const before = await there();
  expect(before).toMatchObject([{}, 9, { length: 3 }]);
  const options = { move: true, vlans: [{ id: 5 }], isolated: true, state: "disabled" } as const;
  await expect(host.attach("d0", "br1", options)).rejects.toMatchObject({ code: "EOPNOTSUPP" });
  expect(await there()).toEqual(before);
});

test("a link that is refused a change after it went into a VRF, or got another MAC, has all back, and so have VLANs with its MAC", async () => {
  await using host = await Host.open({ namespace: "new" });
  const { index: master } = await host.addLink("red", "vrf", { table: 100, up: true });
  await host.addLink("d0", "dummy", { up: true });
  await host.addLink("d0.10", "vlan", { link: "d0", id: 10, up: true });
  await host.addAddress("d0", "10.0.0.1/24");
  await host.addAddress("d0", "2001:db8::1/64", { flags: ["nodad"] });
  await host.addAddress("d0.10", "10.1.0.1/24");
  await host.routes.add("10.9.0.0/16", { gateway: "10.0.0.9" });
  await host.routes.add("2001:db8:9::/48", { gateway: "2001:db8::9" });
  for (const [link, address] of [
    ["d0", "10.0.0.9"],
    ["d0.10", "10.1.0.9"],
  ] as const)
    await host.neighbours.add(link, address, { lladdr: "02:00:00:00:00:09" });
  const there = async (): Promise<unknown> => ({
    master: (await host.link("d0")).master,
    address: (await host.link("d0.10")).address,
    routes: (await host.routes.list({ protocol: "static" })).map(({ destination }) => destination).sort(),
    addresses: (await host.addresses({ link: "d0" })).map(({ address }) => address).sort(),
    neighbours: (await host.neighbours.list({ state: ["permanent"] })).map(({ address }) => address).sort(),
  });
  const before = await there();
  expect(before).toMatchObject({ neighbours: ["10.0.0.9", "10.1.0.9"], routes: { length: 2 } });
  for (const change of [{ master }, { address: "02:00:00:00:00:77" }, { arp: false }]) {
    await expect(host.setLink("d0", { ...change, gsoMaxSize: 4_000_000_000 })).rejects.toMatchObject({
      code: "EINVAL",
    });
    expect(await there()).toEqual(before);
  }
});

test("a VLAN on a bridge that has its ports' MAC keeps its neighbours when that changes", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addLink("br0", "bridge", { up: true });
  await host.addLink("d0", "dummy", { address: "02:00:00:00:00:07", up: true });
  await host.addLink("e0", "dummy", { address: "02:00:00:00:00:01", up: true });
  await host.attach("d0", "br0");
  await host.addLink("br0.10", "vlan", { link: "br0", id: 10, up: true });
  await host.addAddress("br0.10", "10.1.0.1/24");
  await host.neighbours.add("br0.10", "10.1.0.9", { lladdr: "02:00:00:00:00:09" });
  await host.attach("e0", "br0");
  expect((await host.link("br0.10")).address).toBe("02:00:00:00:00:01");
  expect(await host.neighbours.list({ link: "br0.10", state: ["permanent"] })).toHaveLength(1);
  await host.detach("e0");
  expect(await host.neighbours.list({ link: "br0.10", state: ["permanent"] })).toHaveLength(1);
});
