import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { guardedPorts } from "../../../src/networks/index.js";
import { frame } from "../../../src/testing/index.js";
import { sceneTap } from "../../../src/testing/scene-tap.js";
import { keepRules } from "../../../src/serve/kept-rules.js";
import { interfered, noStrace } from "./interfered.js";
import { missing, Scene, stateOf } from "./scene.js";

const MAC = "52:54:00:00:00:07";
const OTHER = "52:54:00:00:00:08";
const LINK_LOCAL = "fe80::5054:ff:fe00:7";
const RULE = { bridge: "br0", port: { isolated: false }, antiSpoof: { mac: MAC, addresses: ["10.0.0.7"] } };
const GUARDED = { mac: MAC, addresses: ["10.0.0.7", LINK_LOCAL] };

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
  scene.policy(RULE);
});

afterAll(async () => {
  if (missing === undefined) await scene[Symbol.asyncDispose]();
});

/** ARP as its sender says: an announcement of an address, by somebody. */
function announcement(from: string, address: string): Buffer {
  const mac = Buffer.from(from.replaceAll(":", ""), "hex");
  const ip = Buffer.from(address.split(".").map(Number));
  const head = Buffer.from("0001080006040001", "hex");
  return frame({ from, type: 0x0806, payload: Buffer.concat([head, mac, ip, Buffer.alloc(6), ip]) });
}

test("a TAP of a rule with antiSpoof lets nobody but its guest pass, until qemu-ifdown", async () => {
  const { host } = scene;
  await using guest = await host.openTap("tap0");
  await using other = await host.openTap("tap1");
  await host.attach("tap1", "br0");
  await host.setLink("tap1", { up: true });
  const [sender, receiver] = [sceneTap(host, guest), sceneTap(host, other)];
  const [lie, stolen, truth] = [
    announcement(OTHER, "10.0.0.7"),
    announcement(MAC, "10.0.0.8"),
    announcement(MAC, "10.0.0.7"),
  ];
  expect(await scene.start("qemu-ifup", "tap0")).toMatchObject({ status: 0, stderr: "" });
  expect(await guardedPorts(host)).toEqual([{ link: "tap0", ...GUARDED }]);
  for (const each of [lie, stolen, truth]) await sender.send(each);
  await receiver.expect(truth);
  expect([receiver.seen(lie), receiver.seen(stolen)]).toEqual([[], []]);
  // Again, as when a guest is started anew on a TAP that stayed.
  expect(await scene.start("qemu-ifup", "tap0")).toMatchObject({ status: 0, stderr: "" });
  expect(await guardedPorts(host)).toEqual([{ link: "tap0", ...GUARDED }]);
  expect(await scene.start("qemu-ifdown", "tap0")).toMatchObject({ status: 0, stderr: "" });
  expect(await guardedPorts(host)).toEqual([]);
});

test("what is left of a TAP that is gone is no other TAP's, whatever its name", async () => {
  const { host } = scene;
  await host.addTap("tap0");
  await scene.start("qemu-ifup", "tap0");
  await host.remove("tap0");
  await host.addTap("tap0");
  expect(await guardedPorts(host)).toEqual([]);
  scene.policy({ ...RULE, antiSpoof: { mac: OTHER } });
  expect(await scene.start("qemu-ifup", "tap0")).toMatchObject({ status: 0, stderr: "" });
  expect(await guardedPorts(host)).toEqual([{ link: "tap0", mac: OTHER, addresses: ["fe80::5054:ff:fe00:8"] }]);
});

test("a guest whose TAP stays when its rule goes to another is forgotten, by the service", async () => {
  const { host } = scene;
  await host.addTap("tap0");
  await scene.start("qemu-ifup", "tap0");
  const rules = await keepRules(
    host,
    () => Promise.resolve(false),
    () => undefined,
  );
  try {
    scene.policy({ ...RULE, antiSpoof: { mac: OTHER } });
    await scene.start("qemu-ifdown", "tap0");
    await rules.look();
    expect(await scene.start("qemu-ifup", "tap0")).toMatchObject({ status: 0, stderr: "" });
    expect(await guardedPorts(host)).toEqual([{ link: "tap0", mac: OTHER, addresses: ["fe80::5054:ff:fe00:8"] }]);
  } finally {
    await rules.close();
  }
});

test("whichever message fails, the TAP is as it came, and nothing is kept of its guest", async ({ skip }) => {
  skip(noStrace !== undefined, noStrace);
  const { host } = scene;
  await host.addTap("tap0");
  const before = stateOf(await host.link("tap0"));
  for (let n = 1; ; n++) {
    const { status, stderr } = await scene.run(interfered("error=ENOBUFS", n));
    if (status === 0) break;
    expect(stderr, `message ${n}`).toContain("tap0");
    expect(stateOf(await host.link("tap0")), `message ${n}`).toEqual(before);
    expect(await guardedPorts(host), `message ${n}`).toEqual([]);
    expect(n).toBeLessThan(20);
  }
  expect(await guardedPorts(host)).toEqual([{ link: "tap0", ...GUARDED }]);
});

test("an address that is no guest's is refused when the policy is compiled", () => {
  expect(() => scene.policy({ ...RULE, antiSpoof: { mac: "01:00:00:00:00:07" } })).toThrow("rules.0.antiSpoof.mac: ");
  expect(() => scene.policy({ ...RULE, antiSpoof: { mac: MAC, addresses: ["0.0.0.0"] } })).toThrow(
    "rules.0.antiSpoof.addresses.0: ",
  );
});
