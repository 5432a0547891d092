import { describe, expect, test } from "vitest";
import { type DhcpServerEvent, keepLease, serveDhcp } from "../../../src/dhcp/index.js";
import { lacks } from "../scene/program.js";
import { place, plug } from "../scene/guests.js";
import { dnsmasq, folder } from "./programs.js";

const reason = lacks("dnsmasq", "--version");
if (reason !== undefined) console.log(`skipped: ${reason}`);

/** A bridge in a namespace of its own with an address, and dnsmasq on it, which has its socket when this resolves. */
async function served(files: string, ...more: readonly string[]) {
  const here = await place();
  await here.host.addBridge("br0", { up: true });
  await here.host.addAddress("br0", "10.77.0.1/24");
  const child = here.start(dnsmasq(files, ...more));
  await new Promise<void>((resolve, reject) => {
    child.stderr!.on(
      "data",
      (text) => String(text).includes("sockets bound exclusively to interface br0") && resolve(),
    );
    child.once("close", () => reject(new Error("dnsmasq ended")));
  });
  return { ...here, child };
}

describe.skipIf(reason !== undefined)("beside dnsmasq", () => {
  test.each([
    ["in two messages", ["--dhcp-rapid-commit"]],
    ["in four messages", []],
  ])("our client gets a lease %s, and the same again later", async (_, options) => {
    using files = folder();
    await using here = await served(files.path, ...options);
    await using guest = await place();
    await plug(here.host, "port0", "br0", guest);
    const kept = await keepLease(guest.host, "eth0", { hostname: "guest" });
    expect(kept.lease).toMatchObject({ serverIdentifier: "10.77.0.1", prefixLength: 24, leaseTime: 3_600_000 });
    expect(kept.lease!.options.routers).toEqual(["10.77.0.1"]);
    await kept.close();
    await using again = await keepLease(guest.host, "eth0", { lease: kept.lease });
    expect(again.lease!.address).toBe(kept.lease!.address);
    const [address] = await guest.host.addresses({ link: "eth0", family: "inet" });
    expect(address!.address).toBe(`${kept.lease!.address}/24`);
  });

  test("our server does not start on the same link, and hears of it on another end of the segment", async () => {
    using files = folder();
    await using here = await served(files.path);
    await expect(serveDhcp(here.host, "br0")).rejects.toMatchObject({ code: "EADDRINUSE" });
    await using other = await place();
    await plug(here.host, "port0", "br0", other);
    await other.host.addAddress("eth0", "10.77.0.2/24");
    const events: DhcpServerEvent[] = [];
    await using _server = await serveDhcp(other.host, "eth0", { report: (event) => events.push(event) });
    await expect
      .poll(() => events)
      .toContainEqual(expect.objectContaining({ event: "otherServer", address: "10.77.0.1" }));
  });
});
