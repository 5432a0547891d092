import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Codec, flag, raw, text } from "../../../src/netlink/codecs/codec.js";
import { identifier, ipv6, mac } from "../../../src/netlink/codecs/internet.js";
import { clockTicks, flag32, flag8, u32 } from "../../../src/netlink/codecs/numbers.js";
import { valuesOf } from "./arbitraries.js";
import { read, refusal, written } from "./codecs.js";

describe("switches", () => {
  test.for([
    ["flag8", flag8, 1],
    ["flag32", flag32, 4],
  ] as const)("%s is on or off", ([, codec, size]) => {
    expect(["on", "true", "yes", "1"].map((word) => codec.parse(word))).toEqual([true, true, true, true]);
    expect(["off", "false", "no", "0"].map((word) => codec.parse(word))).toEqual([false, false, false, false]);
    expect(refusal(() => codec.parse("maybe"))).toBe('"maybe" is neither on nor off');
    expect(refusal(() => codec.parse(""))).toBe('"" is neither on nor off');
    expect(written(codec, true)).toHaveLength(size);
    expect(read(codec, Buffer.alloc(size, 2))).toBe(true);
    for (const value of [0, 1, "on", null])
      expect(refusal(() => written(codec, value as never))).toContain("is neither true nor false");
  });

  test("a flag without payload can only be set", () => {
    expect(written(flag, true)).toHaveLength(0);
    expect(flag.parse("on")).toBe(true);
    expect(refusal(() => flag.parse("off"))).toBe('"off" is not "on"');
    expect(refusal(() => written(flag, false as never))).toContain("can only be true");
  });
});

describe("text", () => {
  const name = text(15);

  test("of any script survives, with a NUL behind it", () => {
    for (const value of ["", "br0", "brücke", "桥接", "🌉🌉🌉", "a\u0301", "\ufeffx", "e\ufffdx"]) {
      const bytes = written(name, value);
      expect(bytes.at(-1)).toBe(0);
      expect(read(name, bytes)).toBe(value);
      expect(name.parse(value)).toBe(value);
    }
  });

  test("its limit counts bytes, not letters", () => {
    expect(written(name, "x".repeat(15))).toHaveLength(16);
    expect(written(name, "ü".repeat(7))).toHaveLength(15);
    for (const [value, size] of [
      ["x".repeat(16), 16],
      ["ü".repeat(8), 16],
      ["桥".repeat(6), 18],
    ] as const) {
      const words = `${JSON.stringify(value)} has ${size} bytes; at most 15 fit`;
      expect(refusal(() => written(name, value))).toBe(words);
      expect(refusal(() => name.parse(value))).toBe(words);
    }
  });

  test("ends at its first NUL, or where the attribute ends", () => {
    expect(read(name, Buffer.from("br0\0\0\0\0"))).toBe("br0");
    expect(read(name, Buffer.from("br0"))).toBe("br0");
    expect(read(name, Buffer.alloc(0))).toBe("");
  });

  test("with a NUL in it is refused, and so is what is no text", () => {
    expect(refusal(() => written(name, "a\0b"))).toBe('"a\\u0000b" has a NUL in it');
    for (const value of [1, null, Buffer.from("x")])
      expect(refusal(() => written(name, value as never))).toContain("is not text");
  });

  test("that is no UTF-8 is not read as text", () => {
    for (const bytes of ["ff", "c3", "c0af", "eda080", "61f09f62"])
      expect(read(name, Buffer.from(bytes, "hex"))).toBeUndefined();
  });
});

test("bytes and identifiers are spoken in hexadecimal", () => {
  expect(raw.parse("00fF")).toEqual(new Uint8Array([0, 255]));
  expect(identifier.parse("0A")).toBe("0a");
  for (const codec of [raw, identifier])
    for (const word of ["0", "0x00", "zz", "00 11"])
      expect(refusal(() => codec.parse(word))).toBe(`"${word}" is not hexadecimal`);
  expect(refusal(() => written(raw, "00" as never))).toBe("not a Uint8Array");
});

test("what is read is a copy: the buffer may be used again", () => {
  const bytes = Buffer.from("0102", "hex");
  const value = read(raw, bytes)!;
  bytes.fill(0);
  expect(Buffer.from(value).toString("hex")).toBe("0102");
});

test.for([
  ["flag8", flag8],
  ["mac", mac],
  ["ipv6", ipv6],
  ["u32", u32],
  ["clock ticks", clockTicks],
] as [string, Codec<unknown>][])("%s: the word for a value means that value", ([name, codec]) => {
  const unit = name === "clock ticks" ? "ms" : "";
  fc.assert(
    fc.property(valuesOf(codec), (value) => {
      expect(codec.parse(value === true ? "on" : value === false ? "off" : String(value) + unit)).toEqual(value);
    }),
  );
});
