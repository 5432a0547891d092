import { type Codec, mapped, rounded } from "./codec.js";
import { InputError, quoted } from "../../base/errors.js";
import { count64, isWithin, u32 } from "./numbers.js";

const RATE_UNITS = {
  bit: 1,
  kbit: 1e3,
  mbit: 1e6,
  gbit: 1e9,
  tbit: 1e12,
  kibit: 2 ** 10,
  mibit: 2 ** 20,
  gibit: 2 ** 30,
  tibit: 2 ** 40,
} as const;

const SIZE_UNITS = { b: 1, k: 2 ** 10, kb: 2 ** 10, m: 2 ** 20, mb: 2 ** 20, g: 2 ** 30, gb: 2 ** 30 } as const;

function parseQuantity(word: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)([a-z]*)$/i.exec(word) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  const factor = unit === "" ? 1 : units[unit.toLowerCase()];
  return factor === undefined ? undefined : Math.round(Number(digits) * factor);
}

/**
 * Bits per second from a word such as "100mbit", "1.5gbit", "512kibit" or "64000" (bits per second). "mbps", which is bytes
 * to some and bits to others, is refused.
 */
export function parseRate(word: string): number {
  const rate = parseQuantity(word, RATE_UNITS);
  if (rate === undefined)
    throw new InputError(`${JSON.stringify(word)} is not a rate such as 100mbit, 1gbit or 64000 (bits per second)`);
  return rate;
}

/** Bytes from a word such as "64kb", "1m" or "1500" (bytes): k, m and g are powers of 1024. */
export function parseSize(word: string): number {
  const size = parseQuantity(word, SIZE_UNITS);
  if (size === undefined)
    throw new InputError(`${JSON.stringify(word)} is not a size such as 64kb, 1m or 1500 (bytes)`);
  return size;
}

function spell(value: number, units: readonly (readonly [number, string])[]): string {
  const [factor, unit] = units.find(([size]) => value !== 0 && value % size === 0) ?? [1, ""];
  return `${value / factor}${unit}`;
}

/** A rate as it is typed: "100mbit". */
export function formatRate(value: number): string {
  return spell(value, [
    [1e9, "gbit"],
    [1e6, "mbit"],
    [1e3, "kbit"],
    [1, "bit"],
  ]);
}

/** A size as it is typed: "64kb". */
export function formatSize(value: number): string {
  return spell(value, [
    [2 ** 20, "mb"],
    [2 ** 10, "kb"],
  ]);
}

/** Throws InputError for what is no rate in bits per second: the kernel counts whole bytes, from 1 on. */
export function checkRate(value: number): void {
  if (!isWithin(value, 8, Number.MAX_SAFE_INTEGER))
    throw new InputError(`${quoted(value)} is not a rate from 8 to ${Number.MAX_SAFE_INTEGER} bits per second`);
}

/** Bits per second, as a 64-bit number of bytes per second: rounded to whole bytes. */
export const bitRate: Codec<number> = rounded(
  mapped(count64, {
    words: "RATE",
    toWire(value) {
      checkRate(value);
      return Math.round(value / 8);
    },
    fromWire: (wire) => wire * 8,
    parse: parseRate,
  }),
  "bytes a second",
);

/** Bytes, as a 32-bit number. */
export const byteSize: Codec<number> = { ...u32, words: "SIZE", parse: parseSize };
