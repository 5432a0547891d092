import { LITTLE_ENDIAN } from "./bytes.js";
import { type Codec, mapped, parseSwitch, rounded } from "./codec.js";
import { parseDuration } from "./duration.js";
import { InputError, quoted } from "../../base/errors.js";
import { inPlace } from "./in-place.js";

/** Whether a value is a number from `least` to `most`. */
export function isWithin(value: unknown, least: number, most: number): boolean {
  return typeof value === "number" && value >= least && value <= most;
}

function checkInteger(value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new InputError(`${quoted(value)} is not an integer from ${least} to ${most}`);
}

function parseInteger(word: string, least: number, most: number): number {
  const value = /^-?\d+$|^0x[0-9a-f]+$/i.test(word) ? Number(word) : NaN;
  if (!Number.isInteger(value) || value < least || value > most)
    throw new InputError(`${JSON.stringify(word)} is not an integer from ${least} to ${most}`);
  return value;
}

type Set = "setUint8" | "setInt8" | "setUint16" | "setInt16" | "setUint32" | "setInt32";
type Get = "getUint8" | "getInt8" | "getUint16" | "getInt16" | "getUint32" | "getInt32";

function integer(type: string, size: 1 | 2 | 4, signed: boolean, little = LITTLE_ENDIAN): Codec<number> {
  const bits = size * 8;
  const least = signed ? -(2 ** (bits - 1)) : 0;
  const most = signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
  const name = `${signed ? "Int" : "Uint"}${bits}` as const;
  const set = `set${name}` as Set;
  const get = `get${name}` as Get;
  return {
    type,
    words: "N",
    size,
    write(writer, value) {
      checkInteger(value, least, most);
      const offset = writer.reserve(size);
      writer.view[set](offset, value, little);
    },
    read: inPlace(
      (bytes, offset, length) => (length === size ? bytes.view[get](offset, little) : undefined),
      (offset, length) => `(${length} === ${size} ? view.${get}(${offset}, ${little}) : undefined)`,
    ),
    parse: (word) => parseInteger(word, least, most),
  };
}

/** Numbers of a codec from `least` to `most` only: the kernel would cut off the rest without a word. */
export function limited(codec: Codec<number>, least: number, most: number): Codec<number> {
  return {
    ...codec,
    words: `${least}-${most}`,
    write(writer, value, siblings) {
      checkInteger(value, least, most);
      codec.write(writer, value, siblings);
    },
    parse: (word) => parseInteger(word, least, most),
  };
}

export const u8 = integer("u8", 1, false);
export const u16 = integer("u16", 2, false);
export const u32 = integer("u32", 4, false);
export const s8 = integer("s8", 1, true);
export const s16 = integer("s16", 2, true);
export const s32 = integer("s32", 4, true);
export const be16 = integer("be16", 2, false, false);
export const be32 = integer("be32", 4, false, false);
export const sbe32 = integer("sbe32", 4, true, false);

function longInteger(type: string, signed: boolean, little = LITTLE_ENDIAN): Codec<bigint> {
  const least = signed ? -(2n ** 63n) : 0n;
  const most = signed ? 2n ** 63n - 1n : 2n ** 64n - 1n;
  function check(value: bigint): bigint {
    if (typeof value !== "bigint" || value < least || value > most)
      throw new InputError(`${quoted(value)} is not a bigint from ${least} to ${most}`);
    return value;
  }
  return {
    type,
    words: "N",
    size: 8,
    write(writer, value) {
      check(value);
      const offset = writer.reserve(8);
      if (signed) writer.view.setBigInt64(offset, value, little);
      else writer.view.setBigUint64(offset, value, little);
    },
    read(bytes, offset, length) {
      if (length !== 8) return undefined;
      return signed ? bytes.view.getBigInt64(offset, little) : bytes.view.getBigUint64(offset, little);
    },
    parse(word) {
      if (!/^-?\d+$/.test(word)) throw new InputError(`${JSON.stringify(word)} is not an integer`);
      return check(BigInt(word));
    },
  };
}

export const u64 = longInteger("u64", false);
export const s64 = longInteger("s64", true);
export const be64 = longInteger("be64", false, false);

/** A 64-bit number as a JavaScript number: exact up to 2^53, larger ones are kept as raw bytes. */
export const count64: Codec<number> = {
  type: "u64",
  words: "N",
  size: 8,
  write(writer, value) {
    checkInteger(value, 0, Number.MAX_SAFE_INTEGER);
    const offset = writer.reserve(8);
    writer.view.setUint32(offset + (LITTLE_ENDIAN ? 0 : 4), value % 2 ** 32, LITTLE_ENDIAN);
    writer.view.setUint32(offset + (LITTLE_ENDIAN ? 4 : 0), Math.floor(value / 2 ** 32), LITTLE_ENDIAN);
  },
  read(bytes, offset, length) {
    if (length !== 8) return undefined;
    const low = bytes.view.getUint32(offset + (LITTLE_ENDIAN ? 0 : 4), LITTLE_ENDIAN);
    const high = bytes.view.getUint32(offset + (LITTLE_ENDIAN ? 4 : 0), LITTLE_ENDIAN);
    if (high === 0) return low;
    return high < 2 ** 21 ? high * 2 ** 32 + low : undefined;
  },
  parse: (word) => parseInteger(word, 0, Number.MAX_SAFE_INTEGER),
};

/** A 64-bit number in network byte order as a JavaScript number: exact up to 2^53, larger ones are kept as raw bytes. */
export const beCount64: Codec<number> = mapped(be64, {
  words: "N",
  toWire(value) {
    checkInteger(value, 0, Number.MAX_SAFE_INTEGER);
    return BigInt(value);
  },
  fromWire: (wire) => (wire <= Number.MAX_SAFE_INTEGER ? Number(wire) : undefined),
  parse: (word) => parseInteger(word, 0, Number.MAX_SAFE_INTEGER),
});

/** The kernel's NLA_UINT: 32 bits when they suffice, else 64. */
export const uint: Codec<number> = {
  type: "uint",
  words: "N",
  write(writer, value, siblings) {
    (Number.isInteger(value) && value >= 2 ** 32 ? count64 : u32).write(writer, value, siblings);
  },
  read: (bytes, offset, length, siblings) => (length === 4 ? u32 : count64).read(bytes, offset, length, siblings),
  parse: count64.parse,
};

/** A boolean in a number that is 0 or not. */
function switchIn(codec: Codec<number>): Codec<boolean> {
  return mapped(codec, {
    words: "on|off",
    toWire(value) {
      if (typeof value !== "boolean") throw new InputError(`${quoted(value)} is neither true nor false`);
      return value ? 1 : 0;
    },
    fromWire: (wire) => wire !== 0,
    parse: parseSwitch,
  });
}

export const flag8 = switchIn(u8);
export const flag32 = switchIn(u32);

/** The unit of the kernel's times in netlink, USER_HZ, is 10 ms on every architecture Node runs on. */
const TICK = 10;
const SECOND = 1000;
const TICKS = "hundredths of a second, and by the kernel to ticks of its own clock, of 1 to 10 ms";

/** Milliseconds, in whole units on the wire. */
function wholes(codec: Codec<number>, unit: number, most: number): Codec<number> {
  return mapped(codec, {
    words: "DURATION",
    toWire(value) {
      if (!isWithin(value, 0, most)) throw new InputError(`${quoted(value)} is not a duration from 0 to ${most} ms`);
      return value > 0 ? Math.max(1, Math.round(value / unit)) : 0;
    },
    fromWire: (wire) => (wire * unit <= most ? wire * unit : undefined),
    parse: parseDuration,
  });
}

/** Milliseconds, as a 32-bit number of clock ticks of 10 ms: rounded to the nearest, but never to nothing. */
export const clockTicks = rounded(wholes(u32, TICK, (2 ** 32 - 1) * TICK), TICKS);

/** Milliseconds, as a 64-bit number of clock ticks of 10 ms. */
export const clockTicks64 = rounded(wholes(count64, TICK, Number.MAX_SAFE_INTEGER - TICK), TICKS);

/** Milliseconds, as a 32-bit number of milliseconds. */
export const milliseconds: Codec<number> = { ...u32, words: "DURATION", parse: parseDuration };

/** Milliseconds, as a 32-bit number of seconds: rounded to the nearest, but never to nothing. */
export const seconds: Codec<number> = rounded(wholes(u32, SECOND, (2 ** 32 - 1) * SECOND), "seconds");

const MOST_MICROSECONDS = 2 ** 32 - 1;

/** Milliseconds, as a 32-bit number of microseconds. */
export const microseconds: Codec<number> = rounded(
  mapped(u32, {
    type: "u32 of µs",
    words: "DURATION",
    toWire(value) {
      if (!isWithin(value, 0, MOST_MICROSECONDS / 1000))
        throw new InputError(`${quoted(value)} is not a duration from 0 to ${MOST_MICROSECONDS / 1000} ms`);
      return Math.round(value * 1000);
    },
    fromWire: (wire) => wire / 1000,
    parse: parseDuration,
  }),
  "microseconds",
);
