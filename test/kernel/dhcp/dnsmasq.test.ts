import { describe, expect, test } from "vitest";
import { type DhcpServerEvent, keepLease, serveDhcp } from "../../../src/dhcp/index.js";
import { place, type Place, plug } from "../scene/guests.js";
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
