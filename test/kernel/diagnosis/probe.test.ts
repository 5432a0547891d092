import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { probePath } from "../../../src/diagnosis/index.js";
import type { Host } from "../../../src/index.js";
import * as nft from "../../../src/netfilter/index.js";
import { frame, type Scene, scene } from "../../../src/testing/index.js";
import { terminal } from "../cli/terminal.js";

const ONE = "02:00:00:00:00:11";
const TWO = "02:00:00:00:00:22";
const WAIT = { wait: 5000 };
/** For what does not arrive, and leaves no word. */
const SHORT = { wait: 200 };

/** Two guests on a bridge, which has heard both, and addresses that the host knows them by; a neighbouring network. */
async function guests(): Promise<Scene<"host" | "other">> {
  const net = await scene({
    hosts: {
      host: {
        bridges: { br0: {} },
        taps: { vm1: { bridge: "br0" }, vm2: { bridge: "br0" } },
        addresses: { br0: ["10.0.0.1/24"], out: ["192.0.2.1/24"] },
        sysctls: { "net.ipv4.ip_forward": 1 },
      },
      other: { addresses: { eth0: ["192.0.2.2/24"] } },
    },
    links: [["host:out", "other:eth0"]],
  });
  const { host } = net.hosts;
  for (const [name, mac, last] of [
    ["vm1", ONE, 11],
    ["vm2", TWO, 22],
  ] as const) {
    await host.waitFor(name, "forwarding");
    await net.tap(`host:${name}`).send(frame({ from: mac }));
    await host.neighbours.add("br0", `10.0.0.${last}`, { lladdr: mac });
  }
  await expect.poll(async () => (await host.fdb.list({ bridge: "br0" })).map(({ address }) => address)).toContain(TWO);
  return net;
}

/** Has what goes out by vm2 vanish without a word. */
async function swallow(host: Host): Promise<void> {
  await host.qdiscs.add("vm2", { kind: "clsact", parent: "ingress" });
  const everything = { keys: [{ off: 0, mask: 0, val: 0 }] };
  await host.filters.add("vm2", {
    kind: "u32",
    parent: "egress",
    protocol: "all",
    priority: 1,
    options: { sel: everything, actions: [{ kind: "mirred", options: { eaction: "egressRedir", ifindex: 1 } }] },
  });
}

/** A table of somebody's with one rule. */
function ruled(family: "inet" | "bridge", hook: "forward" | "input", ...rule: nft.RulePart[]): nft.Changes {
  const place = { family, table: "somebody", chain: hook };
  return [
    nft.addTable({ family, table: "somebody" }),
    nft.addChain({ ...place, base: { hook, priority: "filter" } }),
    nft.addRule(place, rule),
  ];
}

test("a probe from one guest to another is seen where it goes in and where it goes out, and leaves nothing", async () => {
  await using net = await guests();
  const { host } = net.hosts;
  const before = (await host.links()).map(({ name }) => name);
  const probe = await probePath(host, "vm1", "10.0.0.22", WAIT);
  expect(probe).toMatchObject({ arrives: true, seen: ["vm1", "vm2"], end: undefined });
  expect(probe.sent).toBe(`UDP from 10.0.0.11 to 10.0.0.22, port 9, by ${ONE} to ${TWO}`);
  await net.tap("host:vm2").expect((each) => each.from === ONE && each.to === TWO);
  expect((await host.links()).map(({ name }) => name)).toEqual(before);
  expect((await host.netfilter.ruleset()).tables).toEqual([]);
});

test("a rule that drops it is named, in a bridge's chain and in one that routes", async () => {
  await using net = await guests();
  const { host } = net.hosts;
  await host.netfilter.commit(ruled("bridge", "forward", nft.is("etherDestination", TWO), nft.drop()));
  const [{ handle } = { handle: undefined }] = (await host.netfilter.ruleset()).rules;
  expect(await probePath(host, "vm1", TWO, WAIT)).toMatchObject({
    arrives: false,
    seen: ["vm1"],
    end: {
      link: "vm1",
      why: `chain forward of table bridge somebody drops it, by its rule with handle ${String(handle)}`,
    },
  });
  expect(await probePath(host, "vm2", ONE, WAIT)).toMatchObject({ arrives: true });
  await host.netfilter.commit(ruled("inet", "forward", nft.is("udpDestinationPort", 9), nft.drop()));
  expect(await probePath(host, "vm1", "192.0.2.2", WAIT)).toMatchObject({
    arrives: false,
    end: { why: expect.stringMatching(/^chain forward of table inet somebody drops it, by its rule/) as string },
  });
});

test("a probe that is routed is seen where it leaves, and one to this host has to pass its input chain", async () => {
  await using net = await guests();
  const { host } = net.hosts;
  expect(await probePath(host, "vm1", "192.0.2.2", WAIT)).toMatchObject({ arrives: true, seen: ["vm1", "br0", "out"] });
  expect(await probePath(host, "vm1", "10.0.0.1", WAIT)).toMatchObject({ arrives: true, seen: ["vm1", "br0"] });
  await host.netfilter.commit(ruled("inet", "input", nft.drop()));
  expect(await probePath(host, "vm1", "10.0.0.1", WAIT)).toMatchObject({
    arrives: false,
    seen: ["vm1", "br0"],
    end: { link: "br0", why: expect.stringContaining("table inet somebody drops it") as string },
  });
});

test("what is not known to arrive is not said to: a neighbour that nobody is, and addresses that are not known", async () => {
  await using net = await guests();
  const { host } = net.hosts;
  expect(await probePath(host, "vm1", "192.0.2.77", SHORT)).toMatchObject({ arrives: false, seen: ["vm1", "br0"] });
  await host.neighbours.remove("br0", "10.0.0.11");
  await expect(probePath(host, "vm1", "192.0.2.2", SHORT)).rejects.toThrow("needs the IPv4 addresses of both ends");
});

test("two probes at once do not meet, and one whose process ends leaves neither links nor tables", async () => {
  await using net = await guests();
  const { host } = net.hosts;
  const both = await Promise.all([probePath(host, "vm1", TWO, WAIT), probePath(host, "vm2", ONE, WAIT)]);
  expect(both.map(({ arrives }) => arrives)).toEqual([true, true]);
  await using namespace = await host.namespaceDescriptor();
  const before = (await host.links()).map(({ name }) => name);
  // It waits for its frame until its process is ended.
  await swallow(host);
  const code = `import { Host } from "linkwright"; import { probePath } from "linkwright/diagnosis";
    const host = await Host.open({ namespace: "/proc/${process.pid}/fd/${namespace.fd}" });
    process.stdout.write("begun"); await probePath(host, "vm1", "${TWO}", { wait: 60000 });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  await expect.poll(async () => (await host.netfilter.ruleset()).tables.length, { timeout: 20_000 }).toBe(2);
  await expect.poll(async () => (await host.links()).length, { timeout: 20_000 }).toBe(before.length + 1);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
  await expect.poll(async () => (await host.netfilter.ruleset()).tables).toEqual([]);
  await expect.poll(async () => (await host.links()).map(({ name }) => name)).toEqual(before);
});

test("what drops without a word is told by where it was seen last", async () => {
  await using net = await guests();
  const { host } = net.hosts;
  await swallow(host);
  expect(await probePath(host, "vm1", TWO, SHORT)).toMatchObject({
    arrives: false,
    seen: ["vm1"],
    end: { link: "vm1", why: "it was seen at vm1, and not after that (br0, vm2)" },
  });
});

test("what a TAP loses around a probe is told, though the probe was seen there", async () => {
  await using net = await guests();
  const { host } = net.hosts;
  await using deaf = await host.openTap("deaf");
  await host.setLink(deaf, { txqlen: 1 });
  await host.attach(deaf, "br0");
  await host.waitFor("deaf", "forwarding");
  const first = await probePath(host, "br0", "deaf", WAIT);
  expect(first).toMatchObject({ arrives: true });
  const second = await probePath(host, "br0", "deaf", WAIT);
  expect(second.losses).toEqual([expect.stringMatching(/^deaf: txDropped grew by \d+$/)]);
  expect(second.doubts).toContain(`${second.losses[0]} meanwhile: this frame may be among them`);
});

test("the command line marks where it was seen", async () => {
  await using own = await terminal();
  const { host, type } = own;
  await host.addBridge("br0", { up: true });
  await using tap = await host.openTap("vm1");
  await host.attach(tap, "br0");
  await host.waitFor("vm1", "forwarding");
  const { status, stdout } = await type("doctor path vm1 br0 probe");
  expect(status).toBe(0);
  expect(stdout).toMatch(/^ {3}sent: a frame of type 0x88b5, by 02:.*\n✓ {2}vm1 {2}takes it into br0\n✓ {2}br0 /);
});
