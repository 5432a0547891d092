import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { BridgePortOptions } from "../../../src/index.js";
import { interfered, noStrace } from "./interfered.js";
import { missing, Scene, stateOf } from "./scene.js";

let scene: Scene;

beforeAll(async () => {
  if (missing !== undefined) return;
  scene = await Scene.open();
});

beforeEach(async ({ skip }) => {
  skip(missing !== undefined, missing);
  const left = (await scene.host.links()).map(({ name }) => name).filter((name) => name !== "lo");
  await scene.host.removeAll(left);
  await scene.host.addBridge("br0", { up: true });
  await scene.host.addTap("tap0");
  scene.policy({ bridge: "br0", port: { isolated: true, cost: 7 } });
  expect(await scene.start("qemu-ifup", "tap0")).toMatchObject({ status: 0, stderr: "" });
});

afterAll(async () => {
  if (missing === undefined) await scene[Symbol.asyncDispose]();
});

/** All of the port that a rule may change. */
async function portOf(name: string): Promise<object> {
  const link = await scene.host.link(name);
  const { isolated, learning, cost, priority, unicastFlood } = link.linkInfo?.slaveData as BridgePortOptions;
  return { ...stateOf(link), isolated, learning, cost, priority, unicastFlood };
}

test("whichever step of a second call fails, the port keeps the options that it had", async ({ skip }) => {
  skip(noStrace !== undefined, noStrace);
  const { host } = scene;
  await host.setLink("tap0", { mtu: 1280 });
  const before = await portOf("tap0");
  expect(before).toMatchObject({ isolated: true, cost: 7, learning: true, up: true });
  scene.policy({
    bridge: "br0",
    port: { isolated: false, learning: false, cost: 9, priority: 3, unicastFlood: false },
  });
  let failed = 0;
  for (let n = 1; n < 20; n++) {
    const ended = await scene.run(interfered("error=ENOBUFS", n));
    if (ended.status === 0) break;
    failed++;
    expect(ended.stderr.trimEnd().split("\n"), `message ${n}`).toHaveLength(1);
    expect(await portOf("tap0"), `message ${n}`).toEqual(before);
  }
  // Two questions and four steps.
  expect(failed).toBe(6);
  expect(await portOf("tap0")).toMatchObject({ isolated: false, learning: false, cost: 9, priority: 3 });
});

test("a second call of which the kernel refuses an option leaves the port as it was", async () => {
  const before = await portOf("tap0");
  scene.policy({ bridge: "br0", mtu: 1300, port: { isolated: false, learning: false, groupFwdMask: 2 } });
  const ended = await scene.start("qemu-ifup", "tap0");
  expect(ended).toMatchObject({ status: 1, stderr: "qemu-ifup: tap0: configuring a port of br0: Invalid argument\n" });
  expect(await portOf("tap0")).toEqual(before);
});

test("qemu-ifdown ends well when the rule's bridge is gone: the TAP is leaving", async () => {
  const { host } = scene;
  await host.remove("br0");
  expect(await scene.start("qemu-ifdown", "tap0")).toEqual({ status: 0, signal: null, stdout: "", stderr: "" });
  expect(await host.link("tap0")).toMatchObject({ up: false });
  expect(await scene.start("qemu-ifup", "tap0"), "but none can join").toMatchObject({
    status: 1,
    stderr: "qemu-ifup: tap0: br0: No such device\n",
  });
  await host.addBridge("br1");
  await host.attach("tap0", "br1");
  expect(await scene.start("qemu-ifdown", "tap0"), "and another's stays").toMatchObject({
    status: 1,
    stderr: "qemu-ifdown: tap0: it is a port of another bridge than br0\n",
  });
});

test("under default-route, qemu-ifdown takes a TAP off the bridge of the default route, and off no other", async () => {
  const { host } = scene;
  scene.policy({ bridge: "default-route" });
  await host.addBridge("br1");
  const before = await portOf("tap0");
  const refused = {
    status: 1,
    stderr: "qemu-ifdown: tap0: it is a port of another bridge than default-route\n",
  };
  expect(await scene.start("qemu-ifdown", "tap0"), "the route leads nowhere").toMatchObject(refused);
  expect(await portOf("tap0")).toEqual(before);
  await host.setLink("br1", { up: true });
  await host.routes.add("default", { link: "br1" });
  expect(await scene.start("qemu-ifdown", "tap0"), "it leads elsewhere").toMatchObject(refused);
  expect(await portOf("tap0")).toEqual(before);
  await host.routes.remove("default", { link: "br1" });
  await host.routes.add("default", { link: "br0" });
  expect(await scene.start("qemu-ifdown", "tap0")).toMatchObject({ status: 0, stderr: "" });
  expect(await host.link("tap0")).toMatchObject({ up: false });
  expect((await host.link("tap0")).master).toBeUndefined();
  await host.routes.remove("default", { link: "br0" });
  await host.setLink("tap0", { up: true });
  expect(await scene.start("qemu-ifdown", "tap0"), "it is no port").toMatchObject({ status: 0, stderr: "" });
  expect(await host.link("tap0")).toMatchObject({ up: false });
});
