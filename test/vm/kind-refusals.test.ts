import { afterAll, beforeAll, expect, test } from "vitest";
import { Host, InputError, type LinkReference } from "../../src/index.js";

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

test("a VLAN does not come up while the link below is down, and that link is named", async () => {
  const hint = "eth0, the link below it, is down: bring that up first";
  expect(await refusal(host.setLink("eth0.10", { up: true }))).toMatchObject({ code: "ENETDOWN", hint });
  expect(await refusal(host.addVlan("eth0.11", { link: "eth0", id: 11, up: true }))).toMatchObject({
    code: "ENETDOWN",
    hint,
  });
  expect(await missing("eth0.11")).toBe(true);
  expect((await host.link("eth0")).up).toBe(false);
});

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
    const error = await refusal(host.addLink("x0", kind, {}));
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
