import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { apply, describeInterruptions, explain, type HostDeclaration, plan } from "../../../src/topology/index.js";
import { journalFolder } from "./journal.js";

const journal = journalFolder();

async function there(): Promise<Host> {
  const host = await Host.open({ namespace: "new" });
  await apply(
    host,
    {
      links: {
        eno3: { kind: "veth", peer: "far0", up: true, addresses: ["10.0.0.5/24"] },
        far0: { up: true },
        br0: { kind: "bridge", up: true },
        tap0: { kind: "tun", master: "br0" },
      },
      routes: [{ destination: "default", gateway: "10.0.0.1", link: "eno3" }],
      sysctls: { "net.ipv4.ip_forward": 1 },
    },
    { journal },
  );
  return host;
}

async function explained(host: Host, declared: HostDeclaration): Promise<string[]> {
  const words = describeInterruptions(await explain(host, await plan(host, declared)));
  return words.trimEnd().split("\n");
}

test("explain says which traffic stops, for how long, whose, and why", async () => {
  await using host = await there();
  await using tap = await host.openTap("tap0");
  expect(tap.name).toBe("tap0");
  const own = `${process.pid}`;
  const held = expect.stringMatching(
    `what passes br0 stops for good: it is removed: .*process ${own}\\) by tap0`,
  ) as string;
  expect(await explained(host, { links: { br0: { absent: true } } })).toEqual([held]);
  const hostsOwn = "10.0.0.5/24, the route to default by 10.0.0.1";
  expect(await explained(host, { links: { eno3: { master: "br0" } } })).toEqual([
    `. what passes eno3 stops for a moment: it joins br0; ${hostsOwn}`,
    `. what passes eno3 stops for good: it joins br0, and what its addresses are asked for arrives there; ${hostsOwn}`,
  ]);
  expect(await explained(host, { links: { br1: { kind: "bridge", takeOver: "eno3" } } })).toEqual([
    `. what passes eno3 stops for a moment: it joins br1; ${hostsOwn}`,
  ]);
  const treed: HostDeclaration = { links: { br1: { kind: "bridge", stpState: "kernel", takeOver: "eno3" } } };
  expect(await explained(host, treed)).toEqual([`. what passes eno3 stops for up to 30 s: it joins br1; ${hostsOwn}`]);
  expect(await explained(host, { links: { eno3: { up: false } } })).toEqual([
    `. what passes eno3 stops for good: it goes down; ${hostsOwn}`,
  ]);
  expect(
    await explained(host, {
      links: { eno3: { addresses: { only: true, entries: [] } } },
      routes: [{ destination: "default", absent: true }],
      sysctls: { "net.ipv4.ip_forward": 0 },
    }),
  ).toEqual([
    ". what is forwarded stops for good: net.ipv4.ip_forward is 0: nothing is forwarded",
    `. what passes eno3 stops for good: it loses 10.0.0.5/24; ${hostsOwn}`,
    `. what passes eno3 stops for good: nothing leads to default by it; ${hostsOwn}`,
  ]);
  expect(await explained(host, { links: { br2: { kind: "bridge" } } })).toEqual(["no traffic stops"]);
});
