import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesOf, Writer } from "../../../src/netlink/codecs/bytes.js";
import { readHeader, writeMessage } from "../../../src/netlink/message.js";
import { type Link, RTM_DELLINK, RTM_NEWLINK } from "../../../src/rtnetlink/link/link.js";
import { changedProperties } from "../../../src/watch/compare.js";
import { socketFilter } from "../../../src/watch/filter.js";
import { type EntryChange, keptTables, type KeptTables, tableDifferences } from "../../../src/watch/kept-tables.js";

function told(kept: KeptTables, type: typeof RTM_NEWLINK, header: object, attributes: object): EntryChange[] {
  const writer = new Writer();
  writeMessage(writer, type, 0, { header, attributes });
  const bytes = bytesOf(Buffer.from(writer.take()));
  return kept.apply(bytes, 0, readHeader(bytes, 0)!, () => undefined);
}

test("a message of the bridges' family is put into the link, and its removal is leaving the bridge", () => {
  const kept = keptTables(["link"]);
  const port = { index: 3, family: 0 };
  const info = { kind: "tun", slaveKind: "bridge", slaveData: { cost: 2 } };
  expect(told(kept, RTM_NEWLINK, port, { name: "tap0", master: 2, linkInfo: info })).toMatchObject([
    { change: "created" },
  ]);
  expect(
    told(kept, RTM_NEWLINK, { index: 3, family: 7 }, { name: "tap0", master: 2, protinfo: { cost: 77 } }),
  ).toMatchObject([{ change: "changed", properties: ["linkInfo.slaveData.cost"] }]);
  expect(told(kept, RTM_DELLINK, { index: 3, family: 7 }, { name: "tap0", master: 2 })).toMatchObject([
    { change: "changed", properties: ["linkInfo.slaveKind", "linkInfo.slaveData", "master"] },
  ]);
  expect(told(kept, RTM_DELLINK, port, { name: "tap0" })).toMatchObject([{ change: "removed" }]);
  expect(told(kept, RTM_DELLINK, port, { name: "tap0" })).toEqual([]);
});

test("counters and timers are no changes", () => {
  const kept = keptTables(["link"]);
  const bridge = (gcTimer: number): object => ({
    name: "br0",
    linkInfo: { kind: "bridge", data: { ageingTime: 1000, gcTimer } },
  });
  told(kept, RTM_NEWLINK, { index: 2 }, bridge(10));
  expect(told(kept, RTM_NEWLINK, { index: 2 }, bridge(20))).toEqual([]);
});

const change = fc.oneof(
  fc.record({
    index: fc.integer({ min: 1, max: 5 }),
    name: fc.constantFrom("a", "b", "c"),
    mtu: fc.integer({ min: 68, max: 72 }),
  }),
  fc.record({ index: fc.integer({ min: 1, max: 5 }) }),
);

test("whatever is told, a picture is what a model is, and its differences lead from what was to what is", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), fc.nat(40), (changes, cut) => {
      const kept = keptTables(["link"]);
      const model = new Map<number, { name: string; mtu: number }>();
      const replayed = new Map<number, unknown>();
      let then = new Map(kept.tables.get("link"));
      for (const [place, each] of changes.entries()) {
        if (place === cut) then = new Map(kept.tables.get("link"));
        const found =
          "name" in each
            ? told(kept, RTM_NEWLINK, { index: each.index }, { name: each.name, mtu: each.mtu })
            : told(kept, RTM_DELLINK, { index: each.index }, { name: "x" });
        if ("name" in each) model.set(each.index, { name: each.name, mtu: each.mtu });
        else model.delete(each.index);
        for (const { before, after } of found) {
          const { index } = (after ?? before) as { index: number };
          expect(replayed.get(index)).toEqual(before);
          if (after === undefined) replayed.delete(index);
          else replayed.set(index, after);
        }
      }
      const now = kept.tables.get("link")!;
      expect(new Map([...now].map(([index, link]) => [index, { name: link.name, mtu: link.mtu }]))).toEqual(model);
      expect(new Map(replayed)).toEqual(now);
      for (const { before, after } of tableDifferences("link", then, now)) {
        const link = (after ?? before) as Link;
        if (after === undefined) then.delete(link.index);
        else then.set(link.index, link);
      }
      expect(then).toEqual(now);
    }),
  );
});

test("what differs is named by its path; lists and bytes are compared as wholes", () => {
  const before = { a: 1, b: { c: [1, 2], d: new Uint8Array([1]) }, e: 5 };
  expect(changedProperties(before, { a: 1, b: { c: [1, 2], d: new Uint8Array([1]) }, e: 5 }, new Set())).toEqual([]);
  expect(changedProperties(before, { a: 2, b: { c: [1, 3], d: new Uint8Array([2]) } }, new Set(["a"]))).toEqual([
    "b.c",
    "b.d",
    "e",
  ]);
});

/** What a filter says of a message: how many bytes pass. */
function judge(program: Uint8Array, packet: Buffer): number {
  const view = new DataView(program.buffer, program.byteOffset, program.length);
  let accumulator = 0;
  for (let place = 0; ; place++) {
    const [code, operand] = [view.getUint16(place * 8, true), view.getUint32(place * 8 + 4, true)];
    if (code === 0x28) accumulator = packet.readUInt16BE(operand);
    else if (code === 0x30) accumulator = packet.readUInt8(operand);
    else if (code === 0x20) accumulator = packet.readUInt32BE(operand);
    else if (code === 0x06) return operand;
    else place += view.getUint8(place * 8 + (accumulator === operand ? 2 : 3));
  }
}

test.for([
  [16, 5, true],
  [16, 6, false],
  [17, 5, true],
  [24, 9, true],
  [28, 5, false],
] as const)(
  "a filter for link 5 and messages 16, 17 and 24 lets %i about link %i through: %s",
  ([type, index, passes]) => {
    const packet = Buffer.alloc(32);
    packet.writeUInt16LE(type, 4);
    packet.writeInt32LE(index, 20);
    expect(judge(socketFilter([16, 17, 24], [16, 17], { link: 5 }), packet) > 0).toBe(passes);
  },
);

test.for([
  [true, 28, 7, true],
  [true, 28, 2, false],
  [true, 29, 7, true],
  [true, 29, 10, false],
  [false, 28, 7, false],
  [false, 29, 2, true],
  [true, 16, 0, true],
  [false, 30, 7, false],
] as const)(
  "a filter for messages of two subjects, whether of the bridge's family alone: %s, lets %i of family %i through: %s",
  ([ofBridge, type, family, passes]) => {
    const packet = Buffer.alloc(32);
    packet.writeUInt16LE(type, 4);
    packet.writeUInt8(family, 16);
    expect(judge(socketFilter([16, 28, 29], [], {}, { types: [28, 29], ofBridge }), packet) > 0).toBe(passes);
  },
);
