import { expect, test } from "vitest";
import { frame, readFrame, scene, type SceneTap } from "../../../src/testing/index.js";

/** Nobody else has it. */
const SENDER = "02:00:00:00:00:01";
const WAIT = { within: 30_000 };

/** A frame that carries a number, tagged where a VLAN is given. */
function numbered(number: number, vlan?: number): Buffer {
  return frame({ from: SENDER, payload: Uint8Array.of(number), vlan });
}

/** What a TAP has got of those: each one's number, and the VLAN of its tag. */
function received(tap: SceneTap): unknown[] {
  return tap
    .seen({ from: SENDER })
    .map(readFrame)
    .map(({ payload, vlan }) => [payload[0], vlan]);
}

test("a bridge per VLAN on a trunk: frames are tagged on the wire, and the VLANs are apart", async () => {
  await using net = await scene({
    hosts: {
      here: {
        bridges: { "brvlan-10": {}, "brvlan-12": {} },
        taps: { eno5: {}, guest10: { bridge: "brvlan-10" }, guest12: { bridge: "brvlan-12" } },
      },
    },
  });
  for (const id of [10, 12]) {
    const vlan = await net.hosts.here.addVlan(`eno5.${id}`, { link: "eno5", id });
    await net.hosts.here.attach(vlan, `brvlan-${id}`);
  }
  const [trunk, ten, twelve] = [net.tap("here:eno5"), net.tap("here:guest10"), net.tap("here:guest12")];

  await ten.send(numbered(1));
  await twelve.send(numbered(2));
  await trunk.expect({ vlan: 10, payload: Uint8Array.of(1) }, WAIT);
  await trunk.expect({ vlan: 12, payload: Uint8Array.of(2) }, WAIT);

  const sent = [numbered(3, 12), numbered(4, 11), numbered(6), numbered(5, 10), numbered(7, 12)];
  for (const bytes of sent) await trunk.send(bytes);
  await ten.expect({ from: SENDER, payload: Uint8Array.of(5) }, WAIT);
  await twelve.expect({ from: SENDER, payload: Uint8Array.of(7) }, WAIT);
  // Of what was sent before those, each has got its own VLAN's, without the tag.
  expect(received(ten)).toEqual([[5, undefined]]);
  expect(received(twelve)).toEqual([
    [3, undefined],
    [7, undefined],
  ]);
});
