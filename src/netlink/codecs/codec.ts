import { type Bytes, bytesOf, Writer } from "./bytes.js";
import { InputError, quoted } from "../../base/errors.js";
import { inPlace, readingBy } from "./in-place.js";
import { asciiText } from "./interned.js";

/**
 * How one kind of value is written, read and spelled. A table entry holds one; everything that is known of an
 * attribute follows from it.
 */
export interface Codec<T> {
  /** The wire type, as the tables print it: "u32", "string", "nest", … */
  readonly type: string;
  /** What the value looks like on a command line. */
  readonly words: string;
  /** Bytes on the wire, where they are always the same. */
  readonly size?: number | undefined;
  /** Appends the payload; throws InputError when the value cannot be meant. */
  write(writer: Writer, value: T, siblings: Siblings): void;
  /** The value in `length` bytes at `offset`, or undefined when the bytes have not this form. */
  read(bytes: Bytes, offset: number, length: number, siblings: Siblings): T | undefined;
  /** The value of a command-line word; throws InputError. */
  parse(word: string): T;
  /** Reported by the kernel, never sent to it by the command line. */
  readonly readOnly?: boolean;
  /** What is inside a nest, which may depend on the attributes beside it. */
  readonly nested?: (siblings: Siblings) => NestedTable | undefined;
  /** The name of the attribute beside it that says how it is read: it is read after that one, in whatever order they come. */
  readonly selector?: string;
  /** Of a list, the codec of what is in it. */
  readonly element?: Codec<unknown> | undefined;
  /** Says nothing: padding, or what another attribute says better. Skipped when it comes. */
  readonly silent?: boolean;
  /** The attribute comes once for each element of its value, which is a list: the codec of one of them. */
  readonly several?: Codec<unknown>;
  /** The kernel takes it of a link to be created, and ignores it, or refuses to change it, later. */
  readonly atCreation?: boolean;
  /** Why the kernel does not report what it was set to: an order, or said by another attribute. */
  readonly unreported?: string;
  /** What its values are rounded to, where that is coarser than what can be given. */
  readonly rounded?: string;
  /** Nothing is created without it. */
  readonly mandatory?: boolean;
  /** The words that stand for values, or for parts of one, where there are such. */
  readonly choices?: readonly string[];
  /** Of these, the ones that can be given, where the kernel finds others out itself. */
  readonly offered?: readonly string[];
  /** The values that can be set, where the kernel reports others beside them. */
  readonly settable?: readonly unknown[];
  /** The word that `parse` would make the value of, where it is not the value itself. */
  format?(value: T): string;
  /** The value that takes a change back, where that is not the value before it: what is changed bit by bit. */
  undo?(before: T | undefined, change: T): T | undefined;
}

/** The values of the attributes beside one: what a nest of options means depends on the kind next to it. */
export type Siblings = Readonly<Record<string, unknown>>;

/** What a nest shows of its table, to those who follow an error's offset or print tables. */
export interface NestedTable {
  readonly space: string;
  /** The path of the attribute that covers an offset. */
  locate(bytes: Bytes, start: number, end: number, target: number): string | undefined;
}

/** Throws InputError for a value that only the kernel sets. */
export function checkSettable(choice: readonly unknown[], value: unknown): void {
  if (!choice.includes(value)) throw new InputError(`${quoted(value)} cannot be set; what can is ${choice.join(", ")}`);
}

/** A codec of what is only reported: settings have no such property. */
export interface ReadOnlyCodec<T> extends Codec<T> {
  readonly readOnly: true;
}

/** A codec whose values the kernel only reports. */
export function readOnly<T>(codec: Codec<T>): ReadOnlyCodec<T> {
  return { ...codec, readOnly: true };
}

/** A codec of what must be given to create something. */
export interface MandatoryCodec<T> extends Codec<T> {
  readonly mandatory: true;
}

/** A codec whose values must be given to create something. */
export function mandatory<T>(codec: Codec<T>): MandatoryCodec<T> {
  return { ...codec, mandatory: true };
}

/** An attribute that may come any number of times, beside others: their values as a list. */
export function several<T>(codec: Codec<T>): Codec<readonly T[]> {
  return {
    ...codec,
    words: codec.words === "" ? "" : `${codec.words},…`,
    several: codec,
    write(writer, values, siblings) {
      for (const value of values) codec.write(writer, value, siblings);
    },
    read(bytes, offset, length, siblings) {
      const value = codec.read(bytes, offset, length, siblings);
      return value === undefined ? undefined : [value];
    },
    parse: (word) => word.split(",").map((part) => codec.parse(part)),
    format: (values) => values.map((value) => codec.format?.(value) ?? String(value)).join(","),
    undo: (before = []) => before,
  };
}

/** A codec whose values are fixed when the link is created. */
export function atCreation<T>(codec: Codec<T>): Codec<T> {
  return { ...codec, atCreation: true };
}

/** A codec of what the kernel takes and does not report, and why. */
export function unreported<T>(codec: Codec<T>, reason: string): Codec<T> {
  return { ...codec, unreported: reason };
}

/** A codec whose values are rounded, and to what. */
export function rounded<T>(codec: Codec<T>, to: string): Codec<T> {
  return { ...codec, rounded: to };
}

/** A codec of the same bytes with values of another shape. */
export function mapped<Wire, T>(
  codec: Codec<Wire>,
  change: {
    type?: string;
    words: string;
    toWire: (value: T) => Wire;
    fromWire: (wire: Wire) => T | undefined;
    parse: (word: string) => T;
  },
): Codec<T> {
  return {
    type: change.type ?? codec.type,
    words: change.words,
    size: codec.size,
    write(writer, value, siblings) {
      codec.write(writer, change.toWire(value), siblings);
    },
    read: inPlace(
      (bytes, offset, length, siblings) => {
        const wire = codec.read(bytes, offset, length, siblings);
        return wire === undefined ? undefined : change.fromWire(wire);
      },
      (offset, length, named) =>
        `((wire = ${readingBy(codec.read, offset, length, named)}) === undefined ? undefined : ${named(change.fromWire)}(wire))`,
    ),
    parse: change.parse,
  };
}

/** No command-line form. */
export function unspoken(type: string): (word: string) => never {
  return (word) => {
    throw new InputError(`${JSON.stringify(word)}: a ${type} cannot be given as a word`);
  };
}

/** A value as the kernel spells it, to be compared with what that reports. Throws InputError. */
export function asReported<T>(codec: Codec<T>, value: T): T {
  const writer = new Writer();
  codec.write(writer, value, {});
  const bytes = writer.take();
  return codec.read(bytesOf(bytes), 0, bytes.length, {}) ?? value;
}

const NO_BYTES = new Uint8Array(0);

/** A copy that does not hold the whole buffer; small ones share Buffer's pool. */
export function copyBytes(bytes: Bytes, offset: number, length: number): Uint8Array {
  if (length === 0) return NO_BYTES;
  const copy = Buffer.allocUnsafe(length);
  bytes.buffer.copy(copy, 0, offset, offset + length);
  return copy;
}

/** Bytes as they are. On a command line, hexadecimal. */
export const raw: Codec<Uint8Array> = {
  type: "raw",
  words: "HEX",
  write(writer, value) {
    if (!(value instanceof Uint8Array)) throw new InputError("not a Uint8Array");
    writer.raw(value);
  },
  read: (bytes, offset, length) => copyBytes(bytes, offset, length),
  parse(word) {
    if (!/^([0-9a-f]{2})*$/i.test(word)) throw new InputError(`${JSON.stringify(word)} is not hexadecimal`);
    return new Uint8Array(Buffer.from(word, "hex"));
  },
};

/** The same, of so many bytes. */
export function rawOf(size: number): Codec<Uint8Array> {
  return {
    ...raw,
    size,
    write(writer, value, siblings) {
      if (value instanceof Uint8Array && value.length !== size)
        throw new InputError(`${value.length} bytes, where there are ${size}`);
      raw.write(writer, value, siblings);
    },
  };
}

function silent(type: string): Codec<never> {
  return { type, words: "", silent: true, write: () => undefined, read: () => undefined, parse: unspoken(type) };
}

/** An attribute that aligns the one behind it: never sent, skipped when it comes. */
export const pad = silent("pad");

/** An attribute whose contents are had in full elsewhere: never sent, skipped when it comes. */
export const superseded = silent("superseded");

function checkTrue(value: unknown, problem: string): void {
  if (value !== true) throw new InputError(value === false ? problem : `${quoted(value)} is not true`);
}

/** Present or not: the attribute has no payload. Only `true` is ever sent. */
export const flag: Codec<true> = {
  type: "flag",
  words: "on",
  write(_writer, value) {
    checkTrue(value, "can only be true: leave it out otherwise");
  },
  read: () => true,
  parse(word) {
    if (word !== "on" && word !== "true") throw new InputError(`${JSON.stringify(word)} is not "on"`);
    return true;
  },
};

/** A switch that a flag turns on and nothing turns off; it is reported as a number. */
export const onlyOn: Codec<boolean> = {
  ...flag,
  write(_writer, value) {
    checkTrue(value, "it can only be switched on: leave it out otherwise");
  },
  read: ({ buffer }, offset, length) => length === 0 || buffer[offset] !== 0,
};

/** Text of at most `most` bytes, with a NUL at its end on the wire. */
export function text(most = 65530): Codec<string> {
  return {
    type: "string",
    words: "TEXT",
    write(writer, value) {
      checkText(value, most);
      const size = Buffer.byteLength(value);
      const offset = writer.reserve(size + 1);
      writer.bytes.buffer.write(value, offset, size, "utf8");
      writer.bytes.buffer[offset + size] = 0;
    },
    read(bytes, offset, length) {
      const { buffer } = bytes;
      const limit = offset + length;
      let end = offset;
      let high = 0;
      let hash = 0;
      for (let byte; end < limit && (byte = buffer[end]!) !== 0; end++) {
        high |= byte;
        hash = (Math.imul(hash, 31) + byte) | 0;
      }
      if (high < 0x80) return asciiText(buffer, offset, end - offset, hash);
      const value = buffer.toString("utf8", offset, end);
      return value.includes("\ufffd") && !buffer.subarray(offset, end).equals(Buffer.from(value)) ? undefined : value;
    },
    parse(word) {
      checkText(word, most);
      return word;
    },
  };
}

function checkText(value: string, most: number): void {
  if (typeof value !== "string") throw new InputError(`${quoted(value)} is not text`);
  if (value.includes("\0")) throw new InputError(`${JSON.stringify(value)} has a NUL in it`);
  const size = Buffer.byteLength(value);
  if (size !== value.length && /\p{Surrogate}/u.test(value)) throw new InputError(`${quoted(value)} is not text`);
  if (size > most) throw new InputError(`${JSON.stringify(value)} has ${size} bytes; at most ${most} fit`);
}

/** Any of a few words for the two states. */
export function parseSwitch(word: string): boolean {
  if (["on", "true", "yes", "1"].includes(word)) return true;
  if (["off", "false", "no", "0"].includes(word)) return false;
  throw new InputError(`${JSON.stringify(word)} is neither on nor off`);
}
