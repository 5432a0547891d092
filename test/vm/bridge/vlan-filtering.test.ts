import type { Duplex } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { frame, numberOf } from "../../kernel/scene/frames.js";

let host: Host;

beforeAll(async () => {
  host = await Host.open({ namespace: "new" });
  await host.setSysctl("net.ipv6.conf.default.disable_ipv6", 1);
  await host.addBridge("br0", { vlanFiltering: true, vlanStatsEnabled: true, vlanStatsPerPort: true, up: true });
  await host.bridgeVlans.set("br0", []);
});

afterAll(async () => {
  await host.close();
});

const TAG = 0x8100;

/** A frame with an 802.1Q tag. */
function tagged(vlan: number, number: number): Buffer {
  const plain = frame(number);
  const tag = Buffer.alloc(4);
  tag.writeUInt16BE(TAG, 0);
  tag.writeUInt16BE(vlan, 2);
  return Buffer.concat([plain.subarray(0, 12), tag, plain.subarray(12)]);
}

/** What a port's far end has seen: "12" for number 12 without a tag, "12 in 10" with VLAN 10's. */
function watch(stream: Duplex): string[] {
  const seen: string[] = [];
  stream.on("data", (bytes: Buffer) => {
    const isTagged = bytes.readUInt16BE(12) === TAG;
    const number = numberOf(bytes, isTagged ? 4 : 0);
    if (number === undefined) return;
    seen.push(isTagged ? `${number} in ${bytes.readUInt16BE(14) & 0xfff}` : String(number));
  });
  return seen;
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error("it did not come to be");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test("on one VLAN-filtering bridge, frames of access ports are tagged on the trunk, and the VLANs are separated", async () => {
  const ports = await Promise.all(["trunk", "access10", "access12", "other10"].map((name) => host.openTap(name)));
  const [trunk, access10, access12, other10] = ports.map((port) => port.frames()) as [Duplex, Duplex, Duplex, Duplex];
  await host.attach("trunk", "br0", { vlans: [{ id: 10 }, { id: 12 }] });
  for (const [name, id] of [
    ["access10", 10],
    ["other10", 10],
    ["access12", 12],
  ] as const)
    await host.attach(name, "br0", { vlans: [{ id, pvid: true, untagged: true }] });
  const seen = [trunk, access10, access12, other10].map(watch);

  access10.write(frame(1));
  access12.write(frame(2));
  await until(() => seen[0]!.length === 2 && seen[3]!.length === 1);
  expect(seen.map((list) => [...list].sort())).toEqual([["1 in 10", "2 in 12"], [], [], ["1"]]);

  for (const [vlan, number] of [
    [10, 3],
    [12, 4],
    [11, 5],
    [1, 6],
  ] as const)
    trunk.write(tagged(vlan, number));
  trunk.write(frame(7));
  access10.write(tagged(12, 8));
  trunk.write(tagged(10, 9));
  trunk.write(tagged(12, 10));
  await until(() => seen[1]!.includes("9") && seen[2]!.includes("10") && seen[3]!.includes("9"));
  expect(seen.slice(1)).toEqual([
    ["3", "9"],
    ["4", "10"],
    ["1", "3", "9"],
  ]);
  expect(seen[0]).toHaveLength(2);

  const [ten] = await host.bridgeVlans.list({ link: "access10", stats: true });
  expect(ten).toMatchObject({ id: 10, stats: { rxPackets: 1, txPackets: 2 } });
  for (const port of ports) await port.close();
});
