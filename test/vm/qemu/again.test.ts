import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { interfered, noStrace } from "../../kernel/qemu/interfered.js";
import { missing, Scene, stateOf } from "../../kernel/qemu/scene.js";

let scene: Scene;

beforeAll(async () => {
  if (missing !== undefined) return;
  scene = await Scene.open();
  await scene.host.addBridge("br0", { vlanFiltering: true, up: true });
});

beforeEach(({ skip }) => {
  const reason = missing ?? noStrace;
  skip(reason !== undefined, reason);
});

afterAll(async () => {
  if (missing === undefined) await scene[Symbol.asyncDispose]();
});

/** What of a port must be as it was. */
async function portOf(name: string): Promise<object> {
  const vlans = await scene.host.bridgeVlans.list({ link: name });
  return { ...stateOf(await scene.host.link(name)), vlans };
}

/** Fails each message of qemu-ifup in turn, until none is left; gives how many failed, and what was said. */
async function failEach(tap: string, after: (n: number) => Promise<void>): Promise<string[]> {
  for (const said: string[] = []; said.length < 20;) {
    const { status, stderr } = await scene.run(interfered("error=ENOBUFS", said.length + 1, tap));
    if (status === 0) return said;
    said.push(stderr);
    await after(said.length);
  }
  throw new Error("it never ends well");
}

test("whichever step of a second call fails, the port keeps the VLANs that it had", async () => {
  await scene.host.addTap("v0");
  const access = { id: 7, pvid: true, untagged: true };
  scene.policy({ bridge: "br0", vlans: [access, { id: 100, to: 140 }, { id: 4000, untagged: true }] });
  expect(await scene.start("qemu-ifup", "v0")).toMatchObject({ status: 0, stderr: "" });
  const before = await portOf("v0");
  scene.policy({ bridge: "br0", vlans: [{ id: 20, pvid: true, untagged: true }], port: { isolated: true } });
  const said = await failEach("v0", async (n) => {
    expect(await portOf("v0"), `message ${n}`).toEqual(before);
  });
  expect(said).toEqual(
    [
      "",
      "br0: ",
      "the VLANs of a port of br0: ",
      "waiting, down, for br0: ",
      "joining br0: ",
      "leaving the default VLAN of br0: ",
      "joining the VLANs of br0: ",
      "configuring a port of br0: ",
      "coming up on br0: ",
    ].map((step) => `qemu-ifup: v0: ${step}No buffer space available\n`),
  );
  expect((await scene.host.bridgeVlans.list({ link: "v0" })).map(({ id }) => id)).toEqual([20]);
  await scene.host.remove("v0");
});

test("a rule's rate limits are set before the TAP is up, set anew by a second call, and lifted when a first one fails", async () => {
  const { host } = scene;
  await host.addTap("r0");
  const limits = async (): Promise<(number | undefined)[]> => {
    const { ingress, egress } = await host.rateLimit("r0");
    return [ingress?.rate, egress?.rate];
  };
  const before = stateOf(await host.link("r0"));
  scene.policy({ bridge: "br0", rate: { ingress: 8e6, egress: 16e6 } });
  const said = await failEach("r0", async (n) => {
    expect(await limits(), `message ${n}`).toEqual([undefined, undefined]);
    expect(stateOf(await host.link("r0")), `message ${n}`).toEqual(before);
  });
  // Two questions and seven steps.
  expect(said).toHaveLength(9);
  expect(await limits()).toEqual([8e6, 16e6]);
  scene.policy({ bridge: "br0", rate: { ingress: 4e6, egress: 2e6, burst: 100_000 } });
  expect(await scene.start("qemu-ifup", "r0")).toMatchObject({ status: 0, stderr: "" });
  expect(await limits()).toEqual([4e6, 2e6]);
  // The limits of a guest that runs are never lifted by a call that fails.
  expect(await scene.run(interfered("error=ENOBUFS", said.length, "r0"))).toMatchObject({ status: 1 });
  expect(await limits()).toEqual([4e6, 2e6]);
  expect((await host.link("r0")).up).toBe(true);
  await host.remove("r0");
});

test("qemu-ifdown takes a TAP off a bridge only, even where a rule names something else", async () => {
  const { host } = scene;
  await host.addTap("v9");
  expect(await scene.run(["ip", "link", "add", "bond9", "type", "bond"])).toMatchObject({ status: 0 });
  expect(await scene.run(["ip", "link", "set", "v9", "master", "bond9"])).toMatchObject({ status: 0 });
  const before = stateOf(await host.link("v9"));
  for (const [bridge, text] of [
    ["bond9", "bond9 is no bridge"],
    ["default-route", "it is a port of another bridge than default-route"],
    ["br0", "it is a port of another bridge than br0"],
  ] as const) {
    scene.policy({ bridge });
    expect(await scene.start("qemu-ifdown", "v9")).toMatchObject({ status: 1, stderr: `qemu-ifdown: v9: ${text}\n` });
    expect(stateOf(await host.link("v9"))).toEqual(before);
  }
  await host.removeAll(["v9", "bond9"]);
});
