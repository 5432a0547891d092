import { readFileSync, truncateSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type DhcpServerEvent, keepLease, serveDhcp } from "../../../src/dhcp/index.js";
import { encodeDhcpPacket } from "../../../src/dhcp/wire/dhcp-packet.js";
import { BROADCAST_ADDRESS, BROADCAST_MAC, encodeIpv4Datagram, NO_ADDRESS } from "../../../src/dhcp/wire/ipv4.js";
import { failure } from "../../unit/netlink/fake-kernel.js";
import { place, type Place, plug } from "../scene/guests.js";
import { clientPrograms, folder } from "./programs.js";

const RANGE = { ranges: [{ first: "10.77.0.10", last: "10.77.0.200" }], probeAhead: 0 };

const MAC = "52:54:00:77:00:01";

/** A frame that asks for a lease in two messages. */
function discoverFrom(mac: string): Buffer {
  return encodeIpv4Datagram({
    sourceMac: mac,
    destinationMac: BROADCAST_MAC,
    source: NO_ADDRESS,
    destination: BROADCAST_ADDRESS,
    sourcePort: 68,
    destinationPort: 67,
    payload: encodeDhcpPacket({
      op: "request",
      xid: 77,
      chaddr: mac,
      options: { messageType: "discover", rapidCommit: true },
    }),
  });
}

/** A bridge with an address. */
async function bridge(): Promise<Place> {
  const here = await place();
  await here.host.addBridge("br0", { up: true });
  await here.host.addAddress("br0", "10.77.0.1/24");
  return here;
}

describe.each(clientPrograms)("$name", ({ name, reason, command }) => {
  if (reason !== undefined) console.log(`skipped: ${name}: ${reason}`);

  test.skipIf(reason !== undefined)("gets the reserved address, the router and a lease that is on disk", async () => {
    using files = folder();
    await using here = await bridge();
    await using guest = await place();
    await plug(here.host, "port0", "br0", guest, MAC);
    const leaseFile = join(files.path, "served");
    const reservations = [{ mac: MAC, address: "10.77.0.50" }];
    const options = { routers: ["10.77.0.1"] };
    await using server = await serveDhcp(here.host, "br0", { ...RANGE, leaseFile, reservations, options });
    const child = guest.start(command(files.path));
    const said = await new Promise<string>((resolve, reject) => {
      let all = "";
      child.stdout!.on("data", (piece) => /^10\..*$/m.exec((all += String(piece))) && resolve(all));
      child.once("close", () => reject(new Error(`it ended: ${all}`)));
    });
    expect(said).toContain("10.77.0.50 10.77.0.1");
    expect(server.leases()).toMatchObject([{ address: "10.77.0.50", mac: MAC }]);
    expect(readFileSync(leaseFile, "utf8")).toContain('"address":"10.77.0.50"');
  });
});

test("a lease outlives the server, and a torn file costs only the line that is torn", async () => {
  using files = folder();
  await using here = await bridge();
  await using first = await place();
  await using second = await place();
  await plug(here.host, "port0", "br0", first);
  await plug(here.host, "port1", "br0", second);
  const leaseFile = join(files.path, "leases");
  const served = { ...RANGE, leaseFile };
  const server = await serveDhcp(here.host, "br0", served);
  await using one = await keepLease(first.host, "eth0", { conflictDetection: 0 });
  await using two = await keepLease(second.host, "eth0", { conflictDetection: 0 });
  await server.close();
  truncateSync(leaseFile, statSync(leaseFile).size - 7);
  await using again = await serveDhcp(here.host, "br0", served);
  expect(again.damagedLines).toBe(1);
  expect(again.leases().map(({ address }) => address)).toEqual([one.lease!.address]);
  expect(two.lease!.address).not.toBe(one.lease!.address);
});

test("what a lease says is on the link, is confirmed to a client that comes again, and goes when it is released", async () => {
  await using here = await bridge();
  await using guest = await place();
  await plug(here.host, "port0", "br0", guest);
  const options = {
    routers: ["10.77.0.1"],
    classlessStaticRoutes: [
      { destination: "10.78.0.0/16", via: "10.77.0.2" },
      { destination: "0.0.0.0/0", via: "10.77.0.1" },
    ],
  };
  await using server = await serveDhcp(here.host, "br0", { ...RANGE, options, leaseTime: 600_000 });
  const kept = await keepLease(guest.host, "eth0", { metric: 50 });
  const [address] = await guest.host.addresses({ link: "eth0", family: "inet" });
  expect(address).toMatchObject({
    address: `${kept.lease!.address}/24`,
    broadcast: "10.77.0.255",
    validLifetime: 600_000,
  });
  const routes = await guest.host.routes.list({ protocol: "dhcp" });
  expect(routes.map(({ destination, gateway, metric }) => [destination, gateway, metric])).toEqual([
    ["default", "10.77.0.1", 50],
    ["10.78.0.0/16", "10.77.0.2", 50],
  ]);
  await kept.close();
  await using again = await keepLease(guest.host, "eth0", { lease: kept.lease });
  expect(again.lease!.address).toBe(kept.lease!.address);
  await again.release();
  expect(await guest.host.addresses({ link: "eth0", family: "inet" })).toEqual([]);
  expect(await guest.host.routes.list({ protocol: "dhcp" })).toEqual([]);
  await expect.poll(() => server.leases()).toEqual([]);
});

test("a route that a lease says no more goes, and one by another link is not replaced", async () => {
  await using here = await bridge();
  await using guest = await place();
  await plug(here.host, "port0", "br0", guest, MAC);
  const reservations = [{ mac: MAC, address: "10.77.0.50" }];
  const serving = (options: object) => serveDhcp(here.host, "br0", { ...RANGE, reservations, options });
  const routesBy = async (protocol: "dhcp" | "static"): Promise<string[]> =>
    (await guest.host.routes.list({ protocol })).map(({ destination, gateway }) => `${destination} ${gateway}`).sort();
  await guest.host.addVeth("w0", { peer: { name: "w1", up: true }, up: true });
  await guest.host.addAddress("w0", "10.99.0.1/24");
  await guest.host.routes.add("default", { gateway: "10.99.0.9" });
  const first = await serving({
    classlessStaticRoutes: [{ destination: "10.78.0.0/16", via: "10.77.0.2" }],
  });
  await using kept = await keepLease(guest.host, "eth0", { conflictDetection: 0 });
  expect(await routesBy("dhcp")).toEqual(["10.78.0.0/16 10.77.0.2"]);
  await first.close();
  const second = await serving({ classlessStaticRoutes: [{ destination: "10.79.0.0/16", via: "10.77.0.3" }] });
  kept.confirm();
  await expect.poll(() => routesBy("dhcp"), { timeout: 10_000 }).toEqual(["10.79.0.0/16 10.77.0.3"]);
  await kept.release();
  await second.close();
  await kept.release();
  await using _third = await serving({ routers: ["10.77.0.1"] });
  await expect(keepLease(guest.host, "eth0", { conflictDetection: 0 })).rejects.toMatchObject({ code: "EEXIST" });
  expect(await routesBy("static")).toEqual(["default 10.99.0.9"]);
  expect(await guest.host.addresses({ link: "eth0", family: "inet" })).toEqual([]);
});

test("a lease that is renewed extends its address while another link has the place of a route, which is told and left alone", async () => {
  await using here = await bridge();
  await using guest = await place();
  await plug(here.host, "port0", "br0", guest);
  const classlessStaticRoutes = [
    { destination: "0.0.0.0/0", via: "10.77.0.1" },
    { destination: "10.78.0.0/16", via: "10.77.0.2" },
  ];
  await using _server = await serveDhcp(here.host, "br0", {
    ...RANGE,
    options: { classlessStaticRoutes },
    leaseTime: 600_000,
  });
  const { host } = guest;
  let refused!: (error: unknown) => void;
  const refusal = new Promise<unknown>((resolve) => (refused = resolve));
  await using kept = await keepLease(host, "eth0", {
    conflictDetection: 0,
    report: (event) => event.event === "failed" && refused(event.error),
  });
  const routes = async (): Promise<string[]> =>
    (await host.routes.list({ family: "inet" }))
      .filter(({ gateway }) => gateway !== undefined)
      .map(({ destination, gateway }) => `${destination} ${gateway}`)
      .sort();
  await host.addVeth("w0", { peer: { name: "w1", up: true }, up: true });
  await host.addAddress("w0", "10.99.0.1/24");
  for (const destination of ["default", "10.78.0.0/16"]) await host.routes.remove(destination, { protocol: "dhcp" });
  await host.routes.add("default", { gateway: "10.99.0.9" });
  const address = `${kept.lease!.address}/24`;
  await host.replaceAddress("eth0", address, { validLifetime: 60_000, preferredLifetime: 60_000 });
  kept.confirm();
  expect(await refusal).toMatchObject({ code: "EEXIST", subject: "default" });
  const [extended] = await host.addresses({ link: "eth0", family: "inet" });
  expect(extended!.address).toBe(address);
  expect(extended!.validLifetime).toBeGreaterThan(60_000);
  expect(await routes()).toEqual(["10.78.0.0/16 10.77.0.2", "default 10.99.0.9"]);
});

test("a firewall that drops all that comes in does not come between", async () => {
  await using here = await bridge();
  await using guest = await place();
  await plug(here.host, "port0", "br0", guest);
  const nft = await import("../../../src/netfilter/index.js");
  const table = { family: "inet", table: "closed" } as const;
  await here.host.netfilter.commit([
    nft.addTable(table),
    nft.addChain({ ...table, chain: "input", base: { hook: "input", priority: "filter", policy: "drop" } }),
    nft.addChain({ ...table, chain: "output", base: { hook: "output", priority: "filter", policy: "drop" } }),
  ]);
  await using server = await serveDhcp(here.host, "br0", RANGE);
  await using kept = await keepLease(guest.host, "eth0", { conflictDetection: 0 });
  expect(server.leases().map(({ address }) => address)).toEqual([kept.lease!.address]);
});

test("a frame with a VLAN tag is none of the bridge's own segment", async () => {
  await using here = await bridge();
  await using guest = await place();
  await plug(here.host, "port0", "br0", guest);
  const events: DhcpServerEvent[] = [];
  await using server = await serveDhcp(here.host, "br0", { ...RANGE, report: (event) => events.push(event) });
  const discover = discoverFrom(MAC);
  const tag = Buffer.from("81000005", "hex");
  await using wire = await guest.host.openFrames("eth0");
  wire.send(Buffer.concat([discover.subarray(0, 12), tag, discover.subarray(12)]));
  wire.send(discover);
  await expect.poll(() => events.length).toBeGreaterThan(0);
  expect(events).toMatchObject([{ event: "lease", lease: { mac: MAC } }]);
});

test("a second server on the same link is refused by name of the port, and leaves nothing behind", async () => {
  await using here = await bridge();
  await using server = await serveDhcp(here.host, "br0", RANGE);
  const error = await failure(serveDhcp(here.host, "br0", RANGE));
  expect(error).toMatchObject({ code: "EADDRINUSE", subject: "UDP port 67" });
  expect(error.message).toContain("another program on this machine has it");
  await server.close();
  await (await serveDhcp(here.host, "br0", RANGE)).close();
});

test("what cannot be meant is refused with the setting's name, and the port is free again", async () => {
  await using here = await bridge();
  await here.host.addBridge("br1", { up: true });
  await expect(serveDhcp(here.host, "br1")).rejects.toThrow("br1 has no IPv4 address: give subnet and address");
  await expect(serveDhcp(here.host, "lo")).rejects.toThrow("lo has no Ethernet address");
  const far = { ranges: [{ first: "10.9.0.1", last: "10.9.0.2" }] };
  await expect(serveDhcp(here.host, "br0", far)).rejects.toThrow("ranges.0.first");
  await (await serveDhcp(here.host, "br0")).close();
});
