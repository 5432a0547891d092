import { expect, test } from "vitest";
import type { NetlinkError } from "../../../src/index.js";
import { keepLease } from "../../../src/dhcp/index.js";
import { networkLeases, networkPorts, serveNetwork } from "../../../src/networks/index.js";
import { lacks } from "../scene/program.js";
import { answering, ask, HOST, HOST6, isDenied, networkScene, OUTSIDE, OUTSIDE6 } from "./scene.js";

const NAT = { name: "one", mode: "nat", subnet: "192.168.77.0/24" } as const;
const GATEWAY = "192.168.77.1";

/** A kernel without br_netfilter lacks its settings. */
function absent(error: NetlinkError): void {
  if (error.code !== "ENOENT") throw error;
}

test("nat: guests reach outside by the host's address, and nothing from outside reaches them", async () => {
  await using scene = await networkScene();
  const { guests, here, outside } = scene;
  await guests.define(NAT);
  await guests.start("one");
  const guest = await scene.guest("lw-one", "192.168.77.10/24", GATEWAY);
  const other = await scene.guest("lw-one", "192.168.77.11/24", GATEWAY);
  await answering(outside, 80);
  await answering(guest, 80);
  await answering(here, 90);
  for (const protocol of ["tcp", "udp"] as const) {
    expect(await ask(guest, protocol, OUTSIDE, 80)).toBe(`${HOST} at 80`);
    expect(await ask(other, protocol, "192.168.77.10", 80)).toBe("192.168.77.11 at 80");
    expect(await ask(guest, protocol, GATEWAY, 90)).toBe("192.168.77.10 at 90");
    expect(await ask(here, protocol, "192.168.77.10", 80)).toBe(`${GATEWAY} at 80`);
  }
  // Outside knows the way, and is refused all the same.
  await outside.host.routes.add("192.168.77.0/24", { gateway: HOST });
  expect(await isDenied(outside, "tcp", "192.168.77.10", 80)).toBe(true);
  expect(await isDenied(outside, "udp", "192.168.77.10", 80)).toBe(true);
  // A source that is not the network's does not leave.
  await guest.host.addAddress("eth0", "10.99.0.1/32");
  await guest.host.routes.replace("default", { gateway: GATEWAY, source: "10.99.0.1" });
  expect(await isDenied(guest, "tcp", OUTSIDE, 80)).toBe(true);
});

test("nat: guests have the address outside that is given", async () => {
  await using scene = await networkScene();
  await scene.here.host.addAddress("up0", "203.0.113.7/24");
  await scene.guests.define({ ...NAT, natSource: "203.0.113.7", outgoing: "up0" });
  await scene.guests.start("one");
  const guest = await scene.guest("lw-one", "192.168.77.10/24", GATEWAY);
  await answering(scene.outside, 80);
  expect(await ask(guest, "tcp", OUTSIDE, 80)).toBe("203.0.113.7 at 80");
});

test("forwards: from outside, from the host, and from guests to themselves and one another; until they are removed", async () => {
  await using scene = await networkScene();
  const { guests, here, outside } = scene;
  await guests.define({ ...NAT, forwards: [{ protocol: "tcp", port: 8080, to: "192.168.77.10", toPort: 80 }] });
  await guests.start("one");
  const guest = await scene.guest("lw-one", "192.168.77.10/24", GATEWAY);
  const other = await scene.guest("lw-one", "192.168.77.11/24", GATEWAY);
  await answering(guest, 80, 5001);
  await answering(other, 80);
  expect(await isDenied(outside, "udp", HOST, 5001)).toBe(true);
  await guests.addForward("one", { protocol: "udp", port: "5000-5002", to: "192.168.77.10" });
  expect(await ask(outside, "tcp", HOST, 8080)).toBe(`${OUTSIDE} at 80`);
  expect(await ask(outside, "udp", HOST, 5001)).toBe(`${OUTSIDE} at 5001`);
  expect(await ask(here, "tcp", HOST, 8080)).toBe(`${HOST} at 80`);
  expect(await ask(other, "tcp", HOST, 8080)).toBe(`${GATEWAY} at 80`);
  expect(await ask(other, "tcp", GATEWAY, 8080)).toBe(`${GATEWAY} at 80`);
  // Where bridges hand their frames to the firewall, none goes back by the port by which it came, but in hairpin mode.
  await here.host.setSysctl("net/bridge/bridge-nf-call-iptables", 0).catch(absent);
  expect(await ask(guest, "tcp", HOST, 8080)).toBe(`${GATEWAY} at 80`);
  await guests.removeForward("one", { protocol: "tcp", port: 8080 });
  expect(await isDenied(outside, "tcp", HOST, 8080)).toBe(true);
  expect(await ask(outside, "udp", HOST, 5001)).toBe(`${OUTSIDE} at 5001`);
  expect((await guests.info("one")).definition.forwards).toEqual([
    { protocol: "udp", port: "5000-5002", to: "192.168.77.10" },
  ]);
});

test("forwards: connections that a forward translated are forgotten with it, and no others", async () => {
  await using scene = await networkScene();
  const { guests, here, outside } = scene;
  await guests.define({ ...NAT, forwards: [{ protocol: "udp", port: 5001, to: "192.168.77.10" }] });
  await guests.start("one");
  const guest = await scene.guest("lw-one", "192.168.77.10/24", GATEWAY);
  await answering(guest, 5001);
  await answering(outside, 80);
  await ask(guest, "udp", OUTSIDE, 80);
  await ask(outside, "udp", HOST, 5001);
  const ports = async (): Promise<unknown[]> =>
    (await here.host.netfilter.connections({ protocol: "udp" })).map(({ original }) => original.destinationPort);
  expect((await ports()).sort()).toEqual([5001, 80]);
  await guests.removeForward("one", { protocol: "udp", port: 5001 });
  expect(await ports()).toEqual([80]);
});

test("host-only: guests reach one another and the host; isolated: one another; neither outside", async () => {
  await using scene = await networkScene();
  const { guests, here, outside } = scene;
  // Somebody else has this machine forward.
  await here.host.setSysctl("net.ipv4.ip_forward", 1);
  await guests.define({ name: "only", mode: "host-only", subnet: "192.168.78.0/24" });
  await guests.define({ name: "alone", mode: "isolated" });
  await guests.start("only");
  await guests.start("alone");
  const one = await scene.guest("lw-only", "192.168.78.10/24", "192.168.78.1");
  const two = await scene.guest("lw-only", "192.168.78.11/24");
  const three = await scene.guest("lw-alone", "192.168.79.10/24");
  const four = await scene.guest("lw-alone", "192.168.79.11/24");
  for (const there of [outside, here, two, four]) await answering(there, 80);
  await outside.host.routes.add("192.168.78.0/24", { gateway: HOST });
  expect(await ask(one, "tcp", "192.168.78.1", 80)).toBe("192.168.78.10 at 80");
  expect(await ask(one, "tcp", "192.168.78.11", 80)).toBe("192.168.78.10 at 80");
  expect(await isDenied(one, "tcp", OUTSIDE, 80)).toBe(true);
  expect(await isDenied(outside, "tcp", "192.168.78.11", 80)).toBe(true);
  expect(await ask(three, "tcp", "192.168.79.11", 80)).toBe("192.168.79.10 at 80");
  // Not even by the bridge's own MAC.
  const { address: lladdr } = await here.host.link("lw-alone");
  await three.host.addAddress("eth0", "203.0.113.99/24");
  await three.host.neighbours.add("eth0", HOST, { lladdr });
  expect(await isDenied(three, "tcp", HOST, 80)).toBe(true);
});

test("route and open: guests keep their own addresses, both ways", async () => {
  await using scene = await networkScene();
  const { guests, outside } = scene;
  await outside.host.routes.add("192.168.76.0/22", { gateway: HOST });
  await answering(outside, 80);
  for (const [place, definition] of [
    { mode: "route", outgoing: "up0" } as const,
    { mode: "open" } as const,
  ].entries()) {
    const name = `n${place}`;
    await guests.define({ name, subnet: `192.168.${77 + place}.0/24`, ...definition });
    await guests.start(name);
    const own = `192.168.${77 + place}.10`;
    const guest = await scene.guest(`lw-${name}`, `${own}/24`, `192.168.${77 + place}.1`);
    await answering(guest, 81);
    expect(await ask(guest, "tcp", OUTSIDE, 80)).toBe(`${own} at 80`);
    expect(await ask(outside, "tcp", own, 81)).toBe(`${OUTSIDE} at 81`);
  }
});

test("addresses: a guest gets IPv4 by DHCP and IPv6 by advertisement, reaches outside by both, and is known by its port", async () => {
  await using scene = await networkScene();
  const { guests, here, outside, folders } = scene;
  await answering(outside, 80);
  await guests.define({
    ...NAT,
    subnet6: "fd00:77::/64",
    dns: ["192.0.2.53"],
    dhcp: { reservations: [{ mac: "52:54:00:77:00:01", address: "192.168.77.50" }] },
  });
  await guests.start("one");
  const guest = await scene.guest("lw-one");
  await guest.host.setLink("eth0", { address: "52:54:00:77:00:01" });
  await guest.host.setSysctl("net/ipv6/conf/eth0/accept_ra", 2);
  await using watch = guest.host.watch(["address"]);
  await watch.ready;
  await using _service = await serveNetwork(here.host, "one", folders);
  await using kept = await keepLease(guest.host, "eth0", { hostname: "web" });
  expect(kept.lease).toMatchObject({
    address: "192.168.77.50",
    options: { domainNameServers: ["192.0.2.53"], routers: [GATEWAY] },
  });
  expect(await ask(guest, "tcp", OUTSIDE, 80)).toBe(`${HOST} at 80`);
  for await (const event of watch)
    if (
      event.subject === "address" &&
      event.after?.address.startsWith("fd00:77:") &&
      !event.after.flags.includes("tentative")
    )
      break;
  expect(await ask(guest, "tcp", OUTSIDE6, 80)).toBe(`${HOST6} at 80`);
  expect(await networkLeases("one", folders)).toMatchObject([{ address: "192.168.77.50", hostname: "web" }]);
  const [port] = await networkPorts(here.host, "one", folders);
  expect(port).toMatchObject({
    link: "port1",
    kind: "veth",
    up: true,
    macs: ["52:54:00:77:00:01"],
    hostnames: ["web"],
  });
  expect(port!.addresses).toContain("192.168.77.50");
  expect(port!.addresses.some((address) => address.startsWith("fd00:77:"))).toBe(true);
  expect(port!.sentBytes).toBeGreaterThan(0);
  await expect(serveNetwork(here.host, "one", folders)).rejects.toMatchObject({ code: "EADDRINUSE" });
});

const noIptables = lacks("iptables-nft", "--version");
if (noIptables !== undefined) console.log(`skipped: ${noIptables}`);

test.skipIf(noIptables !== undefined)(
  "a chain of somebody else that drops what it does not know is named",
  async () => {
    await using scene = await networkScene();
    await scene.here.run(["iptables-nft", "-P", "FORWARD", "DROP"]);
    await scene.guests.define(NAT);
    const { foreignDrops } = await scene.guests.start("one");
    expect(foreignDrops).toEqual([{ chain: "chain FORWARD of table ip filter", hook: "forward" }]);
  },
);

const noNft = lacks("nft", "--version");
if (noNft !== undefined) console.log(`skipped: ${noNft}`);

test.skipIf(noNft !== undefined)(
  "a reload puts back what another program has flushed, and a stop without one is done, too",
  async () => {
    await using scene = await networkScene();
    const { guests, here, outside } = scene;
    const before = await scene.dump();
    await guests.define(NAT);
    await guests.start("one");
    const rules = await here.run(["nft", "list", "ruleset"]);
    const guest = await scene.guest("lw-one", "192.168.77.10/24", GATEWAY);
    await answering(outside, 80);
    await here.run(["nft", "flush", "ruleset"]);
    expect(await isDenied(guest, "tcp", OUTSIDE, 80)).toBe(true);
    await guests.reload();
    expect(await here.run(["nft", "list", "ruleset"])).toBe(rules);
    expect(await ask(guest, "tcp", OUTSIDE, 80)).toBe(`${HOST} at 80`);
    await here.run(["nft", "flush", "ruleset"]);
    await here.host.remove("port1");
    await guests.stop("one");
    expect(await scene.dump()).toBe(before);
  },
);
