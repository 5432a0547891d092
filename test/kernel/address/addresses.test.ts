import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type Address, Host } from "../../../src/index.js";

async function opened(): Promise<Host> {
  const host = await Host.open({ namespace: "new" });
  await host.setSysctl("net.ipv6.conf.default.addr_gen_mode", 1);
  await host.addBridge("br0", { up: true });
  return host;
}

async function only(host: Host): Promise<Address> {
  const addresses = await host.addresses({ link: "br0" });
  expect(addresses.length).toBe(1);
  return addresses[0]!;
}

test("an address and its other end are of one family, and nothing that is given is ignored", async () => {
  await using host = await opened();
  const add = (address: string, settings: object): Promise<void> => host.addAddress("br0", address, settings);
  await expect(add("10.0.0.1/24", { peer: "fe80::1" })).rejects.toThrow(
    'peer: "fe80::1" is not of the same family as 10.0.0.1',
  );
  await expect(add("fd00::1/64", { peer: "10.0.0.2" })).rejects.toThrow(
    'peer: "10.0.0.2" is not of the same family as fd00::1',
  );
  await expect(add("10.0.0.1/24", { broadcast: "fe80::1" })).rejects.toThrow(/^broadcast: /);
  await expect(add("fd00::1/64", { broadcast: "10.0.0.255" })).rejects.toThrow("broadcast: IPv6 has no broadcast");
  await expect(add("10.0.0.1/24", { valid_lifetime: 5 })).rejects.toThrow("valid_lifetime: no such option");
  await expect(add(undefined as unknown as string, {})).rejects.toThrow("address: a string is wanted, not undefined");
  await expect(host.addresses({ dev: "br0" } as object)).rejects.toThrow("dev: no such option");
  await expect(host.addresses({ family: "inet4" as "inet" })).rejects.toThrow('family: "inet4" is none of inet, inet6');
  expect(await host.addresses({ link: "br0" })).toEqual([]);
  await host.addAddress("br0", "10.0.0.1/24", { label: "br0:a" });
  const { address, ...listed } = await only(host);
  await host.replaceAddress("br0", address, { ...listed });
  await host.removeAddress("br0", address, { ...listed });
});

test("an IPv4 address is added, listed and removed", async () => {
  await using host = await opened();
  const { index } = await host.link("br0");
  await host.addAddress("br0", "10.0.0.1/24");
  expect(await only(host)).toMatchObject({
    index,
    family: "inet",
    address: "10.0.0.1/24",
    peer: undefined,
    label: "br0",
    scope: "global",
    flags: ["permanent"],
    validLifetime: "forever",
    preferredLifetime: "forever",
  });
  await host.removeAddress("br0", "10.0.0.1/24");
  expect(await host.addresses({ link: "br0" })).toEqual([]);
});

test("an IPv6 address is added, listed and removed", async () => {
  await using host = await opened();
  await host.addAddress("br0", "fd00::1/64", { flags: ["nodad"] });
  expect(await only(host)).toMatchObject({ family: "inet6", address: "fd00::1/64", scope: "global" });
  await host.removeAddress("br0", "fd00::1/64");
  expect(await host.addresses({ link: "br0" })).toEqual([]);
});

test("an address without a length stands alone", async () => {
  await using host = await opened();
  await host.addAddress("br0", "10.0.0.1");
  expect((await only(host)).address).toBe("10.0.0.1/32");
});

test.each([
  ["10.1.2.3/24", "10.1.2.255"],
  ["10.1.2.3/8", "10.255.255.255"],
  ["192.168.7.130/25", "192.168.7.255"],
  ["192.168.7.5/30", "192.168.7.7"],
])("the broadcast address + of %s is %s", async (address, broadcast) => {
  await using host = await opened();
  await host.addAddress("br0", address, { broadcast: "+" });
  expect(await only(host)).toMatchObject({ address, broadcast });
});

test("label, scope, peer, broadcast and metric are kept", async () => {
  await using host = await opened();
  const settings = { label: "br0:vm", scope: "link", broadcast: "10.0.0.77", rtPriority: 50 } as const;
  await host.addAddress("br0", "10.0.0.1/32", { ...settings, peer: "10.0.0.2" });
  expect(await only(host)).toMatchObject({ ...settings, address: "10.0.0.1/32", peer: "10.0.0.2" });
});

test("the peer of an IPv6 address is kept", async () => {
  await using host = await opened();
  await host.addAddress("br0", "fd00::1/128", { peer: "fd00::2", flags: ["nodad"] });
  expect(await only(host)).toMatchObject({ address: "fd00::1/128", peer: "fd00::2" });
});

test.each(["10.0.0.1/24", "fd00::1/64"])("the lifetimes of %s are kept, in milliseconds", async (address) => {
  await using host = await opened();
  await host.addAddress("br0", address, { validLifetime: 100_000, preferredLifetime: 50_000, flags: ["nodad"] });
  const { validLifetime, preferredLifetime, flags } = await only(host);
  expect(validLifetime).toBeGreaterThan(90_000);
  expect(validLifetime).toBeLessThanOrEqual(100_000);
  expect(preferredLifetime).toBeGreaterThan(40_000);
  expect(preferredLifetime).toBeLessThanOrEqual(50_000);
  expect(flags).not.toContain("permanent");
});

test("a lifetime of 0 is not a lifetime that is not given", async () => {
  await using host = await opened();
  await host.addAddress("br0", "fd00::1/64", { preferredLifetime: 0, flags: ["nodad"] });
  expect(await only(host)).toMatchObject({ preferredLifetime: 0, validLifetime: "forever" });
  expect((await only(host)).flags).toContain("deprecated");
});

test.each(["noprefixroute", "homeaddress"] as const)("the flag %s is kept", async (flag) => {
  await using host = await opened();
  await host.addAddress("br0", "fd00::1/64", { flags: ["nodad", flag] });
  expect((await only(host)).flags).toEqual(expect.arrayContaining([flag]));
});

test("an address is replaced, or added where it is not there", async () => {
  await using host = await opened();
  await host.replaceAddress("br0", "10.0.0.1/24");
  await host.replaceAddress("br0", "10.0.0.1/24", { validLifetime: 500_000, preferredLifetime: 400_000 });
  const { validLifetime, preferredLifetime } = await only(host);
  expect([validLifetime, preferredLifetime].every((time) => typeof time === "number")).toBe(true);
  await host.replaceAddress("br0", "10.0.0.1/24", { validLifetime: "forever" });
  expect(await only(host)).toMatchObject({ validLifetime: "forever", preferredLifetime: "forever" });
});

test("addresses are listed by link and by family", async () => {
  await using host = await opened();
  await host.addBridge("br1", { up: true });
  await host.addAddress("br0", "10.0.0.1/24");
  await host.addAddress("br1", "10.0.1.1/24");
  await host.addAddress("br1", "fd00::1/64", { flags: ["nodad"] });
  const listed = async (filter?: Parameters<Host["addresses"]>[0]): Promise<string[]> =>
    (await host.addresses(filter)).map(({ address }) => address).sort();
  expect(await listed()).toEqual(["10.0.0.1/24", "10.0.1.1/24", "fd00::1/64"]);
  expect(await listed({ link: "br1" })).toEqual(["10.0.1.1/24", "fd00::1/64"]);
  expect(await listed({ family: "inet6" })).toEqual(["fd00::1/64"]);
  expect(await listed({ link: "br0", family: "inet6" })).toEqual([]);
  expect(await listed({ link: await host.link("br0"), family: "inet" })).toEqual(["10.0.0.1/24"]);
});

test("a setting is written and read inside the namespace only", async () => {
  await using host = await opened();
  const outside = readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8");
  const inside = await host.sysctl("net.ipv4.ip_forward");
  const other = inside === "1" ? "0" : "1";
  await host.setSysctl("net.ipv4.ip_forward", Number(other));
  expect(await host.sysctl("net.ipv4.ip_forward")).toBe(other);
  expect(readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8")).toBe(outside);
  await using elsewhere = await Host.open({ namespace: "new" });
  expect(await elsewhere.sysctl("net.ipv4.ip_forward")).toBe(inside);
});

test("a setting of a link is reached by dots, and by slashes when its name has dots", async () => {
  await using host = await opened();
  await host.setSysctl("net.ipv4.conf.br0.forwarding", "1");
  expect(await host.sysctl("net/ipv4/conf/br0/forwarding")).toBe("1");
  await host.addBridge("br0.10");
  await host.setSysctl("net/ipv4/conf/br0.10/proxy_arp", 1);
  expect(await host.sysctl("net/ipv4/conf/br0.10/proxy_arp")).toBe("1");
});

test("a setting of several words is read whole", async () => {
  await using host = await opened();
  await host.setSysctl("net.ipv4.ping_group_range", "100 200");
  expect((await host.sysctl("net.ipv4.ping_group_range")).split(/\s+/)).toEqual(["100", "200"]);
});
