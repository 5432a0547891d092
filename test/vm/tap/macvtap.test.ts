import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Host, type MacvtapOptions } from "../../../src/index.js";
import { descriptors, eventually } from "../../kernel/netfilter/counting.js";
import { frame, numbers } from "../../kernel/scene/frames.js";

let host: Host;

beforeAll(async () => {
  host = await Host.open({ namespace: "new" });
  // Nobody sends but the guests.
  await host.setSysctl("net.ipv6.conf.default.disable_ipv6", 1);
  await host.addVeth("eth0", { peer: { name: "far0", up: true }, up: true });
  for (const name of ["mvt0", "mvt1"]) await host.addMacvtap(name, { link: "eth0", mode: "bridge", up: true });
});

afterAll(async () => {
  await host.close();
});

function mounts(): number {
  return readFileSync("/proc/self/mountinfo", "utf8").split("\n").length;
}

/** A frame with a number, from one MAC to another. */
function frameBetween(from: string, to: string, number: number): Buffer {
  const bytes = frame(number);
  bytes.write(to.replaceAll(":", "") + from.replaceAll(":", ""), "hex");
  return bytes;
}

async function macOf(link: string): Promise<string> {
  return (await host.link(link)).address!;
}

async function received(link: string): Promise<number> {
  return (await host.link(link)).stats64!.rxPackets;
}

test("guests on two macvtaps reach each other but not the host", async () => {
  await using first = await host.openMacvtap("mvt0");
  await using second = await host.openMacvtap("mvt1");
  const [from, to] = [first.frames(), second.frames()];
  const [mine, theirs, hosts] = await Promise.all([macOf("mvt0"), macOf("mvt1"), macOf("eth0")]);
  const [before, outside] = await Promise.all([received("eth0"), received("far0")]);
  const there = numbers(to, 2);
  const back = numbers(from, 1);
  from.write(frameBetween(mine, hosts, 1));
  from.write(frameBetween(mine, theirs, 2));
  from.write(frameBetween(mine, theirs, 3));
  to.write(frameBetween(theirs, mine, 4));
  expect(await there).toEqual([2, 3]);
  expect(await back).toEqual([4]);
  // What is for the host leaves by the wire, and does not come back.
  expect(await eventually(async () => (await received("far0")) > outside)).toBe(true);
  expect(await received("eth0")).toBe(before);
  from.destroy();
  to.destroy();
});

test("each queue has a descriptor and flags of its own, and the frames of all come from one of them", async () => {
  await using tap = await host.openMacvtap("mvt0", { queues: 3, vnetHdr: true, vnetHdrSize: 12, offload: ["csum"] });
  await using other = await host.openMacvtap("mvt1", { vnetHdr: true });
  expect(tap).toMatchObject({ name: "mvt0", kind: "macvtap", index: (await host.link("mvt0")).index });
  expect(new Set(tap.descriptors.map(({ fd }) => fd)).size).toBe(3);
  expect(await tap.status()).toMatchObject({
    name: "mvt0",
    flags: ["IFF_TAP", "IFF_MULTI_QUEUE", "IFF_NO_PI", "IFF_VNET_HDR"],
    sndbuf: undefined,
    vnetHdrSize: 12,
  });
  await tap.control({ vnetHdrSize: 10, sndbuf: 65536 });
  const streams = tap.descriptors.map((_, queue) => tap.frames(queue));
  const found = Promise.race(streams.map((stream) => numbers(stream, 1, 10)));
  const from = other.frames();
  from.write(Buffer.concat([Buffer.alloc(10), frameBetween(await macOf("mvt1"), await macOf("mvt0"), 9)]));
  expect(await found).toEqual([9]);
  for (const stream of [...streams, from]) stream.destroy();
});

test("an ipvtap is opened in the same way", async () => {
  await host.addVeth("eth1", { peer: "far1", up: true });
  await host.addLink("ivt0", "ipvtap", { link: "eth1" });
  await using tap = await host.openMacvtap("ivt0", { queues: 2 });
  expect(tap.kind).toBe("ipvtap");
  expect(await tap.status()).toMatchObject({ name: "ivt0", flags: ["IFF_TAP", "IFF_MULTI_QUEUE", "IFF_NO_PI"] });
});

test("what is wrong is refused in words, and leaves no descriptor and no mount behind", async () => {
  await host.addLink("mvl0", "macvlan", { link: "eth0" });
  await host.openMacvtap("mvt0").then((tap) => tap.close());
  const before = [descriptors(), mounts()];
  const refused: [link: string, options: object, message: string][] = [
    ["eth0", {}, "eth0: it is neither a macvtap nor an ipvtap, and so has no descriptors (EINVAL)"],
    ["mvt0", { queues: 0 }, "queues: 0 is not an integer from 1 to 256"],
    ["mvt0", { persist: true }, "persist: no such option"],
    ["mvt0", { offload: ["csum"] }, "offload: what is taken over is said in the virtio header: it needs vnetHdr"],
    ["mvt0", { vnetHdr: "yes" }, 'vnetHdr: "yes" is neither true nor false'],
    [
      "mvt9",
      {},
      "mvt9: the kernel refused RTM_GETLINK: no such device (ENODEV); there is no such link in this network namespace",
    ],
    ["mvt0", { offload: ["tso4"], vnetHdr: true }, "offload: a macvtap ignores the others without csum"],
    [
      "mvl0",
      {},
      "mvl0: it is neither a macvtap nor an ipvtap, and so has no descriptors (EINVAL); create it as macvtap",
    ],
  ];
  for (const [link, options, message] of refused)
    await expect(host.openMacvtap(link, options as MacvtapOptions), message).rejects.toThrow(message);
  await using tap = await host.openMacvtap("mvt0");
  await expect(tap.control({ persist: true })).rejects.toThrow("persist: no such option");
  await tap.close();
  expect([descriptors(), mounts()]).toEqual(before);
});

test("two hosts see the links of their own namespaces by the same name, and a closed host leaves nothing open", async () => {
  const before = [descriptors(), mounts()];
  const other = await Host.open({ namespace: "new" });
  await other.addVeth("eth0", { peer: "far0", up: true });
  await other.addMacvtap("mvt0", { link: "eth0" });
  const taps = await Promise.all([host.openMacvtap("mvt0"), other.openMacvtap("mvt0")]);
  const names = await Promise.all(taps.map(async (tap) => (await tap.status()).name));
  expect(names).toEqual(["mvt0", "mvt0"]);
  await taps[0].close();
  await other.close();
  expect([descriptors(), mounts()]).toEqual(before);
});
