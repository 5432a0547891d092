import { mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { tmpdir } from "node:os";
import { expect } from "vitest";
import { networks } from "../../../src/networks/index.js";
import { frame, numbers } from "../../kernel/scene/frames.js";
import { it, NETDEV, portNamed, scene, tap } from "./scene.js";

const set = scene("guest networks on bridges of Open vSwitch");
/** struct virtio_net_hdr (linux/virtio_net.h) of a frame as it is. */
const VIRTIO = Buffer.alloc(10);

it("guests of a network on a bridge of Open vSwitch are its ports, in the network's VLAN, until they leave", async () => {
  const folder = mkdtempSync(join(tmpdir(), "linkwright-networks-"));
  const before = process.env["OVS_RUNDIR"];
  process.env["OVS_RUNDIR"] = dirname(set.real.remote.replace(/^unix:/, ""));
  try {
    const guests = networks(set.host, { state: join(folder, "state"), run: join(folder, "run") });
    await guests.define({
      name: "lan",
      mode: "bridge",
      bridge: "br0",
      switch: "openvswitch",
      vlans: [{ id: 10, pvid: true, untagged: true }],
    });
    await expect(guests.start("lan")).rejects.toThrow("bridge: Open vSwitch has no bridge br0: it has none");
    await set.ovs.addBridge("br0", NETDEV);
    const [same, other] = [await tap(set, "tap-same"), await tap(set, "tap-other")];
    await set.ovs.addPorts("br0", [
      { name: "tap-same", tag: 10 },
      { name: "tap-other", tag: 20 },
    ]);
    await guests.start("lan");
    const guest = await guests.tapForQemu("lan", {});
    expect(await portNamed(set, "br0", guest.tap.name)).toMatchObject({ tag: 10 });
    expect((await guests.info("lan")).ports).toEqual([guest.tap.name]);
    const [atSame, atOther] = [numbers(same, 1), numbers(other, 1)];
    const frames = guest.tap.frames();
    frames.write(Buffer.concat([VIRTIO, frame(1)]));
    expect(await atSame).toEqual([1]);
    // What is heard there first is what comes later.
    await set.ovs.setPort(guest.tap.name, { tag: 20 });
    await set.real.appctl("revalidator/wait");
    frames.write(Buffer.concat([VIRTIO, frame(2)]));
    expect(await atOther).toEqual([2]);
    await guest.close();
    await guest.leave();
    expect((await set.ovs.show())[0]!.ports.map(({ name }) => name)).not.toContain(guest.tap.name);
    await guests.stop("lan");
  } finally {
    if (before === undefined) delete process.env["OVS_RUNDIR"];
    else process.env["OVS_RUNDIR"] = before;
    rmSync(folder, { recursive: true });
  }
});
