import { expect, test } from "vitest";
import { Host, InputError, NetlinkError } from "../../../src/index.js";
import { allAddressFlags, addressFlags } from "../../../src/rtnetlink/address/address.js";
import { givenNeighbourFlags, neighbourFlags } from "../../../src/rtnetlink/neighbour/neighbour.js";

async function opened(): Promise<Host> {
  const host = await Host.open({ namespace: "new" });
  await host.setSysctl("net.ipv6.conf.default.addr_gen_mode", 1);
  await host.addBridge("br0", { up: true });
  return host;
}

async function addressesOf(host: Host): Promise<object[]> {
  return host.addresses({ link: "br0" });
}

const IPV4 = [
  ["broadcast", { broadcast: "10.0.0.77" }],
  ["label", { label: "br0:x" }],
  ["peer", { peer: "10.0.0.9" }],
  ["metric", { rtPriority: 77 }],
] as const;

test.each(IPV4)("replacing an IPv4 address with another %s changes it, and keeps the rest", async (_name, change) => {
  await using host = await opened();
  await host.addAddress("br0", "10.0.0.1/24", { label: "br0:a", broadcast: "10.0.0.255", validLifetime: 900_000 });
  await host.addAddress("br0", "10.0.0.2/24");
  await host.routes.add("10.9.0.0/16", { gateway: "10.0.0.200" });
  await host.routes.add("10.8.0.0/16", { link: "br0", source: "10.0.0.1" });
  await host.replaceAddress("br0", "10.0.0.1/24", change);
  const [first, second] = (await host.addresses({ link: "br0" })).sort((a, b) => (a.address < b.address ? -1 : 1));
  expect(first).toMatchObject({ label: "br0:a", broadcast: "10.0.0.255", ...change });
  expect(first!.validLifetime).toBeLessThanOrEqual(900_000);
  expect(second).toMatchObject({ address: "10.0.0.2/24" });
  const routes = (await host.routes.list({ protocol: "static" })).map(({ destination }) => destination).sort();
  expect(routes).toEqual(["10.8.0.0/16", "10.9.0.0/16"]);
});

test.each([{ scope: "link" }, { flags: ["noprefixroute"] }] as const)(
  "an IPv4 address is replaced with %o; where others or routes need it as it is, that is refused and all stays",
  async (change) => {
    await using host = await opened();
    await host.addAddress("br0", "10.0.0.1/24");
    await host.replaceAddress("br0", "10.0.0.1/24", { ...change });
    const [changed] = await host.addresses({ link: "br0" });
    if ("scope" in change) expect(changed).toMatchObject(change);
    else expect(changed!.flags).toEqual(expect.arrayContaining([...change.flags]));
    await host.replaceAddress("br0", "10.0.0.1/24", { scope: "global", flags: [] });
    await host.addAddress("br0", "10.0.0.2/24");
    await host.routes.add("10.9.0.0/16", { gateway: "10.0.0.200" });
    const state = async (): Promise<unknown[]> => [
      (await host.addresses({ link: "br0" })).map(({ address, scope, flags }) => [address, scope, flags.length]).sort(),
      (await host.routes.list({ protocol: "static" })).map(({ destination }) => destination),
    ];
    const before = await state();
    await expect(host.replaceAddress("br0", "10.0.0.1/24", { ...change })).rejects.toThrow();
    expect((await state())[1]).toEqual(before[1]);
    expect((await host.addresses({ link: "br0" })).every(({ scope }) => scope === "global")).toBe(true);
  },
);

test("replacing an IPv6 address with another prefix length or peer changes it", async () => {
  await using host = await opened();
  await host.addAddress("br0", "fd00::1/64", { flags: ["nodad"] });
  await host.replaceAddress("br0", "fd00::1/128");
  expect(await addressesOf(host)).toMatchObject([{ address: "fd00::1/128" }]);
  await host.replaceAddress("br0", "fd00::1/128", { peer: "fd00::2" });
  expect(await addressesOf(host)).toMatchObject([{ peer: "fd00::2" }]);
});

test.each([
  ["fd00::1/64", { label: "br0:x" }, "label: only IPv4 addresses have one"],
  ["fd00::1/64", { scope: "link" }, "scope: the scope of fd00::1 is global, as its bits say"],
  ["10.0.0.1/24", { flags: ["deprecated"] }, "flags: only the kernel sets deprecated"],
  ["10.0.0.1/24", { flags: ["secondary"] }, "flags: only the kernel sets secondary"],
  ["10.0.0.1/24", { flags: ["permanent"], validLifetime: 5000 }, "flags: only the kernel sets permanent"],
  ["fd00::1/64", { flags: ["tentative"] }, "flags: only the kernel sets tentative"],
  ["fd00::1/64", { flags: ["dadfailed"] }, "flags: only the kernel sets dadfailed"],
] as const)("%s with %o is refused, and not added", async (address, settings, words) => {
  await using host = await opened();
  for (const change of [host.addAddress.bind(host), host.replaceAddress.bind(host)])
    await expect(change("br0", address, settings as object)).rejects.toThrow(words);
  expect(await addressesOf(host)).toEqual([]);
});

test.each([
  ["10.0.0.0/31", undefined, undefined],
  ["10.0.0.1/32", undefined, undefined],
  ["10.0.0.1/24", "10.7.0.9", "10.7.0.255"],
])("the broadcast address + of %s with the peer %s is %s", async (address, peer, broadcast) => {
  await using host = await opened();
  await host.addAddress("br0", address, { broadcast: "+", peer });
  expect((await host.addresses({ link: "br0" }))[0]!.broadcast).toBe(broadcast);
});

test.each(["unknown", "notpresent", "down", "lowerlayerdown"] as const)(
  "the operational state %s, which only the kernel sets, is refused",
  async (operstate) => {
    await using host = await opened();
    await expect(host.setLink("br0", { operstate })).rejects.toThrow(/^operstate: .*testing, dormant, up/);
  },
);

test("a link that is up keeps its routes, next hops and neighbours however it is attached", async () => {
  await using host = await opened();
  await host.addVeth("v0", { peer: { name: "v1", up: true }, up: true });
  await host.addAddress("v0", "192.0.2.2/24");
  await host.addAddress("v0", "2001:db8::2/64", { flags: ["nodad"] });
  await host.routes.add("default", { gateway: "192.0.2.1" });
  await host.routes.add("default", { gateway: "2001:db8::1", family: "inet6" });
  await host.routes.add("198.51.100.0/24", { link: "v0", table: 100, metric: 5 });
  await host.nexthops.add({ id: 7, gateway: "192.0.2.3", link: "v0" });
  await host.routes.add("203.0.113.0/24", { nexthopId: 7 });
  await host.neighbours.add("v0", "192.0.2.1", { lladdr: "02:00:00:00:00:09" });
  const ways = async (): Promise<object> => {
    const routes = await host.routes.list({ link: "v0", table: "all" });
    const neighbours = await host.neighbours.list({ link: "v0", state: ["permanent"] });
    return {
      routes: routes
        .filter(({ protocol }) => protocol === "static")
        .map(({ destination, family, table, gateway, metric, nexthopId }) =>
          JSON.stringify([destination, family, table, gateway, metric, nexthopId]),
        )
        .sort(),
      nexthops: (await host.nexthops.list()).map(({ id, gateway }) => [id, gateway]),
      neighbours: neighbours.map(({ address, lladdr }) => [address, lladdr]),
    };
  };
  const before = await ways();
  await host.attach("v0", "br0", { cost: 7 });
  expect(await ways()).toEqual(before);
  await host.detach("v0");
  await host.attach("v0", "br0", { isolated: true });
  expect(await ways()).toEqual(before);
  await host.addBridge("br1", { up: true });
  await host.attach("v0", "br1", { move: true, learning: false });
  expect(await ways()).toEqual(before);
  await expect(host.attach("v0", "br0", { move: true, isolated: true, priority: 999 })).rejects.toThrow(/ERANGE/);
  expect(await ways()).toEqual(before);
});

test("of two hosts that attach one port to two bridges at once, one says done", async () => {
  await using host = await opened();
  await using namespace = await host.namespaceDescriptor();
  await using other = await Host.open({ namespace: `/proc/self/fd/${namespace.fd}` });
  const [a, b] = [await host.link("br0"), await host.addBridge("br1", { up: true })];
  await host.addVeth("v0", { peer: "v1", up: true });
  const port = await host.link("v0");
  for (let round = 0; round < 300; round++) {
    const options = round % 3 === 0 ? { cost: 7 } : {};
    const said = await Promise.allSettled([host.attach(port, a, options), other.attach(port, b, options)]);
    const done = [a, b].filter((_, place) => said[place]!.status === "fulfilled");
    expect(done.map(({ index }) => index)).toEqual([(await host.link(port)).master]);
    await host.detach(port);
  }
});

test("a bridge that is refused a spanning tree has the forward delay back that it can only have without one", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { forwardDelay: 0, priority: 5 });
  // There is no spanning tree yet when the kernel takes these, and one when it comes to what it refuses.
  const wanted = { stpState: "kernel", priority: 7, groupFwdMask: 7 } as const;
  await expect(host.setBridge("br0", wanted)).rejects.toMatchObject({ code: "EINVAL" });
  const { linkInfo } = await host.link("br0");
  expect(linkInfo?.data).toMatchObject({ stpState: "off", priority: 5, forwardDelay: 0 });
});

test("a link that is refused a change with an MTU that IPv6 cannot have gets back what IPv6 had", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addVeth("v0", { peer: { name: "v1" }, afSpec: { inet6: { addrGenMode: "none" } } });
  const wanted = { mtu: 100, afSpec: { inet6: { addrGenMode: "random" } }, carrier: false } as const;
  await expect(host.setLink("v0", wanted)).rejects.toMatchObject({ code: "EOPNOTSUPP" });
  expect(await host.link("v0")).toMatchObject({ mtu: 1500, afSpec: { inet6: { addrGenMode: "none" } } });
});

test("a timer so short that the kernel takes it for none is refused", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0");
  await expect(host.setBridge("br0", { ageingTime: 5 })).rejects.toMatchObject({
    code: "EOPNOTSUPP",
    attribute: "linkInfo.data.ageingTime",
  });
  await host.setBridge("br0", { ageingTime: 20 });
  await host.setBridge("br0", { ageingTime: 0 });
});

test("a link that is refused a change which took it down, or IPv6 from it, has all back that it had", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addVeth("v0", { peer: { name: "v1", up: true }, up: true });
  await host.addAddress("v0", "192.0.2.2/24");
  await host.addAddress("v0", "2001:db8::2/64", { flags: ["nodad"] });
  await host.routes.add("default", { gateway: "192.0.2.1" });
  await host.routes.add("default", { gateway: "2001:db8::1", family: "inet6", protocol: "ra", expires: 600_000 });
  await host.neighbours.add("v0", "192.0.2.1", { lladdr: "02:00:00:00:00:01", state: "noarp" });
  await host.neighbours.add("v0", "192.0.2.3", { lladdr: "02:00:00:00:00:03", state: "stale", flags: ["extLearned"] });
  await host.neighbours.add("v0", "192.0.2.4", { lladdr: "02:00:00:00:00:04", state: "stale", protocol: "zebra" });
  const had = async (): Promise<object> => ({
    addresses: (await host.addresses({ link: "v0" }))
      .filter(({ scope }) => scope === "global")
      .map(({ address }) => address),
    routes: (await host.routes.list({ link: "v0" }))
      .filter(({ destination, protocol }) => destination === "default" || protocol === "ra")
      .map(({ gateway, protocol }) => [gateway, protocol]),
    neighbours: (await host.neighbours.list({ link: "v0", family: "inet" }))
      .filter(({ type }) => type === "unicast")
      .map(({ address, lladdr, state, flags, protocol }) => JSON.stringify([address, lladdr, state, flags, protocol]))
      .sort(),
  });
  const before = await had();
  expect(before).toMatchObject({ addresses: { length: 2 }, routes: { length: 2 }, neighbours: { length: 3 } });
  const { carrier } = await host.link("v0");
  // No veth can be told that it has a carrier.
  for (const change of [{ up: false }, { mtu: 1000 }] as const) {
    const refusal: unknown = await host.setLink("v0", { ...change, carrier: true }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "EOPNOTSUPP" });
    expect(String((refusal as { hint?: string }).hint)).not.toContain("could not be taken back");
    expect(await host.link("v0")).toMatchObject({ up: true, mtu: 1500, carrier });
    expect(await had()).toEqual(before);
  }
  await host.addBridge("br0", { up: true });
  await host.attach("v0", "br0", { isolated: true });
  expect(await had()).toEqual(before);
});

test("the other end of a veth that is taken down to be attached keeps its next hops", async () => {
  await using host = await opened();
  await host.addVeth("v0", { peer: { name: "v1", up: true }, up: true });
  await host.addAddress("v1", "192.0.2.2/24");
  await host.nexthops.add({ id: 7, gateway: "192.0.2.3", link: "v1" });
  await host.routes.add("203.0.113.0/24", { nexthopId: 7 });
  await host.attach("v0", "br0", { isolated: true });
  expect((await host.nexthops.list()).map(({ id }) => id)).toEqual([7]);
  expect((await host.routes.list({ destination: "203.0.113.0/24" })).map(({ nexthopId }) => nexthopId)).toEqual([7]);
});

test("what an address cannot be given is refused with the reason, and no broadcast is none", async () => {
  await using host = await opened();
  const add = (address: string, settings: object): Promise<void> => host.addAddress("br0", address, settings);
  for (const address of ["10.0.0.1/24", "fd00::1/64"])
    for (const flag of ["temporary", "secondary", "tentative", "stablePrivacy"])
      await expect(add(address, { flags: [flag] })).rejects.toThrow(`flags: only the kernel sets ${flag}`);
  for (const flag of ["homeaddress", "managetempaddr"])
    await expect(add("10.0.0.1/24", { flags: [flag] })).rejects.toThrow(
      `flags: only an IPv6 address can be given ${flag}`,
    );
  await expect(add("10.0.0.1/24", { label: "" })).rejects.toThrow("label: an address has the link's name, unless");
  await add("10.0.0.1/24", { broadcast: "0.0.0.0" });
  await host.replaceAddress("br0", "10.0.0.1/24", { broadcast: "10.0.0.255" });
  await host.replaceAddress("br0", "10.0.0.1/24", { broadcast: "0.0.0.0" });
  const [found] = await host.addresses({ link: "br0", family: "inet" });
  expect(found).toMatchObject({ address: "10.0.0.1/24", broadcast: undefined });
});

test("beside use and managed, what the kernel takes no notice of is refused", async () => {
  await using host = await opened();
  const lladdr = "02:00:00:00:00:09";
  for (const order of [{ flags: ["use"] }, { flagsExt: ["managed"] }] as const)
    for (const [more, attribute] of [
      [{ lladdr }, "lladdr"],
      [{ state: "permanent" }, "state"],
      [{ flags: ["use", "router"] }, "flags"],
    ] as const)
      await expect(host.neighbours.add("br0", "10.0.0.9", { ...order, ...more })).rejects.toThrow(
        new RegExp(`^${attribute}: beside (use|managed) the kernel takes no notice of`),
      );
  await expect(host.neighbours.add("br0", "10.0.0.9", { proxy: true, state: "stale" })).rejects.toThrow(/^state: /);
  expect(await host.neighbours.list({ link: "br0", address: "10.0.0.9" })).toEqual([]);
  await host.addVeth("v0", { peer: { name: "v1", up: true }, up: true, master: "br0" });
  for (const more of [{ flags: ["use", "sticky"] }, { flags: ["use", "extLearned"] }, { protocol: "zebra" }] as const)
    await expect(host.fdb.add("v0", lladdr, { flags: ["use"], ...more })).rejects.toThrow();
  await expect(host.fdb.add("v0", lladdr, { flags: ["use", "extLearned"] })).rejects.toThrow("no notice of extLearned");
  // A port that is blocked learns nothing, and the kernel says yes.
  await host.setBridge("br0", { stpState: "kernel" });
  await host.setLink("v0", { up: false });
  await expect(host.fdb.add("v0", lladdr, { flags: ["use"] })).rejects.toMatchObject({ code: "EOPNOTSUPP" });
  expect((await host.fdb.list({ link: "v0" })).filter(({ address }) => address === lladdr)).toEqual([]);
});

interface Words {
  readonly choices?: readonly string[] | undefined;
  readonly offered?: readonly string[] | undefined;
}

test("help and schema offer the flags that can be given, and no others", async () => {
  await using host = await opened();
  await host.addVeth("v0", { peer: { name: "v1", up: true }, up: true, master: "br0" });
  const lladdr = "02:00:00:00:00:09";
  const isTaken = (setting: Promise<void>): Promise<boolean> =>
    setting.then(
      () => true,
      (error: unknown) => !(error instanceof InputError),
    );
  const neighbour = (flag: never): object => (["use", "proxy"].includes(flag) ? {} : { lladdr });
  const ways: [Words, Words, (flag: never) => Promise<void>][] = [
    [
      allAddressFlags,
      addressFlags,
      (flag) => host.replaceAddress("br0", "fd00::1/64", { flags: [flag], validLifetime: 60_000 }),
    ],
    [
      neighbourFlags,
      givenNeighbourFlags,
      (flag) => host.neighbours.replace("br0", "10.0.0.9", { ...neighbour(flag), flags: [flag] }),
    ],
  ];
  for (const [all, given, give] of ways) {
    const words = [...new Set([...all.choices!, ...given.offered!])];
    const taken: string[] = [];
    for (const word of words) if (await isTaken(give(word as never))) taken.push(word);
    expect(taken.sort()).toEqual([...given.offered!].sort());
  }
});

test("a setting that the kernel does not keep is refused, and a time may be rounded to its ticks", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.setSysctl("net.ipv4.neigh.lo.retrans_time_ms", 1001);
  expect(Math.abs(Number(await host.sysctl("net.ipv4.neigh.lo.retrans_time_ms")) - 1001)).toBeLessThanOrEqual(20);
  await host.setSysctl("net.ipv4.ip_forward", 1);
  // A time that became none, and seconds of which others are there, are none that were rounded.
  await host.setSysctl("net.ipv4.neigh.lo.locktime", 1).catch((error: unknown) => {
    expect(error).toMatchObject({ code: "EOPNOTSUPP" });
  });
  expect(await host.sysctl("net.ipv4.neigh.lo.locktime")).not.toBe("0");
  for (const [name, value] of [
    ["net.ipv4.neigh.lo.locktime", 2 ** 32 + 1],
    ["net.ipv4.icmp_ratelimit", 2 ** 32 + 100],
  ] as const) {
    const before = await host.sysctl(name);
    await expect(host.setSysctl(name, value)).rejects.toMatchObject({ code: "EOPNOTSUPP", subject: name });
    expect(await host.sysctl(name)).toBe(before);
  }
});

test("what is asked for after a change that has to look first, in the same turn, comes after it", async () => {
  await using host = await opened();
  const { index } = await host.link("br0");
  await Promise.all([
    host.setLink(index, { up: false, mtu: 1100 }),
    host.setLink(index, { up: true }),
    host.setLink(index, { mtu: 1200, alias: "later" }),
    host.setLink(index, { mtu: 1400 }),
  ]);
  expect(await host.link("br0")).toMatchObject({ up: true, mtu: 1400, alias: "later" });
});

test("routes that the kernel has from somebody, and those with a source that was looked for, are put back", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { up: true });
  await host.addVeth("v0", { peer: { name: "v1", up: true }, up: true });
  await host.addAddress("v0", "10.0.0.2/24", { flags: ["noprefixroute"] });
  await host.addAddress("v0", "fd00::2/64", { flags: ["noprefixroute"] });
  await host.addAddress("v0", "2001:db8::1/64");
  const own = { link: "v0", protocol: "kernel", metric: 100 } as const;
  await host.routes.add("10.0.0.0/24", { ...own, scope: "link" });
  await host.routes.add("fd00::/64", own);
  await host.routes.add("default", { gateway: "10.0.0.1" });
  // Its address is usable once nobody else has been found to have it.
  await host.waitFor("v0", "addresses");
  await host.routes.add("2001:db8:9::/48", { gateway: "2001:db8::2", source: "2001:db8::1" });
  // The local routes of addresses the kernel makes in its own time.
  const had = async (): Promise<object> => ({
    routes: (await host.routes.list({ link: "v0", table: "all" }))
      .filter(({ destination, type }) => type === "unicast" && !destination.startsWith("fe80:"))
      .map(({ destination, protocol, metric, source, type }) =>
        JSON.stringify([destination, protocol, metric, source, type]),
      )
      .sort(),
    flags: (await host.addresses({ link: "v0" }))
      .filter(({ scope }) => scope === "global")
      .map(({ address, flags }) => `${address} ${flags.join()}`)
      .sort(),
  });
  const before = await had();
  await host.attach("v0", "br0", { isolated: true });
  expect(await had()).toEqual(before);
});

test("what has not all that is said of it is not removed, and stays", async () => {
  await using host = await opened();
  await host.addVeth("d0", { peer: "d1", up: true, master: "br0" });
  const neighbour = "10.0.0.5";
  const mac = "02:00:00:00:00:01";
  await host.addAddress("br0", "10.0.0.1/24", { rtPriority: 7 });
  await host.addAddress("br0", "fd00::1/64", { flags: ["nodad"] });
  await host.neighbours.add("br0", neighbour, { lladdr: mac });
  await host.fdb.add("d0", mac);
  await host.routes.add("10.2.0.0/16", { gateway: "10.0.0.9", link: "br0" });
  await host.routes.add("fd02::/48", { gateway: "fd00::9", metrics: { mtu: 1400 } });
  await host.addVxlan("vx0", { id: 5, port: 4789, up: true });
  await host.mdb.add("vx0", "239.1.1.1", { dst: "192.0.2.4", dstPort: 5000 });
  await host.qdiscs.add("d0", { kind: "htb", handle: "1:" });
  const filter = { parent: "1:", protocol: "ip", priority: 3 } as const;
  await host.filters.add("d0", {
    ...filter,
    kind: "u32",
    options: { classid: "1:1", sel: { keys: [{ val: 0, mask: 0 }] } },
  });
  const there = async (): Promise<unknown> => [
    (await host.addresses({ link: "br0" })).map(({ address }) => address),
    (await host.neighbours.list({ state: ["permanent"], family: "inet" })).map(({ address }) => address),
    (await host.fdb.list({ link: "d0", state: "static" })).map(({ address }) => address),
    (await host.routes.list({ protocol: "static" })).map(({ destination }) => destination),
    (await host.mdb.list({ port: "vx0" })).map(({ group }) => group),
    (await host.qdiscs.list({ link: "d0", kind: "htb" })).map(({ handle }) => handle),
    ...(await host.filters.list({ link: "d0", parent: "1:" }).catch(() => [])).slice(0, 1).map(({ kind }) => kind),
  ];
  const before = await there();
  const far = { dst: "192.0.2.4" } as const;
  const removals: [attribute: string | undefined, code: string, removal: Promise<unknown>][] = [
    ["peer", "EADDRNOTAVAIL", host.removeAddress("br0", "fd00::1/64", { peer: "fd00::77" })],
    ["flags", "EADDRNOTAVAIL", host.removeAddress("br0", "fd00::1/64", { flags: ["noprefixroute"] })],
    ["broadcast", "EADDRNOTAVAIL", host.removeAddress("br0", "10.0.0.1/24", { broadcast: "10.0.0.77" })],
    ["scope", "EADDRNOTAVAIL", host.removeAddress("br0", "10.0.0.1/24", { scope: "link" })],
    ["rtPriority", "EADDRNOTAVAIL", host.removeAddress("br0", "10.0.0.1/24", { rtPriority: 8 })],
    ["lladdr", "ENOENT", host.neighbours.remove("br0", neighbour, { lladdr: "02:00:00:00:00:99" })],
    ["state", "ENOENT", host.neighbours.remove("br0", neighbour, { state: "stale" })],
    ["flags", "ENOENT", host.neighbours.remove("br0", neighbour, { flags: ["router"] })],
    ["protocol", "ENOENT", host.neighbours.remove("br0", neighbour, { protocol: "bgp" })],
    ["flags", "ENOENT", host.fdb.remove("d0", mac, { flags: ["sticky"] })],
    [undefined, "ESRCH", host.routes.remove("10.2.0.0/16", { gateway: "10.0.0.9", link: "br0", onlink: true })],
    [undefined, "ESRCH", host.routes.remove("fd02::/48", { metrics: { mtu: 1300 } })],
    [undefined, "ESRCH", host.routes.remove("fd02::/48", { expires: 9000 })],
    [undefined, "ENOENT", host.mdb.remove("vx0", "239.1.1.1", { ...far, dstPort: 5001 })],
    [undefined, "ENOENT", host.mdb.remove("vx0", "239.1.1.1", { ...far, vni: 9 })],
    [undefined, "EINVAL", host.qdiscs.remove("d0", { handle: "1:", kind: "tbf" })],
    [undefined, "EINVAL", host.filters.remove("d0", { ...filter, kind: "flower" })],
  ];
  const refusals = await Promise.allSettled(removals.map(([, , removal]) => removal));
  for (const [place, [attribute, code]] of removals.entries())
    expect(refusals[place]).toMatchObject({ status: "rejected", reason: { code, attribute } });
  expect(await there()).toEqual(before);

  await host.removeAddress("br0", "fd00::1/64", { flags: ["nodad"], scope: "global" });
  await host.neighbours.remove("br0", neighbour, { lladdr: mac.toUpperCase(), state: "permanent", flags: [] });
  await host.fdb.remove("d0", mac, { flags: ["master"] });
  await host.routes.remove("10.2.0.0/16", { gateway: "10.0.0.9", onlink: false });
  await host.removeAddress("br0", "10.0.0.1/24", { rtPriority: 7, scope: "global" });
  await host.mdb.remove("vx0", "239.1.1.1", { ...far, dstPort: 5000, vni: 5 });
  await host.routes.remove("fd02::/48", { metrics: { mtu: 1400 } });
  await host.filters.remove("d0", { ...filter, kind: "u32" });
  await host.qdiscs.remove("d0", { kind: "htb" });
  expect(await there()).toEqual([[], [], [], [], [], []]);
});

test("a setting that is refused has its former value, and several numbers are read back", async () => {
  await using host = await opened();
  await host.setSysctl("net.ipv4.conf.br0.rp_filter", 1);
  await expect(host.setSysctl("net.ipv4.conf.br0.rp_filter", "2 7")).rejects.toBeInstanceOf(NetlinkError);
  expect(await host.sysctl("net.ipv4.conf.br0.rp_filter")).toBe("1");
  const range = await host.sysctl("net.ipv4.ping_group_range");
  await host.setSysctl("net.ipv4.ip_local_port_range", "20000 30001");
  await expect(host.setSysctl("net.ipv4.ping_group_range", "7 3")).rejects.toMatchObject({ code: "EOPNOTSUPP" });
  expect(await host.sysctl("net.ipv4.ping_group_range")).toBe(range);
});

test.each(["noarp", "probe", "delay"] as const)(
  "a neighbour that is %s is not added without an address",
  async (state) => {
    await using host = await opened();
    await expect(host.neighbours.add("br0", "10.9.9.9", { state })).rejects.toMatchObject({ path: "lladdr" });
    expect(await host.neighbours.list({ address: "10.9.9.9" })).toEqual([]);
  },
);

test("a port whose move is refused has its entries in its bridge's tables back", async () => {
  await using host = await opened();
  await host.addBridge("br1", { up: true, mcastQuerier: true });
  await host.addVeth("d0", { peer: { name: "d1", up: true }, up: true, master: "br0" });
  await host.fdb.add("d0", "02:00:00:00:00:a1");
  await host.fdb.add("d0", "02:00:00:00:00:a2", { state: "permanent" });
  await host.fdb.add("d0", "02:00:00:00:00:a4", { flags: ["sticky"] });
  await host.fdb.add("d0", "02:00:00:00:00:a5", { flags: ["extLearned"] });
  await host.mdb.add("d0", "239.1.1.1", { state: "permanent" });
  const there = async (): Promise<unknown[]> => [
    ...(await host.fdb.list({ link: "d0", table: "bridge" }))
      .filter(({ address }) => address.startsWith("02:00:00:00:00:a"))
      .map(({ address, state, flags }) => [address, state, flags])
      .sort(),
    ...(await host.mdb.list({ port: "d0" })).map(({ group, state }) => [group, state]),
  ];
  const before = await there();
  expect(before).toHaveLength(5);
  const move = host.attach("d0", "br1", { move: true, isolated: true, state: "disabled" });
  await expect(move).rejects.toBeInstanceOf(NetlinkError);
  expect((await host.link("d0")).master).toBe((await host.link("br0")).index);
  expect(await there()).toEqual(before);
});
