import { afterAll, beforeAll, expect, test } from "vitest";
import { Host, InputError, type LinkReference } from "../../../src/index.js";

let host: Host;

beforeAll(async () => {
  host = await Host.open({ namespace: "new" });
  await host.addVeth("eth0", { peer: { name: "far0", up: true } });
  await host.addVeth("port0", { peer: "far1" });
  await host.addBridge("br0", { up: true });
  await host.attach("port0", "br0");
  await host.addVlan("eth0.10", { link: "eth0", id: 10 });
});

afterAll(async () => {
  await host.close();
});

async function refusal(request: Promise<unknown>): Promise<unknown> {
  return request.then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function missing(link: LinkReference): Promise<boolean> {
  return (await host.links()).every(({ name }) => name !== link);
}

test("a VLAN that the link has already is named, and a name that is taken is told apart from it", async () => {
  expect(await refusal(host.addVlan("other", { link: "eth0", id: 10 }))).toMatchObject({
    code: "EEXIST",
    hint: "VLAN 10 of eth0 exists already: it is eth0.10",
  });
  expect(await refusal(host.addVlan("br0", { link: "eth0", id: 12 }))).toMatchObject({
    code: "EEXIST",
    hint: "a link named br0 exists already",
  });
});

test("what cannot be without a link below is refused without one, before the kernel is asked", async () => {
  for (const kind of ["vlan", "macvlan", "macvtap", "ipvlan", "ipvtap"] as const) {
    const error = await refusal(host.addLink("x0", kind, {} as never));
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({ message: `link: a link of kind ${kind} needs the link below` });
  }
});

test("a link below that is not there is named", async () => {
  expect(await refusal(host.addVlan("x0", { link: "nope", id: 5 }))).toMatchObject({
    code: "ENODEV",
    subject: "nope",
    hint: "there is no such link in this network namespace",
  });
});

test("a macvlan on a bridge's port: it is said who takes the frames", async () => {
  expect(await refusal(host.addMacvlan("x0", { link: "port0", mode: "bridge" }))).toMatchObject({
    code: "EBUSY",
    hint: "port0 is a port of br0, which takes its frames",
  });
});

test("an option that is fixed at creation is not changed without a word, and nothing else is changed with it", async () => {
  const error = await refusal(host.setKind("eth0.10", "vlan", { id: 20, flags: { gvrp: true } }));
  expect(error).toMatchObject({
    code: "EOPNOTSUPP",
    attribute: "linkInfo.data.id",
    hint: "id can be given only when it is created",
  });
  expect((await host.link("eth0.10")).linkInfo?.data).toMatchObject({ id: 10, flags: { gvrp: false } });
});

test("a VRF's table is fixed, and a kind is not taken for another", async () => {
  await host.addLink("blue", "vrf", { table: 10 });
  expect(await refusal(host.setKind("blue", "vrf", { table: 11 }))).toMatchObject({
    code: "EOPNOTSUPP",
    hint: "table can be given only when it is created",
  });
  expect(await refusal(host.setKind("blue", "vlan", { flags: { gvrp: true } }))).toMatchObject({
    code: "EOPNOTSUPP",
    kernelMessage: "it is not a vlan",
  });
});

test("a priority that a tag cannot have is refused before the kernel cuts it off", async () => {
  const error = await refusal(host.addVlan("x0", { link: "eth0", id: 30, egressQos: [{ from: 0, to: 8 }] }));
  expect(error).toMatchObject({ path: "linkInfo.data.egressQos.0.to", problem: "8 is not an integer from 0 to 7" });
});

test("an MTU larger than that of the link below is refused with that MTU", async () => {
  expect(await refusal(host.setLink("eth0.10", { mtu: 1501 }))).toMatchObject({
    code: "ERANGE",
    hint: "eth0, the link below it, has an MTU of 1500",
  });
});

test("a change of a list that fails half-way is taken back", async () => {
  await host.addMacvlan("src0", { link: "eth0", mode: "source", macaddrData: ["02:00:00:00:00:01"] });
  const change = { macaddrData: ["02:00:00:00:00:02"], mode: "passthru" } as const;
  expect(await refusal(host.setKind("src0", "macvlan", change))).toMatchObject({ code: "EINVAL" });
  expect((await host.link("src0")).linkInfo?.data).toMatchObject({
    mode: "source",
    macaddrData: ["02:00:00:00:00:01"],
  });
});

test("a rapid deployment of prefixes that do not fit is refused with what does not, and the longest that do are taken", async () => {
  const fitting = {
    local: "192.0.2.9",
    sixRdPrefix: "2001:db8:ff00::",
    sixRdPrefixlen: 40,
    sixRdRelayPrefix: "10.0.0.0",
  };
  expect(await refusal(host.addLink("sit9", "sit", fitting))).toMatchObject({
    name: "InputError",
    path: "sixRdPrefixlen",
    problem:
      "40 bits, and the 32 of an IPv4 address that sixRdRelayPrefixlen leaves, are more than the 64 of a network",
  });
  expect(await missing("sit9")).toBe(true);
  await host.addLink("sit9", "sit", { ...fitting, sixRdRelayPrefixlen: 8 });
  expect(await refusal(host.setKind("sit9", "sit", { sixRdRelayPrefixlen: 7 }))).toMatchObject({
    path: "sixRdPrefixlen",
  });
  expect(await refusal(host.setKind("sit9", "sit", { sixRdPrefixlen: 39 }))).toMatchObject({ path: "sixRdPrefix" });
  await host.setKind("sit9", "sit", { sixRdPrefix: "2001:db8:0:1::", sixRdPrefixlen: 64, sixRdRelayPrefixlen: 32 });
  expect((await host.link("sit9")).linkInfo?.data).toMatchObject({ sixRdPrefixlen: 64, sixRdRelayPrefixlen: 32 });
});

test("an end of a tunnel over IPv4 that is an IPv6 address is refused before the kernel cuts it off, and the reverse", async () => {
  const six = { path: "local", problem: "2001:db8::1 is an IPv6 address, and the tunnel is one over IPv4" };
  for (const kind of ["gre", "gretap", "erspan", "ipip", "sit", "vti"] as const)
    expect(await refusal(host.addLink("tun0", kind, { local: "2001:db8::1" }))).toMatchObject(six);
  const four = { path: "remote", problem: "192.0.2.1 is an IPv4 address, and the tunnel is one over IPv6" };
  for (const kind of ["ip6gre", "ip6gretap", "ip6erspan", "ip6tnl", "vti6"] as const)
    expect(await refusal(host.addLink("tun0", kind, { remote: "192.0.2.1" }))).toMatchObject(four);
  await host.addLink("tun0", "gretap", { local: "192.0.2.1", remote: "192.0.2.2" });
  expect(await refusal(host.setKind("tun0", "gretap", { local: "2001:db8::1" }))).toMatchObject(six);
  expect(await refusal(host.addVxlan("vx0", { id: 5, remote: "192.0.2.1", remote6: "2001:db8::1" }))).toMatchObject({
    path: "remote6",
    problem: "it excludes remote: an end has one address",
  });
});

test("a flow label and a VNI that are too long are refused before the kernel cuts them off", async () => {
  for (const kind of ["vxlan", "geneve"] as const)
    expect(await refusal(host.addLink("t0", kind, { id: 5, label: 2 ** 20 }))).toMatchObject({
      path: "linkInfo.data.label",
      problem: "1048576 is not an integer from 0 to 1048575",
    });
  await host.addVxlan("vx5", { id: 5, local: "192.0.2.1" });
  const vni = host.fdb.add("vx5", "02:00:00:00:00:01", { dst: "192.0.2.2", vni: 2 ** 24 });
  expect(await refusal(vni)).toMatchObject({ path: "vni" });
});

test("of several settings that may be meant, none is accused alone, and what is found is said", async () => {
  const tooLarge = { attribute: undefined, hint: "eth0, the link below it, has an MTU of 1500" };
  expect(await refusal(host.addVlan("x0", { link: "eth0", id: 31, mtu: 1501 }))).toMatchObject(tooLarge);
  expect(await refusal(host.setKind("eth0.10", "vlan", { mtu: 1501, flags: { gvrp: true } }))).toMatchObject(tooLarge);
  expect((await host.link("eth0.10")).linkInfo?.data).toMatchObject({ flags: { gvrp: false } });
  expect(await refusal(host.addMacvtap("x0", { link: "lo", mode: "bridge" }))).toMatchObject({
    attribute: undefined,
    hint: "lo is the loopback link, on which no macvtap can be",
  });
  expect(await refusal(host.addLink("all", "dummy", {}))).toMatchObject({
    hint: "no link is named all, which stands for every link among settings",
  });
});
