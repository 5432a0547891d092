import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { macvtapModes } from "../../../src/networks/definition.js";
import { networkPorts } from "../../../src/networks/index.js";
import { frame, numbers } from "../scene/frames.js";
import { networkScene, type NetworkScene } from "./scene.js";

/** Why there can be no macvtaps here, or undefined when there can. */
async function lacksMacvtap(): Promise<string | undefined> {
  await using host = await Host.open({ namespace: "new" });
  await host.addVeth("eth0", { peer: { name: "far0" } });
  return host.addMacvtap("mvt0", { link: "eth0", mode: "bridge" }).then(
    () => undefined,
    (error: Error) => `this kernel has no macvtaps: ${error.message}`,
  );
}

const why = await lacksMacvtap();
if (why !== undefined) console.log(`skipped: ${why}`);

/** A scene with network cards, each with a cable to somewhere. */
async function cardScene(...cards: string[]): Promise<NetworkScene> {
  const scene = await networkScene();
  const { host } = scene.here;
  // Nobody sends but the guests.
  await host.setSysctl("net.ipv6.conf.default.disable_ipv6", 1);
  for (const card of cards) await host.addVeth(card, { peer: { name: `far-${card}`, up: true }, up: true });
  return scene;
}

/** struct virtio_net_hdr (linux/virtio_net.h) of a frame as it is. */
const VIRTIO = Buffer.alloc(10);

/** A frame with a number to one MAC. */
function frameTo(mac: string, from: string, number: number): Buffer {
  const bytes = frame(number);
  bytes.write(mac.replaceAll(":", "") + from.replaceAll(":", ""), "hex");
  return bytes;
}

test.skipIf(why !== undefined).each(macvtapModes)(
  "guests of a network of mode macvtap, %s, have macvtaps of its card, for as long as they are there",
  async (macvtapMode) => {
    await using scene = await cardScene("eth1");
    const { guests, here } = scene;
    const before = await scene.dump();
    await guests.define({ name: "lan", mode: "macvtap", macvtapMode, interfaces: ["eth1"] });
    await guests.start("lan");
    const one = await guests.tapForQemu("lan", { mac: "52:54:00:00:00:01" });
    expect(one.mac).toBe("52:54:00:00:00:01");
    expect(one.arguments[1]).toBe("tap,id=net0,fd=3");
    expect(await here.host.link(one.tap)).toMatchObject({ kind: "macvtap", linkInfo: { data: { mode: macvtapMode } } });
    await expect(guests.stop("lan")).rejects.toThrow(`guests are on the network lan, by ${one.tap.name}`);
    if (macvtapMode === "passthru")
      await expect(guests.tapForQemu("lan", {})).rejects.toThrow(
        "each network card of the network lan has its guest: eth1",
      );
    else {
      const two = await guests.tapForQemu("lan", { mac: "52:54:00:00:00:02" });
      // Among themselves they hear each other in the mode "bridge" alone, and from outside in any.
      const at = two.tap.frames();
      one.tap.frames().write(Buffer.concat([VIRTIO, frameTo(two.mac, one.mac, 7)]));
      await using far = await here.host.openFrames("far-eth1");
      const outside = "52:54:00:00:00:0f";
      expect(far.send(frameTo(two.mac, outside, 8))).toBe(true);
      expect(await numbers(at, macvtapMode === "bridge" ? 2 : 1, VIRTIO.length)).toEqual(
        macvtapMode === "bridge" ? [7, 8] : [8],
      );
      await two.close();
      await two.leave();
    }
    await one.close();
    await one.leave();
    await guests.stop("lan");
    expect(await scene.dump()).toBe(before);
  },
);

test.skipIf(why !== undefined)(
  "of a pool, each guest gets the card that the fewest have; a forced stop takes macvtaps away",
  async () => {
    await using scene = await cardScene("eth1", "eth2");
    const { guests, here } = scene;
    await guests.define({ name: "lan", mode: "macvtap", interfaces: ["eth1", "eth2"] });
    await guests.start("lan");
    const taps = [
      await guests.tapForQemu("lan", {}),
      await guests.tapForQemu("lan", {}),
      await guests.tapForQemu("lan", {}),
    ];
    const links = await here.host.links();
    const cards = taps.map(({ tap }) => {
      const { link } = links.find(({ name }) => name === tap.name)! as { link?: number };
      return links.find(({ index }) => index === link)!.name;
    });
    expect(cards).toEqual(["eth1", "eth2", "eth1"]);
    expect(await networkPorts(here.host, "lan", scene.folders)).toMatchObject(
      taps.map(({ tap, mac }) => ({ link: tap.name, kind: "macvtap", macs: [mac] })),
    );
    expect((await guests.info("lan")).ports).toEqual(taps.map(({ tap }) => tap.name).sort());
    await guests.stop("lan", { force: true });
    expect((await here.host.links()).filter(({ kind }) => kind === "macvtap")).toEqual([]);
    for (const tap of taps) await tap.close();
  },
);

test("a card that is not there, and what ports of a card cannot have, are refused by name", async () => {
  await using scene = await cardScene();
  const { guests } = scene;
  await guests.define({ name: "lan", mode: "macvtap", interfaces: ["eth7"] });
  await expect(guests.start("lan")).rejects.toThrow("interfaces.0: there is no link eth7");
  const lan = { name: "lan", mode: "macvtap", interfaces: ["eth7"] } as const;
  await expect(guests.define({ ...lan, antiSpoof: true })).rejects.toThrow(
    "antiSpoof: only ports of a bridge of Linux",
  );
  await expect(guests.define({ ...lan, subnet: "auto" })).rejects.toThrow("subnet: a network of mode macvtap has none");
  await expect(guests.define({ name: "lan", mode: "hostdev" })).rejects.toThrow(
    "interfaces: a network of mode hostdev names",
  );
});
