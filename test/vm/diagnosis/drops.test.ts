import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { monitorDrops, type PacketDrop, probePath } from "../../../src/diagnosis/index.js";
import { frame, scene } from "../../../src/testing/index.js";

const ONE = "02:00:00:00:00:11";
const TWO = "02:00:00:00:00:22";
const { status } = spawnSync("modprobe", ["drop_monitor"], { stdio: "ignore" });
const missing = status !== 0;
if (missing) console.log("skipped: this kernel has no module drop_monitor");

/** Two guests on a bridge, which has heard both. */
async function guests() {
  const net = await scene({
    hosts: { host: { bridges: { br0: {} }, taps: { vm1: { bridge: "br0" }, vm2: { bridge: "br0" } } } },
  });
  const { host } = net.hosts;
  for (const [name, mac] of [
    ["vm1", ONE],
    ["vm2", TWO],
  ] as const) {
    await host.waitFor(name, "forwarding");
    await net.tap(`host:${name}`).send(frame({ from: mac }));
  }
  await expect.poll(async () => (await host.fdb.list({ bridge: "br0" })).map(({ address }) => address)).toContain(TWO);
  return net;
}

test.skipIf(missing)(
  "what the kernel drops is told with the function, the link and the frame's first bytes",
  async () => {
    await using net = await guests();
    for (const tap of ["vm1", "vm2"]) await net.hosts.host.setPort(tap, { isolated: true });
    const drops: PacketDrop[] = [];
    const sent = frame({ from: ONE, to: TWO, payload: Buffer.from("dropped") });
    const mine = (): PacketDrop | undefined => drops.find(({ bytes }) => Buffer.from(bytes).includes("dropped"));
    {
      await using _monitor = await monitorDrops((drop) => drops.push(drop));
      await expect(monitorDrops(() => undefined)).rejects.toMatchObject({ code: "EBUSY" });
      await net.tap("host:vm1").send(sent);
      const { index } = await net.hosts.host.link("vm1");
      await expect.poll(mine).toMatchObject({ symbol: expect.stringContaining("br_") as string, index });
      expect(Buffer.from(mine()!.bytes).subarray(0, 12)).toEqual(sent.subarray(0, 12));
    }
    await using _again = await monitorDrops(() => undefined);
  },
);

test.skipIf(missing)("a probe that the kernel drops without a rule is told with the function that did", async () => {
  await using net = await guests();
  const { host } = net.hosts;
  // The state says that it arrives: nobody reads of a filter of traffic control.
  await host.qdiscs.add("vm1", { kind: "clsact", parent: "ingress" });
  await host.filters.add("vm1", {
    kind: "matchall",
    parent: "ingress",
    protocol: "all",
    priority: 1,
    options: { actions: [{ kind: "gact", options: { action: "drop" } }] },
  });
  const { arrives, end, seen } = await probePath(host, "vm1", TWO);
  expect({ arrives, seen, link: end?.link }).toEqual({ arrives: false, seen: ["vm1"], link: "vm1" });
  expect(end!.why).toMatch(
    /^it was seen at vm1, and not after that \(br0, vm2\): \S*(netif_receive|sch_handle)\S* dropped it \((TC_INGRESS|\S+)\)$/,
  );
});
