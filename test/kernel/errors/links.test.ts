import { afterAll, beforeAll, expect, test } from "vitest";
import { type BridgeOptions, Host, InputError, type LinkSettings, NetlinkError } from "../../../src/index.js";

let host: Host;

beforeAll(async () => {
  host = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { up: true });
  await host.addTap("tap0", { bridge: "br0" });
  await host.addTap("free0");
});

afterAll(async () => {
  await host.close();
});

/** What a request rejects with. */
async function refusal(request: Promise<unknown>): Promise<unknown> {
  return request.then(
    () => undefined,
    (error: unknown) => error,
  );
}

test("a kind that this kernel lacks is named with its option", async ({ skip }) => {
  const error = await refusal(host.addLink("dummy0", "dummy", {}));
  if (error === undefined) await host.remove("dummy0");
  skip(error === undefined, "this kernel has links of kind dummy");
  expect(error).toBeInstanceOf(NetlinkError);
  expect(error).toMatchObject({
    code: "EOPNOTSUPP",
    syscall: "RTM_NEWLINK",
    kernelMessage: "Unknown device type",
    message:
      "dummy0: the kernel refused RTM_NEWLINK: Unknown device type (EOPNOTSUPP); " +
      "this kernel has no links of kind dummy; it needs CONFIG_DUMMY, module dummy",
  });
});

test("a kind that no kernel has is named", async () => {
  expect(await refusal(host.addLink("x0", { other: "nonesuch" }))).toMatchObject({
    message:
      "x0: the kernel refused RTM_NEWLINK: Unknown device type (EOPNOTSUPP); this kernel has no links of kind nonesuch",
  });
});

test("an option that this kernel ignores is refused, and the bridge is not created", async ({ skip }) => {
  const error = await refusal(host.addBridge("br7", { vlanDefaultPvid: 5 }));
  if (error === undefined) await host.remove("br7");
  skip(error === undefined, "this kernel filters VLANs");
  expect(error).toMatchObject({
    code: "EOPNOTSUPP",
    attribute: "linkInfo.data.vlanDefaultPvid",
    message:
      "br7: the kernel refused vlanDefaultPvid (linkInfo.data.vlanDefaultPvid) of RTM_NEWLINK: " +
      "the kernel took no notice of it (EOPNOTSUPP); it needs a kernel with CONFIG_BRIDGE_VLAN_FILTERING",
  });
  await expect(host.link("br7")).rejects.toMatchObject({ code: "ENODEV" });
});

const LONG = "a-name-that-is-too-long";
const TOO_LONG = `"${LONG}" has 23 bytes; a link's name has at most 15`;

test("a name over 15 bytes is refused in words, before anything is sent", async () => {
  for (const request of [
    () => host.addBridge(LONG),
    () => host.addTap(LONG),
    () => host.openTap(LONG),
    () => host.addVeth(LONG, { peer: "veth1" }),
    () => host.addVeth("veth0", { peer: LONG }),
    () => host.addLink(LONG, "ifb", {}),
    () => host.setLink("br0", { name: LONG }),
  ]) {
    const error = await refusal(request());
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({ code: "ERR_LINKWRIGHT_INPUT", message: TOO_LONG });
  }
});

test("bytes are counted, not characters", async () => {
  expect(await refusal(host.addBridge("größergrößer"))).toMatchObject({
    message: `"größergrößer" has 16 bytes; a link's name has at most 15`,
  });
});

test.each(["", ".", "..", "a/b", "a b", "a:b", "a\0b", "a\tb"])("the name %j is refused", async (name) => {
  expect(await refusal(host.addBridge(name))).toBeInstanceOf(InputError);
  expect(await refusal(host.addTap(name))).toBeInstanceOf(InputError);
});

test("a name that is taken is said to be", async () => {
  expect(await refusal(host.addBridge("br0"))).toMatchObject({
    code: "EEXIST",
    message: "br0: the kernel refused RTM_NEWLINK: file already exists (EEXIST); a link named br0 exists already",
  });
  expect(await refusal(host.setLink("free0", { name: "br0" }))).toMatchObject({
    code: "EEXIST",
    hint: "a link named br0 exists already",
  });
  expect(await refusal(host.addVeth("veth0", { peer: "br0" }))).toMatchObject({ code: "EEXIST" });
});

test("a link that is not there is said not to be", async () => {
  const hint = "there is no such link in this network namespace";
  for (const request of [
    () => host.link("nope"),
    () => host.link(4711),
    () => host.link("a-long-alternative-name"),
    () => host.setLink("nope", { mtu: 1400 }),
    () => host.setLink("nope", { name: "other" }),
    () => host.setBridge("nope", { ageingTime: 1000 }),
    () => host.setPort("nope", { isolated: true }),
    () => host.remove("nope"),
    () => host.detach("nope"),
    () => host.attach("nope", "br0"),
    () => host.attach("free0", "nope"),
    () => host.links({ master: "nope" }),
    () => host.addresses({ link: "nope" }),
    () => host.addAddress("nope", "10.0.0.1/24"),
  ])
    expect(await refusal(request())).toMatchObject({ name: "NetlinkError", code: "ENODEV", hint });
});

test("a link's index is a positive integer of 31 bits", async () => {
  for (const index of [0, -1, 2 ** 31])
    expect(await refusal(host.link(index))).toMatchObject({ message: `${index} is not a link's index` });
  for (const index of [1.5, NaN])
    expect(await refusal(host.link({ index }))).toMatchObject({ message: `${index} is not a link's index` });
});

/** What changing br0 by a message of one's own rejects with. */
async function change(attributes: object): Promise<unknown> {
  const { index } = await host.link("br0");
  return refusal(host.request("RTM_NEWLINK", { header: { index }, attributes }));
}

test("the kernel's own words and the attribute that it means are given", async () => {
  expect(await refusal(host.setLink("br0", { mtu: 70_000 }))).toMatchObject({
    code: "EINVAL",
    kernelMessage: "mtu greater than device maximum",
  });
  expect(await change({ tsoMaxSize: 1 })).toMatchObject({ code: "EINVAL", attribute: "tsoMaxSize" });
});

test("an attribute in a nest is found where the kernel points at it", async ({ skip }) => {
  const options = (await host.link("br0")).linkInfo?.data as BridgeOptions;
  skip(options.fdbNLearned === undefined, "this kernel knows no fdbNLearned, and so refuses none");
  expect(await change({ linkInfo: { kind: "bridge", data: { fdbNLearned: 1 } } })).toMatchObject({
    code: "EINVAL",
    attribute: "linkInfo.data.fdbNLearned",
    message: expect.stringContaining(
      "the kernel refused fdbNLearned (linkInfo.data.fdbNLearned) of RTM_NEWLINK: ",
    ) as string,
  });
});

const IMPOSSIBLE: readonly [string, LinkSettings | object, string][] = [
  ["a MAC with too few digits", { address: "52:54:0" }, "address"],
  ["an MTU that is no number", { mtu: "big" }, "mtu"],
  ["a negative group", { group: -1 }, "group"],
  ["a property that no table has", { mtuu: 1400 }, "mtuu"],
  ["what only the kernel sets", { carrierChanges: 1 }, "carrierChanges"],
  ["a word that an enum has not", { linkmode: "fast" }, "linkmode"],
  ["an alias that is too long", { alias: "x".repeat(256) }, "alias"],
];

test.each(IMPOSSIBLE)("%s is refused before anything is sent", async (_what, settings, path) => {
  const error = await refusal(host.setLink("free0", settings));
  expect(error).toBeInstanceOf(InputError);
  expect(error).toMatchObject({ path });
});

test("the one option among several that a kernel may lack is the one that is named", async ({ skip }) => {
  const error = await refusal(host.addBridge("br9", { stpState: "kernel", forwardDelay: 2000, vlanFiltering: true }));
  if (error === undefined) {
    await host.remove("br9");
    skip("this kernel has CONFIG_BRIDGE_VLAN_FILTERING");
  }
  expect(error).toMatchObject({
    message:
      "br9: the kernel refused vlanFiltering (linkInfo.data.vlanFiltering) of RTM_NEWLINK: operation not supported " +
      "(EOPNOTSUPP); it needs a kernel with CONFIG_BRIDGE_VLAN_FILTERING",
  });
});

test("an option of a bridge that cannot be meant is refused with its path", async () => {
  expect(await refusal(host.setBridge("br0", { rootPort: 1 } as never))).toMatchObject({
    message: "linkInfo.data.rootPort: only the kernel sets it",
  });
  expect(await refusal(host.addBridge("br1", { stpState: "fast" } as never))).toMatchObject({
    name: "InputError",
    path: "linkInfo.data.stpState",
  });
  expect(await refusal(host.attach("free0", "br0", { isolate: true } as object))).toMatchObject({
    name: "InputError",
    path: "isolate",
  });
  expect((await host.link("free0")).master).toBeUndefined();
});

test("what is no bridge takes no ports and no options of one", async () => {
  expect(await refusal(host.attach("free0", "tap0"))).toMatchObject({
    code: "EINVAL",
    message: "tap0: it is no bridge, bond, team or VRF (EINVAL)",
  });
  expect(await refusal(host.setBridge("tap0", { ageingTime: 1000 }))).toMatchObject({ code: "EOPNOTSUPP" });
  expect(await refusal(host.setPort("free0", { isolated: true }))).toBeInstanceOf(NetlinkError);
});

test("a loopback, a TUN and a bridge's own bridge are no ports, and what is wrong with them is said", async () => {
  await host.addTap("tun0", { mode: "tun" });
  const loopback = "lo is the loopback link, which cannot be a bridge's port";
  const raw = "tun0 carries no Ethernet frames, as a bridge's port must";
  for (const work of [
    (port: string) => host.attach(port, "br0"),
    (port: string) => host.attach(port, "br0", { isolated: true }),
    (port: string) => host.setLink(port, { master: "br0" }),
  ]) {
    expect(await refusal(work("lo"))).toMatchObject({ name: "NetlinkError", code: "EINVAL", hint: loopback });
    expect(await refusal(work("tun0"))).toMatchObject({ code: "EINVAL", hint: raw });
  }
  await host.remove("tun0");
  expect(await refusal(host.attach("br0", "br0"))).toMatchObject({ name: "NetlinkError", code: "ELOOP" });
  expect(await host.link("br0")).toMatchObject({ up: true });
  expect((await host.link("lo")).up).toBe(false);
});

test("a MAC that no link can have is said to be none, and one that is too long changes nothing", async () => {
  const before = (await host.link("br0")).address;
  for (const address of ["00:00:00:00:00:00", "01:00:5e:00:00:01"]) {
    const hint = `${address} is no link's: it is a multicast MAC, or all zeros`;
    expect(await refusal(host.setLink("br0", { address }))).toMatchObject({ code: "EADDRNOTAVAIL", hint });
    expect(await refusal(host.addBridge("br7", { address }))).toMatchObject({ code: "EADDRNOTAVAIL", hint });
  }
  expect(await refusal(host.setLink("br0", { address: "02:00:00:00:00:01:02" }))).toMatchObject({
    code: "EOPNOTSUPP",
    attribute: "address",
    hint: "an address of this link is as long as 02:00:00:00:00:01",
  });
  expect((await host.link("br0")).address).toBe(before);
});

test("a link whose frames another takes is no port, nor is what is on the bridge itself, and the other is named", async ({
  skip,
}) => {
  const lacks = await refusal(host.addLink("mv0", "macvlan", { link: "br0" }));
  skip(lacks !== undefined, "this kernel has no links of kind macvlan");
  await host.addVeth("veth0", { peer: "veth1" });
  await host.addMacvlan("mv1", { link: "veth0" });
  const taken = "mv1, of kind macvlan, is on veth0 and takes its frames";
  expect(await refusal(host.attach("veth0", "br0"))).toMatchObject({ code: "EBUSY", hint: taken });
  expect(await refusal(host.setLink("veth0", { master: "br0" }))).toMatchObject({ code: "EBUSY", hint: taken });
  expect(await refusal(host.attach("mv0", "br0"))).toMatchObject({ code: "EBUSY", hint: "mv0 is on br0 itself" });
  await host.removeAll(["mv0", "veth0"]);
});

test("the loopback cannot be removed", async () => {
  expect(await refusal(host.remove("lo"))).toMatchObject({ code: "EOPNOTSUPP", subject: "lo" });
});

test("an address that is there, is not there, or is none is said to be so", async () => {
  await host.addAddress("br0", "10.0.0.1/24");
  expect(await refusal(host.addAddress("br0", "10.0.0.1/24"))).toMatchObject({
    code: "EEXIST",
    message: expect.stringMatching(/^10\.0\.0\.1\/24: the kernel refused RTM_NEWADDR: .*\(EEXIST\)/) as string,
  });
  expect(await refusal(host.removeAddress("br0", "10.9.0.1/24"))).toMatchObject({ code: "EADDRNOTAVAIL" });
  for (const address of ["10.0.0.1/33", "fd00::1/129", "10.0.0/24", "10.0.0.1/24/8", "10.0.0.1/x", "", "fe80::1%lo"])
    expect(await refusal(host.addAddress("br0", address))).toBeInstanceOf(InputError);
  expect(await refusal(host.addAddress("br0", "fd00::1/64", { broadcast: "+" }))).toMatchObject({
    message: "broadcast: IPv6 has no broadcast",
  });
});

test("a message that no table has is refused", async () => {
  expect(await refusal(host.request("RTM_NONESUCH" as "RTM_GETLINK"))).toMatchObject({
    message: 'name: no message "RTM_NONESUCH"',
  });
});
