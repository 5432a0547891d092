import { InputError, quoted } from "../../base/errors.js";

/** Reads a value of a file; throws InputError for one that cannot be meant. */
export type Reader<T = unknown> = (value: string) => T;

/** A whole number, in decimal or in hexadecimal. */
export function number(value: string): number {
  if (!/^(-?\d+|0x[\da-fA-F]+)$/.test(value)) throw new InputError(`${quoted(value)} is no whole number`);
  return Number(value);
}

const SWITCHES = new Map([
  ...["yes", "true", "on", "1", "y", "t"].map((word) => [word, true] as const),
  ...["no", "false", "off", "0", "n", "f"].map((word) => [word, false] as const),
]);

/** Yes or no, by the words that files have for it. */
export function yesNo(value: string): boolean {
  const on = SWITCHES.get(value.toLowerCase());
  if (on === undefined) throw new InputError(`${quoted(value)} is neither yes nor no`);
  return on;
}

/** Durations in a file's unit, as milliseconds. */
function durationIn(unit: number): Reader<number> {
  return (value) => {
    if (!/^\d+(\.\d+)?$/.test(value)) throw new InputError(`${quoted(value)} is not a duration`);
    return Math.round(Number(value) * unit);
  };
}

export const seconds = durationIn(1000);
export const centiseconds = durationIn(10);
export const milliseconds = durationIn(1);

const UNITS: Readonly<Record<string, number>> = {
  ...{ us: 0.001, usec: 0.001, ms: 1, msec: 1 },
  ...{ "": 1000, s: 1000, sec: 1000, second: 1000, seconds: 1000 },
  ...{ m: 60_000, min: 60_000, minute: 60_000, minutes: 60_000, h: 3_600_000, hr: 3_600_000, hour: 3_600_000 },
};

/** A time span as systemd writes it: "2", "500ms", "1min 30s"; without a unit, `bare` milliseconds. */
export function timeSpan(value: string, bare = 1000): number {
  const parts = [...value.trim().matchAll(/(\d+(?:\.\d+)?)\s*([a-z]*)\s*/g)];
  const length = parts.reduce((sum, [part]) => sum + part.length, 0);
  const times = parts.map(([, count, unit = ""]) => Number(count) * (unit === "" ? bare : (UNITS[unit] ?? NaN)));
  const whole = times.reduce((sum, time) => sum + time, 0);
  if (parts.length === 0 || length !== value.trim().length || Number.isNaN(whole))
    throw new InputError(`${quoted(value)} is no time span`);
  return Math.round(whole);
}

/** One of some words, each with what it means. */
export function oneOf<T>(meanings: Readonly<Record<string, T>>): Reader<T> {
  return (value) => {
    const word = value.toLowerCase();
    if (!Object.hasOwn(meanings, word))
      throw new InputError(`${quoted(value)} is none of ${Object.keys(meanings).join(", ")}`);
    return meanings[word]!;
  };
}

/** One of some words, or its number. */
export function numbered(...words: readonly string[]): Reader<string> {
  return oneOf(
    Object.fromEntries(
      words.flatMap((word, place) => [[word.toLowerCase(), word] as const, [String(place), word] as const]),
    ),
  );
}

/** The words of a value. */
export function wordsOf(value: string): string[] {
  return value.trim() === "" ? [] : value.trim().split(/[\s,]+/);
}

/** A MAC. */
export function mac(value: string): string {
  if (!/^([\da-f]{2}[:-]){5}[\da-f]{2}$/i.test(value)) throw new InputError(`${quoted(value)} is no MAC`);
  return value.toLowerCase().replaceAll("-", ":");
}

export const text: Reader<string> = (value) => value;

/** The spanning tree, on or off. */
export const spanningTree: Reader = (value) => (yesNo(value) ? "kernel" : "off");

/** Bits of a network mask such as 255.255.255.0, or their number itself. */
export function prefixLength(value: string): number {
  if (/^\d{1,3}$/.test(value)) return Number(value);
  const bytes = value.split(".").map(Number);
  const bits = bytes.map((byte) => byte.toString(2).padStart(8, "0")).join("");
  if (bytes.length !== 4 || !/^1*0*$/.test(bits) || bits.length !== 32)
    throw new InputError(`${quoted(value)} is no network mask`);
  return bits.indexOf("0") === -1 ? 32 : bits.indexOf("0");
}

/** VLANs such as "10 20-30", or "10:20". */
export function vlanRanges(value: string): { id: number; to?: number }[] {
  return wordsOf(value).map((range) => {
    const [, first, last] = /^(\d+)(?:[-:](\d+))?$/.exec(range) ?? [];
    if (first === undefined) throw new InputError(`${quoted(range)} is no VLAN, and no range of them`);
    return { id: Number(first), ...(last === undefined ? {} : { to: Number(last) }) };
  });
}

/** Priorities such as "0:1,1:2". */
export function priorities(value: string): { from: number; to: number }[] {
  return wordsOf(value).map((pair) => {
    const [from = "", to = ""] = pair.split(/[:-]/);
    return { from: number(from), to: number(to) };
  });
}
