import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Host } from "../../../src/host/host.js";
import { type Scene, scene } from "../../../src/testing/index.js";
import {
  type Branch,
  detailsOf,
  dotOf,
  mermaidOf,
  pageOf,
  svgOf,
  treeOf,
  wiringOf,
} from "../../../src/wiring/index.js";
import { terminal } from "../cli/terminal.js";

/** A bridge with an uplink, an open TAP and a VXLAN that stands on another NIC. */
async function wired(): Promise<Scene<"here">> {
  const net = await scene({
    hosts: {
      here: {
        bridges: { br0: {} },
        taps: { lwshow0: { bridge: "br0", port: { isolated: true } } },
        ports: { eno1: "br0" },
        addresses: { br0: "192.0.2.1/24" },
      },
    },
    links: [
      ["here:eno1", "here:wire1"],
      ["here:eno2", "here:wire2"],
    ],
  });
  const { here } = net.hosts;
  await here.addLink("vx5", "vxlan", { id: 5, link: "eno2", port: 4789, up: true });
  await here.attach("vx5", "br0");
  await here.addLink("mv0", "macvtap", { link: "eno2", mode: "bridge" });
  return net;
}

function drawn({ link, as, branches }: Branch): object {
  return { [`${as} ${link.name}`]: branches.map(drawn) };
}

test("each link has one place: below its master, else below what it stands on, and is mentioned where it stands", async () => {
  await using net = await wired();
  const host = net.hosts.here;
  expect(treeOf(await wiringOf(host)).map(drawn)).toEqual([
    { "top br0": [{ "port eno1": [] }, { "port lwshow0": [] }, { "port vx5": [] }] },
    { "top eno2": [{ "above mv0": [] }, { "mention vx5": [] }] },
    { "top wire1": [] },
    { "top wire2": [] },
    { "top lo": [] },
  ]);
});

test("show says what each link is, its state, addresses, who holds a TAP, and what passes", async () => {
  await using net = await wired();
  await using console = await terminal(net.hosts.here);
  const { stdout, status } = await console.type("show count=20ms");
  expect(status).toBe(0);
  const lines = stdout.split("\n").map((line) => line.replace(/ {2,}/g, " | "));
  expect(lines[0]).toBe("NAME | WHAT | STATE | ADDRESSES AND MORE");
  expect(lines.find((line) => line.startsWith("br0"))).toMatch(/^br0 \| bridge \| up \| 192\.0\.2\.1\/24/);
  expect(lines.find((line) => line.includes("lwshow0"))).toMatch(
    new RegExp(`^├─ lwshow0 \\| tap \\| up \\| isolated, .* ${process.pid}`),
  );
  expect(lines.find((line) => line.startsWith("└─ vx5 | VXLAN 5 | up"))).toContain("on eno2");
  expect(lines).toContain("└─ vx5 | VXLAN 5 | port of br0");
  const [bridge] = (await console.ask("show count=20ms")) as {
    links: { name: string; holders?: { pid: number }[] }[];
  }[];
  expect(bridge!.links.find(({ name }) => name === "lwshow0")!.holders).toMatchObject([{ pid: process.pid }]);
});

test("a wiring has the rates of what passes while it is counted", async () => {
  await using host = await Host.open({ namespace: "new" });
  await using tap = await host.openTap("lwshow0");
  await host.setLink("lwshow0", { up: true });
  const stream = tap.frames();
  const sending = setInterval(() => stream.write(Buffer.alloc(1000, 1)), 1);
  try {
    const wiring = await wiringOf(host, { count: 100 });
    expect(wiring.trafficOf(await host.link("lwshow0"))!.received).toBeGreaterThan(8000);
  } finally {
    clearInterval(sending);
    stream.destroy();
  }
  expect((await wiringOf(host)).trafficOf(await host.link("lwshow0"))).toBeUndefined();
});

test("a picture has every link once, in its master where it is nothing but a port, and lines for what stands on what", async () => {
  await using net = await wired();
  const host = net.hosts.here;
  const wiring = await wiringOf(host);
  const dot = dotOf(wiring);
  const index = async (name: string): Promise<number> => (await host.link(name)).index;
  const [br0, eno1, eno2, lwshow0, vx5] = await Promise.all(["br0", "eno1", "eno2", "lwshow0", "vx5"].map(index));
  for (const { name, index: number } of wiring.links) {
    expect(dot.split(`<TD PORT="p${number}"`), name).toHaveLength(2);
    expect(dot, name).toContain(`<B>${name}</B>`);
  }
  expect(new RegExp(`^  l${br0} .*$`, "m").exec(dot)![0]).toContain(`PORT="p${lwshow0}"`);
  // A port stands in its bridge, with the loose end of its pair; what it stands on elsewhere is joined with it by a line.
  expect(new RegExp(`^  l${br0} .*$`, "m").exec(dot)![0]).toMatch(new RegExp(`PORT="p${eno1}".*<B>wire1</B>`));
  expect(dot).toContain(`  l${eno2}:p${eno2} -- l${br0}:p${vx5};`);
  const mermaid = mermaidOf(wiring);
  expect(mermaid).toContain(`  l${lwshow0} --- l${br0}\n`);
  const svg = await svgOf(wiring);
  for (const { name } of wiring.links) expect(svg).toContain(`>${name}</text>`);
  expect(svg).toContain("prefers-color-scheme:dark");
});

test("what a link is called cannot break out of a picture", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge('<b>&"|\\', { up: true });
  const wiring = await wiringOf(host);
  const svg = await svgOf(wiring);
  expect(svg).toContain("&lt;b&gt;&amp;&quot;|\\");
  expect(svg).not.toContain("<b>");
  expect(mermaidOf(wiring)).toContain('["#60;b#62;#38;#34;#124;#92;<br/>bridge');
  expect(pageOf(svg, { title: "</title><script>" })).not.toContain("</title><script>");
});

/** Wirings of many links, which nobody would like to scroll through. */
const MANY: Readonly<Record<string, (host: Host) => Promise<unknown>>> = {
  "200 ports of one bridge": async (host) => {
    await host.addBridge("br0", { up: true });
    await Promise.all(Array.from({ length: 200 }, (_, i) => host.addTap(`vnet${i}`, { bridge: "br0" })));
  },
  "100 bridges with a port each": async (host) => {
    for (let i = 0; i < 100; i++) await host.addBridge(`br${i}`);
    await Promise.all(Array.from({ length: 100 }, (_, i) => host.addTap(`vnet${i}`, { bridge: `br${i}` })));
  },
  "100 pairs, one end of each in a bridge": async (host) => {
    await host.addBridge("br0");
    for (let i = 0; i < 100; i++) {
      await host.addVeth(`one${i}`, { peer: { name: `two${i}` } });
      await host.attach(`one${i}`, "br0");
    }
  },
  "100 TAPs that are no ports": (host) => Promise.all(Array.from({ length: 100 }, (_, i) => host.addTap(`vnet${i}`))),
  "60 bridges on as many VXLANs of one card": async (host) => {
    await host.addVeth("card", { peer: { name: "cable" } });
    for (let i = 0; i < 60; i++) {
      await host.addLink(`vx${i}`, "vxlan", { id: i + 1, link: "card", port: 4789 });
      await host.addBridge(`br${i}`);
      await host.attach(`vx${i}`, `br${i}`);
    }
  },
};

test.for(Object.entries(MANY))("a picture is about as wide as high: %s", async ([, build]) => {
  await using host = await Host.open({ namespace: "new" });
  await build(host);
  const wiring = await wiringOf(host);
  const svg = await svgOf(wiring);
  for (const { name } of wiring.links) expect(svg, name).toContain(`>${name}</text>`);
  const [, width, height] = /viewBox="[\d.]+ [\d.]+ ([\d.]+) ([\d.]+)"/.exec(svg)!;
  const ratio = Number(width) / Number(height);
  expect(ratio).toBeGreaterThan(0.4);
  expect(ratio).toBeLessThan(2.5);
});

test("who holds a TAP is unknown to who may not see it, unless it has no carrier: then nobody does", async () => {
  await using net = await wired();
  const host = net.hosts.here;
  await host.addTap("left");
  const wiring = await wiringOf(host);
  const blind = { ...wiring, holdersOf: () => undefined };
  const [held, left] = [await host.link("lwshow0"), await host.link("left")];
  expect(detailsOf(blind, held)).toEqual(["isolated", "holder unknown to this user"]);
  expect(detailsOf(blind, left)).toEqual(["held by nobody"]);
});

test("graph writes what the file's name asks for, and refuses a name that asks for nothing", async () => {
  await using console = await terminal();
  await console.host.addBridge("br0", { up: true });
  const folder = mkdtempSync(join(tmpdir(), "linkwright-graph-"));
  try {
    const starts = { svg: "<svg", html: "<!doctype html>", dot: "graph wiring {", mmd: "flowchart LR" };
    for (const [ending, start] of Object.entries(starts)) {
      const file = join(folder, `wiring.${ending}`);
      expect(await console.type(`graph -o ${file}`)).toEqual({ status: 0, stdout: "", stderr: "" });
      expect(readFileSync(file, "utf8")).toMatch(new RegExp(`^${start}`));
    }
    const { status, stderr } = await console.type(`graph -o ${folder}/wiring.png`);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringContaining("ends in none of .svg, .html, .dot, .mmd: add format=") as string,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
