import { type Bytes, LITTLE_ENDIAN, type Writer, align } from "./bytes.js";
import { checkSettable, type Codec, copyBytes, type NestedTable, type Siblings } from "./codec.js";
import { InputError, under } from "../../base/errors.js";
import { checkList, unknownOption } from "../../base/input.js";
import { shapes } from "./preallocated.js";
import { OFTEN, type Place, type Specialized, specializedSequence } from "./specialized.js";

/** NLA_F_NESTED and NLA_F_NET_BYTEORDER are the two high bits of an attribute's type (linux/netlink.h). */
const NESTED = 0x8000;
const TYPE_MASK = 0x3fff;
const HEADER_SIZE = 4;
const MOST_BYTES = 65535;
const NO_SIBLINGS: Siblings = {};
/** Sequences of attributes whose shape is kept in mind, a table. */
const MOST_SHAPES = 64;

/** What more is known of an attribute. */
export interface Facts {
  /** The kernel's name, where it cannot be derived from the table's space and the property. */
  readonly name?: string;
  /** The version of Linux that has it first, where that is known and later than 2.6. */
  readonly since?: string;
  /** What it is when nobody sets it, in the unit of its values, where that does not depend on the machine. */
  readonly default?: string | number | boolean;
}

/** One line of a table: its number, its codec, what it is, and its kernel name where that cannot be derived, or more. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a codec both takes and gives its type
export type Entry<T = any> = readonly [number: number, codec: Codec<T>, description: string, facts?: string | Facts];
export type Entries = Readonly<Record<string, Entry>>;

/** An attribute that no table knows, or whose bytes have not the form that the table says: kept as it came. */
export interface RawAttribute {
  readonly number: number;
  /** NLA_F_NESTED was set. */
  readonly nested?: true;
  readonly bytes: Uint8Array;
}

type Value<E> = E extends readonly [number, Codec<infer T>, ...unknown[]] ? T : never;

/** The attributes that have values. */
type Valued<E extends Entries> = Pick<E, { [K in keyof E]: [Value<E[K]>] extends [never] ? never : K }[keyof E]>;
/** Those whose codecs have a mark. */
type Marked<E extends Entries, M> = { [K in keyof E]: E[K][1] extends M ? K : never }[keyof E];
/** Those that are not only reported. */
type Settable<E extends Entries> = Omit<Valued<E>, Marked<E, { readonly readOnly: true }>>;
/** Those without which nothing is created. */
type Mandatory<E extends Entries> = Pick<E, Marked<E, { readonly mandatory: true }>>;

// The mapped types go over the keys of the table's own type, so that an editor finds there what each attribute is.

/** The values of a table, as they are reported: every attribute may be left out. */
export type Values<T extends { readonly entries: Entries }> = {
  -readonly [K in keyof Valued<T["entries"]>]?: Value<Valued<T["entries"]>[K]> | undefined;
} & { unknown?: readonly RawAttribute[] | undefined };

/** The values of a table that can be set: every attribute may be left out. */
export type Settings<T extends { readonly entries: Entries }> = {
  -readonly [K in keyof Settable<T["entries"]>]?: Value<Settable<T["entries"]>[K]> | undefined;
} & { unknown?: readonly RawAttribute[] | undefined };

/** The same of what is created, with what must be given for that. */
export type NewSettings<T extends { readonly entries: Entries }> = Settings<T> & {
  -readonly [K in keyof Mandatory<T["entries"]>]: Value<Mandatory<T["entries"]>[K]>;
};

/** A table of attributes: one attribute space of the kernel. */
export interface AttributeTable<E extends Entries = Entries> extends NestedTable {
  /** The prefix of the kernel's names, such as "IFLA_BR". */
  readonly space: string;
  readonly entries: E;
  /** Writes the values that are given, in the table's order. */
  encode(writer: Writer, values: Values<{ entries: E }>): void;
  /**
   * Reads attributes up to `end` into an object that starts with what `initial` has. Undefined when a length is wrong:
   * nothing behind it can be trusted.
   */
  decode(bytes: Bytes, start: number, end: number, initial?: object): Values<{ entries: E }> | undefined;
  /** The kernel's name of an attribute, such as "IFLA_BR_FORWARD_DELAY". */
  kernelName(property: string): string;
}

const NO_FACTS: Facts = {};

/** What more is known of a line's attribute. */
export function factsOf(entry: Entry | undefined): Facts {
  const facts = entry?.[3] ?? NO_FACTS;
  return typeof facts === "string" ? { name: facts } : facts;
}

interface Line {
  readonly property: string;
  /** In the table's order. */
  readonly place: number;
  readonly number: number;
  readonly codec: Codec<unknown>;
  readonly read: Codec<unknown>["read"];
  readonly silent: boolean;
  readonly several: boolean;
  readonly selector: string | undefined;
  /** The decoding that met the attribute last: a second one in the same decoding is kept raw, unless several may come. */
  met: number;
}

/** Counts decodings, nested ones too. */
let decodings = 0;

/** Starts an attribute; the returned offset ends it. */
function begin(writer: Writer, type: number): number {
  const start = writer.reserve(HEADER_SIZE);
  writer.view.setUint16(start + 2, type, LITTLE_ENDIAN);
  return start;
}

function end(writer: Writer, start: number): void {
  const length = writer.length - start;
  if (length > MOST_BYTES) throw new InputError(`${length} bytes; an attribute holds at most ${MOST_BYTES}`);
  writer.view.setUint16(start, length, LITTLE_ENDIAN);
  writer.pad();
}

/** Appends one attribute. */
export function writeAttribute<T>(
  writer: Writer,
  number: number,
  codec: Codec<T>,
  value: T,
  siblings: Siblings = NO_SIBLINGS,
): void {
  const start = begin(writer, codec.nested === undefined ? number : number | NESTED);
  codec.write(writer, value, siblings);
  end(writer, start);
}

function writeSeveral(writer: Writer, number: number, codec: Codec<unknown>, list: unknown, siblings: Siblings): void {
  checkList(list);
  for (const [place, value] of list.entries()) {
    try {
      writeAttribute(writer, number, codec, value, siblings);
    } catch (error) {
      throw failedAt(error, String(place));
    }
  }
}

/**
 * Calls back for each attribute from `start` to `stop`; false when a length is wrong. The callback may stop the
 * walk by returning false, too.
 */
export function eachAttribute(
  bytes: Bytes,
  start: number,
  stop: number,
  visit: (number: number, offset: number, length: number, type: number) => boolean | void,
): boolean {
  const { view } = bytes;
  let offset = start;
  while (stop - offset >= HEADER_SIZE) {
    const length = view.getUint16(offset, LITTLE_ENDIAN);
    if (length < HEADER_SIZE || length > stop - offset) return false;
    const type = view.getUint16(offset + 2, LITTLE_ENDIAN);
    if (visit(type & TYPE_MASK, offset + HEADER_SIZE, length - HEADER_SIZE, type) === false) return false;
    offset += align(length);
  }
  return offset >= stop;
}

function keep(values: { unknown?: RawAttribute[] }, bytes: Bytes, offset: number, length: number, type: number): void {
  const copy = copyBytes(bytes, offset, length);
  const number = type & TYPE_MASK;
  (values.unknown ??= []).push((type & NESTED) === 0 ? { number, bytes: copy } : { number, nested: true, bytes: copy });
}

function encodeUnknown(writer: Writer, unknown: readonly RawAttribute[]): void {
  if (!Array.isArray(unknown)) throw new InputError("not a list of attributes", "unknown");
  for (const { number, nested, bytes } of unknown as readonly RawAttribute[]) {
    if (!(Number.isInteger(number) && number >= 0 && number <= TYPE_MASK) || !(bytes instanceof Uint8Array))
      throw new InputError("not an attribute with a number from 0 to 16383 and bytes", "unknown");
    const start = begin(writer, nested ? number | NESTED : number);
    writer.raw(bytes);
    end(writer, start);
  }
}

/** Adds an attribute's name to the path of what its codec threw. */
function failedAt(error: unknown, property: string): unknown {
  return error instanceof InputError ? error.under(property) : error;
}

function constant(space: string, property: string): string {
  return `${space}_${property.replace(/[A-Z]/g, "_$&").toUpperCase()}`;
}

/**
 * Makes a table: `attributes("IFLA_BR", () => ({ forwardDelay: [1, clockTicks, "time in …"], … }))`. Names are the kernel's
 * in camelCase without the prefix; where they differ, the fourth element is the kernel's whole name. A table that
 * is an excerpt of another skips the `others`. The entries are made at first use: an import pays for no table that its
 * program never meets.
 */
export function attributes<const E extends Entries>(
  space: string,
  makeEntries: () => E,
  { others = "keep" }: { others?: "keep" | "skip" } = {},
): AttributeTable<E> {
  let made: E | undefined;
  const byProperty = new Map<string, Line>();
  const byNumber: (Line | undefined)[] = [];
  const objects = shapes(MOST_SHAPES);
  /** How often a sequence of attributes has been met, and what reads it when that was often. */
  const sequences = new Map<number, number | Specialized>();

  function entriesOf(): E {
    return (made ??= makeEntries());
  }

  function index(): void {
    for (const [property, [number, codec]] of Object.entries(entriesOf())) {
      const { read, silent = false, several, selector } = codec;
      const line = {
        property,
        number,
        codec,
        read,
        silent,
        several: several !== undefined,
        selector,
        met: 0,
        place: byProperty.size,
      };
      byProperty.set(property, line);
      byNumber[number] = line;
    }
  }

  /** The lines of what is given, in the table's order. */
  function givenLines(values: Record<string, unknown>): Line[] {
    const given: Line[] = [];
    for (const property in values) {
      if (values[property] === undefined || property === "unknown") continue;
      const line = byProperty.get(property);
      if (line === undefined) throw unknownOption(property, Object.keys(entriesOf()));
      let place = given.length;
      while (place > 0 && given[place - 1]!.place > line.place) place--;
      given.splice(place, 0, line);
    }
    return given;
  }

  function encode(writer: Writer, values: Record<string, unknown>): void {
    if (byProperty.size === 0) index();
    for (const { property, number, codec } of givenLines(values)) {
      try {
        if (codec.several === undefined) writeAttribute(writer, number, codec, values[property], values);
        else writeSeveral(writer, number, codec.several, values[property], values);
      } catch (error) {
        throw failedAt(error, property);
      }
    }
    if (values.unknown !== undefined) encodeUnknown(writer, values.unknown as RawAttribute[]);
  }

  /** Reads an attribute into the values; false when it is none that gets a property of its own there. */
  function take(values: Record<string, unknown>, line: Line, again: boolean, bytes: Bytes, offset: number): boolean {
    const length = bytes.view.getUint16(offset, LITTLE_ENDIAN) - HEADER_SIZE;
    const at = offset + HEADER_SIZE;
    const value = line.read(bytes, at, length, values);
    if (value === undefined) keep(values, bytes, at, length, bytes.view.getUint16(offset + 2, LITTLE_ENDIAN));
    else if (again && values[line.property] !== undefined)
      (values[line.property] as unknown[]).push((value as unknown[])[0]);
    else {
      values[line.property] = value;
      return true;
    }
    return false;
  }

  /** A number for the types of attributes in their order; undefined when a length is wrong. */
  function sequenceOf({ view }: Bytes, start: number, stop: number): number | undefined {
    let sequence = 0;
    let offset = start;
    while (stop - offset >= HEADER_SIZE) {
      // struct nlattr at once: there are some fifty of them in a link.
      const head = view.getUint32(offset, LITTLE_ENDIAN);
      const length = LITTLE_ENDIAN ? head & 0xffff : head >>> 16;
      if (length < HEADER_SIZE || length > stop - offset) return undefined;
      sequence = (Math.imul(sequence, 31) + (LITTLE_ENDIAN ? head >>> 16 : head & 0xffff)) | 0;
      offset += (length + 3) & ~3;
    }
    return offset >= stop ? sequence : undefined;
  }

  /** The attributes that were read, where each says the same whenever it comes in this order. */
  function placesOf(bytes: Bytes, start: number, stop: number): Place[] | undefined {
    const places: Place[] = [];
    const met = new Set<string>();
    const plain = eachAttribute(bytes, start, stop, (number, _offset, _length, type) => {
      const line = byNumber[number];
      if (line === undefined ? others === "keep" : met.has(line.property)) return false;
      if (line === undefined || line.silent) places.push({ type });
      else if (line.selector !== undefined && !met.has(line.selector)) return false;
      else places.push({ type, property: line.property, read: line.read });
      if (line !== undefined) met.add(line.property);
      return true;
    });
    return plain ? places : undefined;
  }

  /**
   * Counts that a sequence came in which everything has a place, or makes what reads it from now on, when that was often. What
   * fits that no more, as where a value has another form, is counted anew.
   */
  function learn(sequence: number, bytes: Bytes, start: number, stop: number, initial: object | undefined): void {
    const known = sequences.get(sequence) ?? 0;
    if (typeof known !== "number") sequences.set(sequence, 1);
    else if (known < OFTEN) {
      if (known > 0 || sequences.size < MOST_SHAPES) sequences.set(sequence, known + 1);
    } else {
      const places = placesOf(bytes, start, stop);
      sequences.set(sequence, (places && specializedSequence(Object.keys(initial ?? {}), places)) ?? 1);
    }
  }

  function decode(bytes: Bytes, start: number, stop: number, initial?: object): object | undefined {
    if (byProperty.size === 0) index();
    const sequence = sequenceOf(bytes, start, stop);
    if (sequence === undefined) return undefined;
    const known = sequences.get(sequence);
    const values = typeof known === "function" ? known(bytes, start, stop, initial) : undefined;
    if (values !== undefined) return values;
    learn(sequence, bytes, start, stop, initial);
    return decodeAny(bytes, start, stop, initial);
  }

  /** What says how a message is read; the others do the same, quicker. */
  function decodeAny(bytes: Bytes, start: number, stop: number, initial?: object): object | undefined {
    const values = objects.make();
    if (initial !== undefined) Object.assign(values, initial);
    const { view } = bytes;
    const decoding = ++decodings;
    let late: [line: Line, offset: number][] | undefined;
    let offset = start;
    let shape = 0;
    while (stop - offset >= HEADER_SIZE) {
      const head = view.getUint32(offset, LITTLE_ENDIAN);
      const length = LITTLE_ENDIAN ? head & 0xffff : head >>> 16;
      if (length < HEADER_SIZE || length > stop - offset) return undefined;
      const type = LITTLE_ENDIAN ? head >>> 16 : head & 0xffff;
      const number = type & TYPE_MASK;
      const line = number < byNumber.length ? byNumber[number] : undefined;
      const again = line?.met === decoding;
      if (line === undefined || (again && !line.several)) {
        if (others === "keep") keep(values, bytes, offset + HEADER_SIZE, length - HEADER_SIZE, type);
      } else if (!line.silent) {
        line.met = decoding;
        if (line.selector !== undefined && values[line.selector] === undefined) (late ??= []).push([line, offset]);
        else if (take(values, line, again, bytes, offset)) shape = (Math.imul(shape, 31) + number) | 0;
      }
      offset += (length + 3) & ~3;
    }
    if (late !== undefined)
      for (const [line, at] of late)
        if (take(values, line, false, bytes, at)) shape = (Math.imul(shape, 31) + line.number) | 0;
    if (!objects.knows(shape)) objects.learn(shape, Object.keys(values));
    return offset >= stop ? values : undefined;
  }

  function locate(bytes: Bytes, start: number, stop: number, target: number): string | undefined {
    let path: string | undefined;
    const siblings = decode(bytes, start, stop) as Siblings | undefined;
    eachAttribute(bytes, start, stop, (number, offset, length) => {
      if (target < offset - HEADER_SIZE || target >= offset + align(length)) return;
      const line = byNumber[number];
      const inner = line?.codec.nested?.(siblings ?? NO_SIBLINGS)?.locate(bytes, offset, offset + length, target);
      path = [line?.property ?? `#${number}`, inner].filter((part) => part !== undefined).join(".");
    });
    return path;
  }

  return {
    space,
    get entries() {
      return entriesOf();
    },
    encode,
    decode,
    locate,
    kernelName: (property) => factsOf(entriesOf()[property]).name ?? constant(space, property),
  };
}

/** Throws InputError when a value is given that only the kernel sets, or an attribute that it alone has. */
export function checkWritable(table: AttributeTable, values: object): void {
  for (const [property, value] of Object.entries(values)) {
    const entry = Object.hasOwn(table.entries, property) ? table.entries[property] : undefined;
    if (value !== undefined && entry?.[1].readOnly === true) throw new InputError("only the kernel sets it", property);
    const choice = entry?.[1].settable;
    if (value !== undefined && choice !== undefined)
      under(property, () => {
        checkSettable(choice, value);
      });
  }
}
