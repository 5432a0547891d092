import { type AttributeTable, checkWritable, type Entries, type Values } from "./attributes.js";
import { Writer } from "./bytes.js";
import { InputError, quoted, under } from "../../base/errors.js";
import { suggestion } from "../../base/nearest.js";

/** One kind of value in a file that people write: how it is checked, and its JSON Schema. */
export interface Shape<T> {
  readonly schema: Readonly<Record<string, unknown>>;
  /** Throws InputError, with the path of what is wrong. */
  read(value: unknown): T;
}

/** Text that a pattern allows; `what` names it in errors. */
export function textLike(what: string, pattern: RegExp, description: string): Shape<string> {
  return {
    schema: { type: "string", pattern: pattern.source, description },
    read(value) {
      if (typeof value !== "string" || !pattern.test(value)) throw new InputError(`${quoted(value)} is not ${what}`);
      return value;
    },
  };
}

/** A whole number. */
export function integer(least: number, most: number, description: string): Shape<number> {
  return {
    schema: { type: "integer", minimum: least, maximum: most, description },
    read(value) {
      if (!Number.isInteger(value) || (value as number) < least || (value as number) > most)
        throw new InputError(`${quoted(value)} is not a whole number from ${least} to ${most}`);
      return value as number;
    },
  };
}

/** One of a few words. */
export function choice<const W extends readonly (string | number | boolean)[]>(
  words: W,
  description: string,
): Shape<W[number]> {
  return {
    schema: { enum: words, description },
    read(value) {
      if (!words.includes(value as string)) throw new InputError(`${quoted(value)} is none of ${words.join(", ")}`);
      return value as W[number];
    },
  };
}

export function truth(description: string): Shape<boolean> {
  return {
    schema: { type: "boolean", description },
    read(value) {
      if (typeof value !== "boolean") throw new InputError(`${quoted(value)} is neither true nor false`);
      return value;
    },
  };
}

/** A value of the first shape that takes it; when none does, the last one says why. */
export function either<A, B>(one: Shape<A>, other: Shape<B>, description: string): Shape<A | B> {
  return {
    schema: { anyOf: [one.schema, other.schema], description },
    read(value) {
      try {
        return one.read(value);
      } catch {
        return other.read(value);
      }
    },
  };
}

export function listOf<T>(shape: Shape<T>, description: string): Shape<readonly T[]> {
  return {
    schema: { type: "array", items: shape.schema, description },
    read(value) {
      if (!Array.isArray(value)) throw new InputError(`${quoted(value)} is not a list`);
      return value.map((each, i) => under(String(i), () => shape.read(each)));
    },
  };
}

type Fields = Readonly<Record<string, Shape<unknown>>>;
type Read<F extends Fields, N extends keyof F = never> = {
  readonly [K in Exclude<keyof F, N>]?: (F[K] extends Shape<infer T> ? T : never) | undefined;
} & { readonly [K in N]: F[K] extends Shape<infer T> ? T : never };

/** An object's properties; throws InputError for what is none. */
export function entriesOf(value: unknown): [string, unknown][] {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new InputError(`${quoted(value)} is not an object`);
  return Object.entries(value);
}

/** What is said of a property that there is none of: the nearest that there is, or all. */
function noSuchProperty(name: string, known: readonly string[]): string {
  return `there is no such property${suggestion(name, known, `; there are ${known.join(", ")}`)}`;
}

/** An object whose properties may all be left out, but for those that are `needed`. */
export function objectOf<F extends Fields, N extends keyof F & string = never>(
  fields: F,
  description: string,
  needed: readonly N[] = [],
): Shape<Read<F, N>> {
  const properties = Object.fromEntries(Object.entries(fields).map(([name, { schema }]) => [name, schema]));
  const required = needed.length === 0 ? {} : { required: needed };
  return {
    schema: { type: "object", properties, ...required, additionalProperties: false, description },
    read(value) {
      const given = entriesOf(value);
      const missing = needed.find((name) => !given.some(([each]) => each === name));
      if (missing !== undefined) throw new InputError("it is missing", missing);
      const read = given.map(([name, each]): [string, unknown] => {
        const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
        if (field === undefined) throw new InputError(noSuchProperty(name, Object.keys(fields)), name);
        return [name, under(name, () => field.read(each))];
      });
      return Object.fromEntries(read) as Read<F, N>;
    },
  };
}

const NUMBERS = /^(N|DURATION|SIZE|RATE)$/;

function schemaOfWords(words: string, description: string): Record<string, unknown> {
  if (words === "on|off") return { type: "boolean", description };
  if (words === "on") return { const: true, description };
  if (NUMBERS.test(words)) return { type: "number", description };
  return { type: ["string", "number", "array", "object"], description };
}

/** The values of a table of attributes, under the library's names; what only the kernel sets is refused. */
export function valuesOf<E extends Entries>(
  table: AttributeTable<E>,
  description: string,
): Shape<Values<{ entries: E }>> {
  return {
    get schema() {
      const writable = Object.entries(table.entries).filter(([, [, codec]]) => !codec.readOnly && !codec.silent);
      const properties = writable.map(([name, [, { words }, text]]) => [name, schemaOfWords(words, text)]);
      const schema = { type: "object", properties: Object.fromEntries(properties) as object };
      return { ...schema, additionalProperties: false, description };
    },
    read(value) {
      entriesOf(value);
      const values = value as Values<{ entries: E }>;
      checkWritable(table, values);
      table.encode(new Writer(), values);
      return values;
    },
  };
}
