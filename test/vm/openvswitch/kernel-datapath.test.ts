import { beforeAll, expect } from "vitest";
import { wiringOf } from "../../../src/wiring/wiring.js";
import { failure, it, portNamed, scene, tap } from "../../e2e/openvswitch/scene.js";
import { frame, numbers } from "../../kernel/scene/frames.js";
import { run } from "../../kernel/scene/program.js";

// Before ovs-vswitchd starts, which asks for it once.
beforeAll(async () => {
  expect(await run(["modprobe", "openvswitch"])).toMatchObject({ status: 0 });
});

const set = scene("the kernel's own datapath of Open vSwitch");

it("in the kernel's datapath, attached TAPs hear their VLAN alone, are its links' ports, and leave it free to go elsewhere", async () => {
  await set.ovs.addBridge("br0");
  const bridge = set.ovs.bridge("br0");
  expect((await bridge.show()).datapathType).toBe("system");
  const names = ["tap-a", "tap-b", "tap-c", "tap-d"];
  const [a, b, c, d] = await Promise.all(names.map((name) => tap(set, name)));
  const access = (id: number): object => ({ vlans: [{ id, pvid: true, untagged: true }] });
  for (const [place, name] of names.entries()) await set.host.attach(name, bridge, access(place < 2 ? 10 : 20));
  expect((await set.host.link("ovs-system")).linkInfo).toMatchObject({ kind: "openvswitch" });
  expect((await set.host.link("tap-a")).linkInfo).toMatchObject({ slaveKind: "openvswitch" });

  const [atB, atD] = [numbers(b!, 1), numbers(d!, 1)];
  a!.write(frame(1));
  expect(await atB).toEqual([1]);
  c!.write(frame(2));
  expect(await atD).toEqual([2]);

  const wiring = await wiringOf(set.host, { switches: await set.ovs.show() });
  const local = await set.host.link("br0");
  expect(wiring.portsOf(local).map(({ name }) => name)).toEqual(names);

  await expect(set.host.detach("tap-a")).rejects.toThrow("it is a port of Open vSwitch");
  await set.host.detach("tap-a", { from: bridge });
  const linux = await set.host.addBridge("br1", { up: true });
  await set.host.attach("tap-a", linux);
  await set.host.attach("tap-a", bridge, { ...access(20), move: true });
  expect(await portNamed(set, "br0", "tap-a")).toMatchObject({ tag: 20 });
  const heard = numbers(d!, 1);
  a!.write(frame(3));
  expect(await heard).toEqual([3]);

  expect(await failure(set.ovs.addPort("br0", "nosuch"))).toMatchObject({ code: "EIO" });
  expect((await bridge.ports()).map(({ name }) => name)).toEqual(["br0", ...names]);
  for (const stream of [a, b, c, d]) stream!.destroy();
});
