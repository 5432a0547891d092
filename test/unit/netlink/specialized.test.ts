import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type AttributeTable, attributes, eachAttribute } from "../../../src/netlink/codecs/attributes.js";
import { bytesOf } from "../../../src/netlink/codecs/bytes.js";
import { text } from "../../../src/netlink/codecs/codec.js";
import { hardwareAddress } from "../../../src/netlink/codecs/internet.js";
import { byKind } from "../../../src/netlink/codecs/nests.js";
import { u16, u32, u8 } from "../../../src/netlink/codecs/numbers.js";
import { OFTEN } from "../../../src/netlink/codecs/specialized.js";
import { struct } from "../../../src/netlink/codecs/struct.js";
import { bits } from "../../../src/netlink/codecs/words.js";
import { tables } from "../../../src/rtnetlink/tables.js";
import { valuesOfTable } from "./arbitraries.js";
import { comparable } from "./comparable.js";
import { encode } from "./fake-kernel.js";
import { rawAttributes } from "../rtnetlink/vectors.js";

afterEach(() => {
  vi.restoreAllMocks();
});

/** The same table, which has read nothing yet. */
const anew = (table: AttributeTable, others: "keep" | "skip" = "keep"): AttributeTable =>
  attributes(table.space, () => table.entries, { others });

const read = (table: AttributeTable, buffer: Uint8Array, initial?: object): unknown =>
  comparable(table.decode(bytesOf(buffer), 0, buffer.length, initial));

/** What was read, with the order of its properties. */
const spelled = (value: unknown): string =>
  JSON.stringify(value, (_name, each: unknown) => (typeof each === "bigint" ? `${each}n` : each));

/** Reads bytes until what reads them is made for them. */
function readOften(table: AttributeTable, buffer: Uint8Array, initial?: object): void {
  for (let time = 0; time <= OFTEN; time++) read(table, buffer, initial);
}

/** How many functions are made by their source. */
function countFunctions(): () => number {
  const made = vi.spyOn(globalThis, "Function");
  return () => made.mock.calls.length;
}

/** Bytes with the same attributes, whose payloads have bits turned. */
function turned(buffer: Buffer, turns: readonly number[]): Buffer {
  const copy = Buffer.from(buffer);
  const payloads: number[] = [];
  eachAttribute(bytesOf(copy), 0, copy.length, (_number, offset, length) => {
    for (let place = 0; place < length; place++) payloads.push(offset + place);
  });
  if (payloads.length > 0)
    for (const turn of turns) {
      const place = payloads[(turn >>> 3) % payloads.length]!;
      copy[place] = copy[place]! ^ (1 << (turn & 7));
    }
  return copy;
}

const turns = fc.array(fc.nat(), { minLength: 1, maxLength: 8 });

describe("what was made for a sequence of attributes", () => {
  test.for(tables.map((table) => [table.space, table] as const))(
    "%s: reads the same, in the same order, as what reads any, and so with every bit turned",
    ([, table]) => {
      fc.assert(
        fc.property(valuesOfTable(table), fc.array(turns, { maxLength: 5 }), fc.boolean(), (values, changes, begun) => {
          const buffer = encode(table, values as never);
          const initial = begun ? { index: 7, ofAnother: "x" } : undefined;
          const hot = anew(table);
          readOften(hot, buffer, initial);
          for (const each of [buffer, ...changes.map((bits) => turned(buffer, bits))]) {
            const any = read(anew(table), each, initial);
            expect(spelled(read(hot, each, initial))).toBe(spelled(any));
          }
        }),
        { numRuns: 3 },
      );
    },
  );

  const plain = {
    mac: [1, hardwareAddress, ""],
    kind: [2, text(), ""],
    mtu: [3, u32, ""],
    size: [4, u16, ""],
  } as const;
  const table = (): AttributeTable => attributes("T", () => plain);
  const four = Buffer.from("04000000", "hex");
  const message = rawAttributes([1, Buffer.from("025254000102", "hex")], [2, Buffer.from("tun\0")], [3, four]);

  test("is made once, when the sequence came often, and for none that says something without a place", () => {
    const functions = countFunctions();
    const hot = table();
    for (let time = 0; time < OFTEN; time++) read(hot, message);
    expect(functions()).toBe(0);
    readOften(hot, message);
    expect(functions()).toBe(1);
    readOften(hot, rawAttributes([1, Buffer.alloc(6)], [99, four]));
    readOften(hot, rawAttributes([3, four], [3, four]));
    expect(functions()).toBe(1);
  });

  test("leaves other types, lengths and forms to what reads any", () => {
    const hot = table();
    readOften(hot, message);
    for (const other of [
      rawAttributes([1, Buffer.alloc(6)], [3, four], [2, Buffer.from("tun\0")]),
      rawAttributes([1, Buffer.alloc(0)], [2, Buffer.from("tun\0")], [3, four]),
      rawAttributes([1, Buffer.alloc(6)], [2, Buffer.from("tun\0")], [3, Buffer.alloc(8)]),
      rawAttributes([1, Buffer.alloc(6)], [2, Buffer.from([0xff, 0xfe])], [3, four]),
      message.subarray(0, message.length - 2),
      Buffer.concat([message, Buffer.from([1, 2])]),
      Buffer.alloc(0),
    ])
      for (let time = 0; time < 2 * OFTEN; time++) expect(read(hot, other)).toEqual(read(table(), other));
  });

  test("is not taken for one whose types happen to have the same number", () => {
    const hot = attributes("T", () => ({ one: [1, u32, ""], two: [2, u32, ""], last: [32, u32, ""] }));
    readOften(hot, rawAttributes([1, four], [32, four]));
    expect(read(hot, rawAttributes([2, four], [1, four]))).toEqual({ two: 4, one: 4 });
    readOften(hot, Buffer.alloc(0));
    for (const zeros of [[0], [0, 0], [0, 1]].map((types) => types.map((type) => [type, four] as const)))
      expect(read(hot, rawAttributes(...zeros))).toHaveProperty("unknown");
    expect(read(hot, Buffer.alloc(0))).toEqual({});
  });

  test("is not used for an object that begins otherwise", () => {
    const hot = table();
    readOften(hot, message, { index: 1, up: true });
    for (const initial of [undefined, {}, { up: true, index: 1 }, { index: 1 }, { index: 1, up: true, kind: 2 }])
      expect(spelled(read(hot, message, initial))).toBe(spelled(read(table(), message, initial)));
  });

  test("passes over what an excerpt does not have", () => {
    const excerpt = (): AttributeTable => attributes("T", () => ({ mtu: plain.mtu }), { others: "skip" });
    const functions = countFunctions();
    const hot = excerpt();
    readOften(hot, message);
    expect(functions()).toBe(1);
    expect(read(hot, message)).toEqual({ mtu: 4 });
  });

  test("knows the kind before the options that depend on it, and none for those in front of it", () => {
    const kinds = { tun: attributes("T", () => ({ size: plain.size })) };
    const one = attributes("T", () => ({ kind: plain.kind, data: [1, byKind("kind", kinds), ""] }));
    const inner = rawAttributes([4, Buffer.from([5, 0])]);
    const kind = Buffer.from("tun\0");
    for (const buffer of [rawAttributes([2, kind], [1, inner]), rawAttributes([1, inner], [2, kind])]) {
      const hot = anew(one);
      readOften(hot, buffer);
      expect(read(hot, buffer)).toEqual({ kind: "tun", data: { size: 5 } });
    }
  });

  test("is done without where functions by their source are forbidden", () => {
    vi.spyOn(globalThis, "Function").mockImplementation(function () {
      throw new EvalError("Code generation from strings disallowed for this context");
    });
    const hot = table();
    readOften(hot, message);
    readOften(hot, message);
    expect(read(hot, message)).toEqual({ mac: "02:52:54:00:01:02", kind: "tun", mtu: 4 });
  });
});

describe("what was made for a struct", () => {
  test("reads the same as before: with gaps, with what a field says of a later one, shorter, and longer", () => {
    const flags = bits(u8, { a: 1 }, { table: { b: 1 }, holds: (_value, { kind }) => kind === 2 });
    const made = (): ReturnType<typeof struct> =>
      struct("s", { kind: u8, flags, mtu: u32, size: u16 }, { gaps: { mtu: 2 }, optional: 1, tail: 2 });
    const hot = made();
    const whole = Buffer.alloc(16, 1);
    for (let time = 0; time <= OFTEN; time++) hot.read(bytesOf(whole), 0, 12, {});
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 14, maxLength: 14 }),
        fc.constantFrom(7, 8, 10, 12, 14),
        (bytes, length) => {
          const all = bytesOf(Buffer.concat([Buffer.alloc(2, 7), bytes]));
          expect(spelled(hot.read(all, 2, length, {}))).toBe(spelled(made().read(all, 2, length, {})));
        },
      ),
    );
  });
});
