import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Codec } from "../../../src/netlink/codecs/codec.js";
import * as numbers from "../../../src/netlink/codecs/numbers.js";
import { read, refusal, written } from "./codecs.js";

const { u8, u16, u32, s8, s16, s32, be16, be32, u64, s64, be64, count64, uint } = numbers;

describe("integers", () => {
  test.for([
    ["u8", u8, 0, 0xff],
    ["u16", u16, 0, 0xffff],
    ["u32", u32, 0, 0xffffffff],
    ["s8", s8, -0x80, 0x7f],
    ["s16", s16, -0x8000, 0x7fff],
    ["s32", s32, -0x80000000, 0x7fffffff],
    ["be16", be16, 0, 0xffff],
    ["be32", be32, 0, 0xffffffff],
  ] as const)("%s holds its whole range, written or spoken, and nothing beyond", ([type, codec, least, most]) => {
    expect(codec.type).toBe(type);
    for (const value of [least, most, 1]) {
      expect(read(codec, written(codec, value))).toBe(value);
      expect(codec.parse(String(value))).toBe(value);
    }
    const range = `is not an integer from ${least} to ${most}`;
    for (const value of [least - 1, most + 1, 0.5, NaN, Infinity, -Infinity]) {
      expect(refusal(() => written(codec, value))).toBe(`${value} ${range}`);
      expect(refusal(() => codec.parse(String(value)))).toBe(`"${value}" ${range}`);
    }
    for (const value of ["1", null, true, 1n]) expect(refusal(() => written(codec, value as never))).toContain(range);
    for (const word of ["", " ", "1 ", "+1", "1e1", "0x", "one", "1.0"])
      expect(refusal(() => codec.parse(word))).toContain(range);
  });

  test("hexadecimal words are numbers, too", () => {
    expect(u16.parse("0xfFfE")).toBe(0xfffe);
    expect(refusal(() => u8.parse("0x100"))).toContain("from 0 to 255");
  });

  test("bytes are in the machine's order, or in the network's", () => {
    expect(written(be16, 0x8100)).toEqual(Buffer.from("8100", "hex"));
    expect(written(be32, 0x01020304)).toEqual(Buffer.from("01020304", "hex"));
    expect(written(be64, 1n)).toEqual(Buffer.from("0000000000000001", "hex"));
    expect(new Uint32Array(new Uint8Array(written(u32, 0x01020304)).buffer)[0]).toBe(0x01020304);
  });

  test("an integer of another size is not read", () => {
    for (const codec of [u8, u16, u32, s8, s16, s32, be16, be32, u64, s64, be64, count64, uint] as Codec<unknown>[])
      for (const size of [0, 1, 2, 3, 4, 5, 7, 8, 9, 16]) {
        const fits = codec.type === "uint" ? size === 4 || size === 8 : size === codec.size;
        expect(read(codec, Buffer.alloc(size)) !== undefined, `${codec.type} in ${size} bytes`).toBe(fits);
      }
  });

  test.for([
    ["u64", u64, 0n, 2n ** 64n - 1n],
    ["s64", s64, -(2n ** 63n), 2n ** 63n - 1n],
    ["be64", be64, 0n, 2n ** 64n - 1n],
  ] as const)("%s is a bigint and holds its whole range", ([, codec, least, most]) => {
    for (const value of [least, most, 1n]) {
      expect(read(codec, written(codec, value))).toBe(value);
      expect(codec.parse(String(value))).toBe(value);
    }
    for (const value of [least - 1n, most + 1n]) {
      expect(refusal(() => written(codec, value))).toBe(`${value}n is not a bigint from ${least} to ${most}`);
      expect(refusal(() => codec.parse(String(value)))).toContain("is not a bigint from");
    }
    expect(refusal(() => written(codec, 1 as never))).toContain("is not a bigint");
    expect(refusal(() => codec.parse("0.5"))).toBe('"0.5" is not an integer');
  });

  test("a 64-bit count is exact as far as a JavaScript number is, and not read beyond", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
        const exact = value <= BigInt(Number.MAX_SAFE_INTEGER);
        expect(read(count64, written(u64, value))).toBe(exact ? Number(value) : undefined);
        if (exact) expect(written(count64, Number(value))).toEqual(written(u64, value));
      }),
      { examples: [[2n ** 53n - 1n], [2n ** 53n], [2n ** 32n], [2n ** 64n - 1n]] },
    );
    expect(refusal(() => written(count64, 2 ** 53))).toContain("is not an integer from 0 to 9007199254740991");
  });

  test("the kernel's uint takes four bytes where they suffice, else eight", () => {
    expect(written(uint, 0xffffffff)).toHaveLength(4);
    expect(written(uint, 0x100000000)).toHaveLength(8);
    expect(refusal(() => written(uint, -1))).toContain("-1 is not an integer");
    expect(refusal(() => written(uint, NaN))).toContain("NaN is not an integer");
  });
});

describe("durations", () => {
  test("are spoken in milliseconds or seconds", () => {
    for (const codec of [numbers.clockTicks, numbers.clockTicks64, numbers.milliseconds]) {
      expect(codec.words).toBe("DURATION");
      expect(["2s", "250ms", "1500ms", "0.5s", "0", "1.5s"].map((word) => codec.parse(word))).toEqual([
        2000, 250, 1500, 500, 0, 1500,
      ]);
      for (const word of ["", "s", "2 s", "-1s", "1e3", "2sec", ".5s"])
        expect(refusal(() => codec.parse(word))).toBe(`"${word}" is not a duration such as 250ms, 2s or 5m20s`);
    }
  });

  test("are clock ticks of 10 ms on the wire, rounded to the nearest, but never to nothing", () => {
    const ticks = (value: number): number => written(numbers.clockTicks, value).readUInt32LE();
    expect([0, 0.1, 1, 10, 14, 15, 2000].map(ticks)).toEqual([0, 1, 1, 1, 1, 2, 200]);
    expect(written(numbers.clockTicks64, 2000).readBigUInt64LE()).toBe(200n);
    expect(read(numbers.clockTicks, written(u32, 1500))).toBe(15000);
  });

  test("too long or negative ones are refused", () => {
    const { clockTicks, clockTicks64 } = numbers;
    const most = (2 ** 32 - 1) * 10;
    expect(read(clockTicks, written(clockTicks, most))).toBe(most);
    for (const value of [-1, -10, most + 1, NaN, Infinity])
      expect(refusal(() => written(clockTicks, value))).toBe(`${value} is not a duration from 0 to ${most} ms`);
    for (const value of [-1, Number.MAX_SAFE_INTEGER, Infinity])
      expect(refusal(() => written(clockTicks64, value))).toContain(`${value} is not a duration from 0 to`);
  });

  test("one that is too long to be exact is not read", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (ticks) => {
        const bytes = written(count64, ticks);
        const value = read(numbers.clockTicks64, bytes);
        if (value !== undefined) expect(written(numbers.clockTicks64, value)).toEqual(bytes);
      }),
    );
  });
});
