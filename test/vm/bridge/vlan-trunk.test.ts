import type { Duplex } from "node:stream";
import { expect, test } from "vitest";
import { Host, type Tap } from "../../../src/index.js";
import { frame, numberOf } from "../../kernel/scene/frames.js";

const TPID = 0x8100;

/** The same frame with a VLAN's tag. */
function tagged(plain: Buffer, id: number): Buffer {
  const tag = Buffer.alloc(4);
  tag.writeUInt16BE(TPID, 0);
  tag.writeUInt16BE(id, 2);
  return Buffer.concat([plain.subarray(0, 12), tag, plain.subarray(12)]);
}

/** The frames of ours that a stream gives: each one's number, and the VLAN whose tag it has. */
function collect(stream: Duplex): [number: number, vlan: number | undefined][] {
  const seen: [number, number | undefined][] = [];
  stream.on("data", (bytes: Buffer) => {
    const vlan = bytes.readUInt16BE(12) === TPID ? bytes.readUInt16BE(14) & 0xfff : undefined;
    const number = numberOf(bytes, vlan === undefined ? 0 : 4);
    if (number !== undefined) seen.push([number, vlan]);
  });
  return seen;
}

test("a bridge per VLAN on a trunk: frames are tagged on the wire, and the VLANs are apart", async () => {
  await using host = await Host.open({ namespace: "new" });
  const trunk = await host.openTap("eno5");
  const guests: Tap[] = [];
  await host.setLink("eno5", { up: true });
  for (const id of [10, 12]) {
    const bridge = await host.addBridge(`brvlan-${id}`, { up: true });
    const vlan = await host.addVlan(`eno5.${id}`, { link: "eno5", id });
    await host.attach(vlan, bridge);
    const guest = await host.openTap(`guest${id}`);
    await host.attach(guest, bridge);
    guests.push(guest);
  }
  const [eno5, ten, twelve] = [trunk, ...guests].map((tap) => tap.frames()) as [Duplex, Duplex, Duplex];
  const wire = collect(eno5);
  const atTen = collect(ten);
  const atTwelve = collect(twelve);

  ten.write(frame(1));
  twelve.write(frame(2));
  await expect.poll(() => wire.length, { timeout: 30_000 }).toBe(2);
  expect(new Map(wire)).toEqual(
    new Map([
      [1, 10],
      [2, 12],
    ]),
  );

  for (const [number, id] of [
    [3, 12],
    [4, 11],
    [5, 10],
  ] as const)
    eno5.write(tagged(frame(number), id));
  eno5.write(frame(6));
  await expect.poll(() => [atTen.length, atTwelve.length], { timeout: 30_000 }).toEqual([1, 1]);
  expect(atTen).toEqual([[5, undefined]]);
  expect(atTwelve).toEqual([[3, undefined]]);
});
