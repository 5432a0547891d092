import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type DhcpServerEvent, keepLease, serveDhcp } from "../../../src/dhcp/index.js";
import { apply } from "../../../src/topology/index.js";
import { place, type Place, plug } from "../scene/guests.js";
import { speaker } from "../topology/speaker.js";
import { folder, serverPrograms, type ServerProgram } from "./programs.js";

/** A bridge in a namespace of its own with an address and a port to another, and a server on it, which answers when this resolves. */
async function served(files: string, { command, ready }: ServerProgram, guest: Place) {
  const here = await place();
  await here.host.addBridge("br0", { up: true });
  await here.host.addAddress("br0", "10.77.0.1/24");
  await plug(here.host, "port0", "br0", guest);
  await here.host.waitFor("br0", "carrier");
  const child = here.start(command(files));
  let said = "";
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout!, child.stderr!])
      stream.on("data", (text) => ready.test((said += String(text))) && resolve());
    child.once("close", () => reject(new Error(`it ended: ${said}`)));
  });
  return { ...here, child };
}

describe.each(serverPrograms)("$name", (server) => {
  const { name, reason } = server;
  if (reason !== undefined) console.log(`skipped: ${name}: ${reason}`);

  test.skipIf(reason !== undefined)("our client gets a lease, and the same again later", async () => {
    using files = folder();
    await using guest = await place();
    await using _ = await served(files.path, server, guest);
    const kept = await keepLease(guest.host, "eth0", { hostname: "guest" });
    expect(kept.lease).toMatchObject({ serverIdentifier: "10.77.0.1", prefixLength: 24, leaseTime: 3_600_000 });
    expect(kept.lease!.options.routers).toEqual(["10.77.0.1"]);
    await kept.close();
    await using again = await keepLease(guest.host, "eth0", { lease: kept.lease });
    expect(again.lease!.address).toBe(kept.lease!.address);
    const [address] = await guest.host.addresses({ link: "eth0", family: "inet" });
    expect(address!.address).toBe(`${kept.lease!.address}/24`);
  });
});

const [dnsmasq] = serverPrograms;

test.skipIf(dnsmasq!.reason !== undefined)(
  "a link with a lease is taken over by a bridge and released again: the same address, by the same lease, and a TCP connection goes on",
  async () => {
    using files = folder();
    await using guest = await place();
    await using here = await served(files.path, dnsmasq!, guest);
    const { host } = guest;
    const journal = join(files.path, "journal");
    let held = await keepLease(host, "eth0", { hostname: "guest" });
    const { address } = held.lease!;
    const server = await speaker(here.host, "server");
    const client = await speaker(host, "client", "10.77.0.1");
    for (const [link, declared] of [
      ["br0", { kind: "bridge", takeOver: "eth0" }],
      ["eth0", { release: "eth0" }],
    ] as const) {
      await held.close();
      await apply(host, { links: { br0: declared } }, { journal });
      held = await keepLease(host, link, { lease: held.lease });
      expect(held.lease!.address, link).toBe(address);
      const found = await host.addresses({ family: "inet", link });
      expect(found.map((each) => each.address)).toEqual([`${address}/24`]);
    }
    client.child.stdin!.end();
    expect(JSON.parse(await client.line())).toMatchObject({ lost: 0, reset: false });
    server.child.kill();
    await held.release();
    expect(await host.addresses({ family: "inet", link: "eth0" })).toEqual([]);
  },
);

test.skipIf(dnsmasq!.reason !== undefined)(
  "our server does not start on the same link as dnsmasq, and hears of it on another end of the segment",
  async () => {
    using files = folder();
    await using other = await place();
    await using here = await served(files.path, dnsmasq!, other);
    await expect(serveDhcp(here.host, "br0")).rejects.toMatchObject({ code: "EADDRINUSE" });
    await other.host.addAddress("eth0", "10.77.0.2/24");
    const events: DhcpServerEvent[] = [];
    await using _server = await serveDhcp(other.host, "eth0", { report: (event) => events.push(event) });
    await expect
      .poll(() => events)
      .toContainEqual(expect.objectContaining({ event: "otherServer", address: "10.77.0.1" }));
  },
);
