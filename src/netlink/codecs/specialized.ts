import { type Bytes, LITTLE_ENDIAN } from "./bytes.js";
import type { Codec } from "./codec.js";
import { type Named, readingBy } from "./in-place.js";

/** A value that is read into a property. */
export interface Field {
  readonly property: string;
  readonly read: Codec<unknown>["read"];
}

/** What stands at one place of a sequence of attributes: its type with all its bits, and what it is read into, unless it is passed over. */
export interface Place extends Partial<Field> {
  readonly type: number;
}

/**
 * Reads what it was made for: the same object, with its properties in the same order, as would be read without it. Undefined when
 * it has been given something else.
 */
export type Specialized = (
  bytes: Bytes,
  start: number,
  stop: number,
  initial: object | undefined,
) => Record<string, unknown> | undefined;

/** It is worth a function of its own when so many have been read. */
export const OFTEN = 64;

const spelled = (name: string): string => JSON.stringify(name);

function isField(place: Place): place is Place & Field {
  return place.read !== undefined;
}

/** The literal is what makes it quick: V8 knows the object's shape before it is filled, and each place that fills it by itself. */
function literal(copied: readonly string[], read: readonly Field[]): string {
  const properties = [
    ...copied.map((name) => `${spelled(name)}: initial[${spelled(name)}]`),
    ...read.map(({ property }) => `${spelled(property)}: undefined`),
  ];
  return `const values = { ${properties.join(", ")} };`;
}

/** Undefined where a program forbids functions by their source (node --disallow-code-generation-from-strings). */
function functionBy(lines: (named: Named) => readonly string[]): Specialized | undefined {
  const held: unknown[] = [];
  const named: Named = (value) => `held${held.includes(value) ? held.indexOf(value) : held.push(value) - 1}`;
  const body = lines(named);
  const source = [
    `"use strict";`,
    ...held.map((_, i) => `const held${i} = held[${i}];`),
    "return (bytes, start, stop, initial) => {",
    "const { view } = bytes;",
    "let wire;",
    ...body,
    "return values;",
    "};",
  ];
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- nothing but names of our tables is in it
    const make = new Function("held", source.join("\n")) as (held: readonly unknown[]) => Specialized;
    return make(held);
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}

/** Reads a field's value, at an offset, or gives up. */
function reading({ property, read }: Field, offset: string, length: string, named: Named): string {
  return `if ((values[${spelled(property)}] = ${readingBy(read, offset, length, named)}) === undefined) return undefined;`;
}

/** The function that reads one sequence of attributes, whose lengths are known to be right, behind what is copied from `initial`. */
export function specializedSequence(copied: readonly string[], places: readonly Place[]): Specialized | undefined {
  const fields = places.filter(isField);
  const [type, size] = LITTLE_ENDIAN ? ["head >>> 16", "head & 0xffff"] : ["head & 0xffff", "head >>> 16"];
  return functionBy((named) => [
    "let head = 0, length = 0, at = start, count = 0;",
    `for (const name in initial) if (name !== ${named(copied)}[count++]) return undefined;`,
    `if (count !== ${copied.length}) return undefined;`,
    literal(copied, fields),
    ...places.flatMap((place) => [
      "if (stop - at < 4) return undefined;",
      `head = view.getUint32(at, ${LITTLE_ENDIAN});`,
      `length = ${size};`,
      `if ((${type}) !== ${place.type}) return undefined;`,
      ...(isField(place) ? [reading(place, "at + 4", "(length - 4)", named)] : []),
      "at += (length + 3) & ~3;",
    ]),
    "if (at < stop) return undefined;",
  ]);
}

/** The function that reads the fields of a struct, by their offsets and lengths. */
export function specializedStruct(
  fields: readonly (Field & { readonly offset: number; readonly length: number })[],
): Specialized | undefined {
  return functionBy((named) => [
    literal([], fields),
    ...fields.map((field) => reading(field, `start + ${field.offset}`, String(field.length), named)),
  ]);
}
