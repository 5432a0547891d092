import { isDeepStrictEqual } from "node:util";
import { InputError } from "../../../../src/base/errors.js";
import type { AttributeTable } from "../../../../src/netlink/codecs/attributes.js";
import { Writer } from "../../../../src/netlink/codecs/bytes.js";
import type { Codec } from "../../../../src/netlink/codecs/codec.js";
import type { Struct } from "../../../../src/netlink/codecs/struct.js";

type AnyCodec = Codec<unknown>;

/** Words of values, by the type on the wire. */
const BY_TYPE: Readonly<Record<string, readonly string[]>> = {
  ipv4: ["192.0.2.7", "192.0.2.8"],
  ipv6: ["2001:db8::7", "2001:db8::8"],
  "host part of ipv6": ["::7", "::8"],
  ip: ["192.0.2.7", "192.0.2.8", "2001:db8::7", "2001:db8::8"],
  "mdb address": ["192.0.2.7", "2001:db8::7"],
  string: ["one", "two"],
  sci: ["0200000000070001", "0200000000070002"],
  handle: ["1:1", "1:2"],
  ifname: ["lo", "eth0"],
};

/** The same, by what the value looks like on a command line. */
const BY_WORDS: Readonly<Record<string, readonly string[]>> = {
  MAC: ["02:00:00:00:00:07", "02:00:00:00:00:08"],
  DURATION: ["1s", "2s", "20ms"],
  "DURATION|forever": ["100s", "200s", "forever"],
  N: ["1", "2", "1500", "65535"],
  SIZE: ["2000", "64000"],
  RATE: ["1mbit", "2mbit"],
  on: ["on"],
};

const RANGE = /^(\d+)-(\d+)$/;

function wordsFor({ type, words }: AnyCodec): readonly string[] {
  const [, least, most] = RANGE.exec(words) ?? [];
  if (least !== undefined) return [least, String(Number(least) + 1), most!];
  if (words.includes("MAC")) return BY_WORDS["MAC"]!;
  const known = BY_WORDS[words] ?? BY_TYPE[type];
  if (known !== undefined) return known;
  return /^\S+(\|\S+)+$/.test(words) ? words.replace(/,…$/, "").split("|") : [];
}

/** Values of each part, the first of all together, and the second of all. */
function together(parts: Readonly<Record<string, readonly unknown[]>>): object[] {
  return [0, 1].map((place) =>
    Object.fromEntries(Object.entries(parts).map(([name, values]) => [name, values[place] ?? values[0]])),
  );
}

/** Values that a codec takes: of words each, of numbers small ones and a large one, of lists one of one and one of two. */
export function valuesOf(codec: AnyCodec): unknown[] {
  const element = codec.several ?? codec.element;
  if (element !== undefined) {
    const [first, second] = valuesOf(element);
    return [[first], [first, second ?? first]];
  }
  if (codec.settable !== undefined) return [...codec.settable];
  if ("fields" in codec) {
    const { fields } = codec as Struct<unknown>;
    const settable = Object.entries(fields).filter(([, field]) => field.readOnly !== true);
    return together(Object.fromEntries(settable.map(([name, field]) => [name, valuesOf(field)])));
  }
  const table = codec.nested?.({}) as AttributeTable | undefined;
  if (table?.entries !== undefined)
    return settableOf(table).flatMap(([name, inner]) => valuesOf(inner).map((value) => ({ [name]: value })));
  if (codec.type === "raw") return [1, 5].map((each) => new Uint8Array(codec.size ?? 4).fill(each));
  if (codec.words.includes(":on|off"))
    return codec.words.split(",").flatMap((each) => each.slice(each.indexOf(":") + 1) && parsed(codec, each));
  return (codec.choices ?? wordsFor(codec)).flatMap((word) => parsed(codec, word));
}

/** The values that a word stands for; none when it is more than the codec holds. */
function parsed(codec: AnyCodec, word: string): unknown[] {
  const words = word.endsWith(":on|off") ? [word.replace("on|off", "on"), word.replace("on|off", "off")] : [word];
  return words.flatMap((each) => {
    try {
      const value = codec.parse(each);
      codec.write(new Writer(), value, {});
      return [value];
    } catch (error) {
      if (error instanceof InputError) return [];
      throw error;
    }
  });
}

/** What of a table can be set: names and codecs. */
export function settableOf(table: AttributeTable): [name: string, codec: AnyCodec][] {
  return Object.entries(table.entries)
    .filter(([, [, codec]]) => codec.readOnly !== true && codec.silent !== true)
    .map(([name, [, codec]]) => [name, codec as AnyCodec]);
}

function bytesOf(codec: AnyCodec, value: unknown): Buffer | undefined {
  const writer = new Writer();
  try {
    codec.write(writer, value, {});
  } catch {
    return undefined;
  }
  return writer.take();
}

/** What the kernel leaves out of its reports: all that is 0, off, or empty. */
function isNothing(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isNothing);
  if (typeof value === "object" && value !== null) return Object.values(value).every(isNothing);
  return [undefined, 0, 0n, false, "", "0.0.0.0", "::", "none", "off", "unspec"].includes(value as never);
}

/** Whether a list that is reported has all of those that were set, in whatever order, and others perhaps. */
export function holdsAmong(wanted: readonly unknown[], reported: unknown): boolean {
  const all = (reported ?? []) as readonly unknown[];
  return wanted.every((each) => all.some((one) => isWithin(each, one)));
}

/** Whether what is reported has all that was set; there may be more of it. */
function isWithin(wanted: unknown, reported: unknown): boolean {
  if (typeof wanted !== "object" || wanted === null)
    return wanted === reported || (reported === undefined && isNothing(wanted));
  if (reported === undefined) return isNothing(wanted);
  if (typeof reported !== "object" || reported === null) return false;
  return Object.entries(wanted).every(([name, value]) => isWithin(value, (reported as Record<string, unknown>)[name]));
}

/** Whether what is reported has what was set; numbers may be off by `tolerance`. */
export function holds(codec: AnyCodec | undefined, wanted: unknown, reported: unknown, tolerance = 0): boolean {
  if (isDeepStrictEqual(wanted, reported)) return true;
  if (reported === undefined) return isNothing(wanted);
  if (typeof wanted === "number" && typeof reported === "number" && Math.abs(wanted - reported) <= tolerance)
    return true;
  if (codec === undefined) return isWithin(wanted, reported);
  const table = codec.nested?.({}) as AttributeTable | undefined;
  if (table?.entries !== undefined && codec.element === undefined)
    return Object.entries(wanted as object).every(
      ([name, value]) =>
        table.entries[name]![1].readOnly === true ||
        holds(table.entries[name]![1] as AnyCodec, value, (reported as Record<string, unknown>)[name], tolerance),
    );
  if (codec.words.includes(":on|off"))
    return Object.entries(wanted as object).every(
      ([name, on]) => ((reported as Record<string, unknown>)[name] ?? false) === on,
    );
  const [one, other] = [bytesOf(codec, wanted), bytesOf(codec, reported)];
  return one !== undefined && other !== undefined && one.equals(other);
}
