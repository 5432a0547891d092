import type { Duplex } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { frame, numberOf } from "../../kernel/scene/frames.js";
import { missing, Scene, stateOf } from "../../kernel/qemu/scene.js";

let scene: Scene;

beforeAll(async () => {
  if (missing !== undefined) return;
  scene = await Scene.open();
  await scene.host.setSysctl("net.ipv6.conf.default.disable_ipv6", 1);
  await scene.host.addBridge("br0", { vlanFiltering: true, up: true });
});

afterAll(async () => {
  if (missing === undefined) await scene[Symbol.asyncDispose]();
});

const access = (id: number): object[] => [{ id, pvid: true, untagged: true }];

/** The numbers of the frames that come, in their order. */
function watch(stream: Duplex): number[] {
  const seen: number[] = [];
  stream.on("data", (bytes: Buffer) => {
    const number = numberOf(bytes);
    if (number !== undefined) seen.push(number);
  });
  return seen;
}

test("TAPs that the program attaches to different VLANs do not reach each other, those on one VLAN do", async ({
  skip,
}) => {
  skip(missing !== undefined, missing);
  const { host } = scene;
  scene.policy(
    { match: { tap: "a*" }, bridge: "br0", vlans: access(10) },
    { match: { tap: "b*" }, bridge: "br0", vlans: access(20) },
  );
  const names = ["a0", "b0", "a1", "b1"];
  const taps = await Promise.all(names.map((name) => host.openTap(name)));
  for (const name of names) expect(await scene.start("qemu-ifup", name)).toMatchObject({ status: 0, stderr: "" });
  for (const name of names)
    expect(await host.bridgeVlans.list({ link: name })).toMatchObject(access(name.startsWith("a") ? 10 : 20));
  const streams = taps.map((tap) => tap.frames());
  const seen = streams.map(watch);
  const send = (from: number, number: number): void => void streams[from]!.write(frame(number));
  const deadline = performance.now() + 20_000;
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) {
      if (performance.now() > deadline) throw new Error(`it did not come to be: ${JSON.stringify(seen)}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  send(0, 1);
  await until(() => seen[2]!.includes(1));
  send(1, 2);
  await until(() => seen[3]!.includes(2));
  // What were to go astray would have come before these.
  send(2, 3);
  send(3, 4);
  await until(() => seen[0]!.includes(3) && seen[1]!.includes(4));
  expect(seen).toEqual([[3], [4], [1], [2]]);
  await Promise.all(taps.map((tap) => tap.close()));
});

test("a port is never up on the bridge's default VLAN, even when its TAP came up, and a failure puts it back", async ({
  skip,
}) => {
  skip(missing !== undefined, missing);
  const { host } = scene;
  await host.addTap("c0");
  await host.setLink("c0", { up: true, mtu: 1300 });
  const before = stateOf(await host.link("c0"));
  // The kernel refuses the last of them, when the TAP is in the bridge.
  scene.policy({ bridge: "br0", vlans: access(7), port: { groupFwdMask: 2 } });
  const refused = await scene.start("qemu-ifup", "c0");
  expect(refused).toMatchObject({ status: 1, stderr: "qemu-ifup: c0: configuring a port of br0: Invalid argument\n" });
  expect(stateOf(await host.link("c0"))).toEqual(before);
  scene.policy({ bridge: "br0", vlans: [{ id: 4000, to: 4002 }, ...access(7)] });
  expect(await scene.start("qemu-ifup", "c0")).toMatchObject({ status: 0, stderr: "" });
  const vlans = await host.bridgeVlans.list({ link: "c0" });
  expect(vlans.map(({ id, to = id }) => [id, to])).toEqual([
    [7, 7],
    [4000, 4002],
  ]);
  expect((await host.link("c0")).up).toBe(true);
});
