import { expect, test } from "vitest";
import { advertiseRouter, serveDhcp } from "../../../src/dhcp/index.js";
import { diagnose } from "../../../src/diagnosis/diagnose.js";
import type { Finding } from "../../../src/diagnosis/check.js";
import { Host } from "../../../src/index.js";
import { machine } from "./machine.js";

/** What is found after listening, of what is asked for by listening. */
async function heard(host: Host, listen = 400): Promise<Finding[]> {
  using healthy = machine();
  const findings = await diagnose(host, { root: healthy.root, listen });
  return findings.filter(({ code }) => code.startsWith("second-"));
}

/** A bridge, and a namespace behind a port of it, with an address of its own. */
async function behind(host: Host, port: string, address: string): Promise<Host> {
  const other = await Host.open({ namespace: "new" });
  await host.addVeth(port, { up: true, peer: { name: "eth0", namespace: other } });
  await other.setLink("eth0", { up: true });
  await other.addAddress("eth0", address);
  await host.attach(port, "br0");
  await host.waitFor(port, "forwarding");
  return other;
}

async function bridged(): Promise<Host> {
  const host = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { up: true });
  await host.addAddress("br0", "10.77.0.1/24");
  return host;
}

const settings = { ranges: [{ first: "10.77.0.50", last: "10.77.0.60" }] };

test("two DHCP servers behind a bridge are named with the ports that they are behind; one alone is not", async () => {
  await using host = await bridged();
  await using one = await behind(host, "port1", "10.77.0.2/24");
  await using two = await behind(host, "port2", "10.77.0.3/24");
  await using _first = await serveDhcp(one, "eth0", settings);
  expect(await heard(host)).toEqual([]);
  await using _second = await serveDhcp(two, "eth0", settings);
  const macs = await Promise.all([one, two].map(async (each) => (await each.link("eth0")).address!));
  await expect
    .poll(() => heard(host), { timeout: 10_000 })
    .toMatchObject([
      {
        code: "second-dhcp-server",
        links: ["br0"],
        evidence: expect.arrayContaining([
          `10.77.0.2 answers, from ${macs[0]}, behind port1`,
          `10.77.0.3 answers, from ${macs[1]}, behind port2`,
        ]) as string[],
      },
    ]);
});

test("a DHCP server beside this host's own is named", async () => {
  await using host = await bridged();
  await using other = await behind(host, "port1", "10.77.0.2/24");
  await using _own = await serveDhcp(host, "br0", settings);
  expect(await heard(host)).toEqual([]);
  await using _other = await serveDhcp(other, "eth0", settings);
  await expect
    .poll(() => heard(host), { timeout: 10_000 })
    .toMatchObject([
      {
        code: "second-dhcp-server",
        evidence: [
          "a program on this host has UDP port 67, for br0 or for all links",
          expect.stringMatching(/^10\.77\.0\.2 answers, from .*, behind port1$/),
        ],
      },
    ]);
});

test("a router that advertises itself beside this host, which routes for the guests there, is named", async () => {
  await using host = await bridged();
  await using other = await behind(host, "port1", "10.77.0.2/24");
  await using _router = await advertiseRouter(other, "eth0", {
    advertisement: { routerLifetime: 1_800_000, options: {} },
  });
  expect(await heard(host)).toEqual([]);
  await host.setSysctl("net.ipv6.conf.br0.forwarding", 1);
  await host.addAddress("br0", "2001:db8::1/64", { flags: ["nodad"] });
  await expect
    .poll(() => heard(host), { timeout: 20_000 })
    .toMatchObject([
      {
        code: "second-router",
        severity: "warning",
        links: ["br0"],
        evidence: [
          "this host forwards IPv6 on br0, and has 2001:db8::1/64 there",
          expect.stringMatching(/^fe80::.* answers, from .*, behind port1$/),
        ],
      },
    ]);
  // With its way out on that bridge it is one of the network's hosts, which forwards for networks of its own.
  await host.routes.add("default", { gateway: "2001:db8::ff", link: "br0" });
  expect(await heard(host)).toEqual([]);
});

test("nothing is sent on a bridge unless it is asked for", async () => {
  await using host = await bridged();
  await using other = await behind(host, "port1", "10.77.0.2/24");
  await using frames = await other.openFrames("eth0");
  let asked = 0;
  frames.receive((frame) => (asked += frame[23] === 17 && frame.readUInt16BE(36) === 67 ? 1 : 0));
  using healthy = machine();
  await diagnose(host, { root: healthy.root });
  expect(asked).toBe(0);
  await diagnose(host, { root: healthy.root, listen: 1 });
  await expect.poll(() => asked).toBe(1);
});
