import type { Bytes, Writer } from "./bytes.js";
import { type Codec, unspoken } from "./codec.js";
import { InputError } from "../../base/errors.js";
import { checkObject } from "../../base/input.js";
import { shapes } from "./preallocated.js";
import { OFTEN, type Specialized, specializedStruct } from "./specialized.js";

const NO_SIBLINGS = {};

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a codec both takes and gives its type
type Fields = Readonly<Record<string, Codec<any>>>;
type Field<C> = C extends Codec<infer T> ? T : never;
/** The values of a struct's fields. */
export type StructValues<F extends Fields> = { -readonly [K in keyof F]: Field<F[K]> };

/** A C struct with fields of fixed sizes. */
export interface Struct<T, F extends Fields = Fields> extends Codec<T> {
  readonly fields: F;
  readonly size: number;
  /** Throws InputError for a field that there is not. */
  checkFields(values: object): void;
  /** Writes the fields that are given, and zeros for the rest. */
  writePartial(writer: Writer, values: Partial<T>): void;
  /** Reads the fields at an offset where the whole struct is known to be. */
  readAt(bytes: Bytes, offset: number): T;
}

/**
 * A C struct. `gaps` gives the padding bytes before a field, `tail` those behind the last. What is longer is taken; up to
 * `optional` of the last fields may be missing, as in what an older kernel sends. A field is read with those before it
 * as its siblings.
 */
export function struct<const F extends Fields>(
  name: string,
  fields: F,
  {
    gaps = {},
    optional = 0,
    tail = 0,
  }: { gaps?: Partial<Record<keyof F, number>>; optional?: number; tail?: number } = {},
): Struct<StructValues<F>, F> {
  let size = 0;
  const layout = Object.entries(fields).map(([property, codec]) => {
    size += gaps[property as keyof F] ?? 0;
    const offset = size;
    if (codec.size === undefined) throw new InputError(`${name}.${property} has no fixed size`);
    size += codec.size;
    return { property, codec, read: codec.read, offset, length: codec.size };
  });
  size += tail;
  const objects = shapes(1);
  let met = 0;
  let quick: Specialized | undefined;
  const least = layout[layout.length - optional]?.offset ?? size;

  function writePartial(writer: Writer, values: Record<string, unknown>): void {
    const start = writer.length;
    for (const { property, codec, offset, length } of layout) {
      writer.zeros(start + offset - writer.length);
      const value = values[property];
      if (value === undefined) writer.zeros(length);
      else writeField(writer, property, codec, value);
    }
    writer.zeros(tail);
  }

  function read(bytes: Bytes, start: number, length: number): StructValues<F> | undefined {
    if (length < least) return undefined;
    if (++met === OFTEN) quick = specializedStruct(layout);
    const values = length < size ? undefined : quick?.(bytes, start, start + length, undefined);
    return (values as StructValues<F> | undefined) ?? readAny(bytes, start, length);
  }

  function readAny(bytes: Bytes, start: number, length: number): StructValues<F> | undefined {
    if (!objects.knows(0)) objects.learn(0, Object.keys(fields));
    const values = objects.make();
    for (const { property, codec, offset, length: fieldLength } of layout) {
      if (offset + fieldLength > length) break;
      const value: unknown = codec.read(bytes, start + offset, fieldLength, values);
      if (value === undefined) return undefined;
      values[property] = value;
    }
    return values as StructValues<F>;
  }

  function checkFields(values: object): void {
    checkObject(values);
    const stray = Object.keys(values).find((property) => !Object.hasOwn(fields, property));
    if (stray !== undefined) throw new InputError(`${name} has no such field`, stray);
  }

  return {
    type: `struct ${name}`,
    words: "",
    fields,
    size,
    checkFields,
    write(writer, values) {
      checkFields(values);
      writePartial(writer, values);
      const missing = layout.find(({ property }) => values[property as keyof F] === undefined);
      if (missing !== undefined) throw new InputError("it is missing", missing.property);
    },
    writePartial,
    read,
    readAt: (bytes, offset) => read(bytes, offset, size)!,
    parse: unspoken("struct"),
  };
}

function writeField(writer: Writer, property: string, codec: Codec<unknown>, value: unknown): void {
  try {
    codec.write(writer, value, NO_SIBLINGS);
  } catch (error) {
    throw error instanceof InputError ? error.under(property) : error;
  }
}
