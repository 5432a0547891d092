import { eachAttribute, type AttributeTable, type Entries, type Values, writeAttribute } from "./attributes.js";
import { align, type Bytes, type Writer } from "./bytes.js";
import { type Codec, copyBytes, type NestedTable, type ReadOnlyCodec, type Siblings, unspoken } from "./codec.js";
import { InputError, quoted } from "../../base/errors.js";
import { checkList, checkObject } from "../../base/input.js";
import type { Struct } from "./struct.js";

/** Attributes inside an attribute. */
export function nest<E extends Entries>(table: AttributeTable<E>): Codec<Values<{ entries: E }>> {
  return {
    type: "nest",
    words: "",
    write(writer, value) {
      checkObject(value);
      table.encode(writer, value);
    },
    read: (bytes, offset, length) => table.decode(bytes, offset, offset + length),
    parse: unspoken("nest"),
    nested: () => table,
  };
}

/** A struct, and the attributes behind it. */
export interface Headed<T> extends Codec<T> {
  readonly header: Struct<unknown>;
  readonly table: AttributeTable;
}

/** A struct and the attributes behind it, side by side in one object. */
export function headed<H extends object, E extends Entries>(
  header: Struct<H>,
  table: AttributeTable<E>,
): Headed<H & Values<{ entries: E }>> {
  const inside: NestedTable = {
    space: table.space,
    locate: (bytes, start, end, target) => table.locate(bytes, start + header.size, end, target),
  };
  return {
    type: `${header.type} and nest`,
    words: "",
    write(writer, value) {
      checkObject(value);
      header.writePartial(writer, value);
      writer.pad();
      const attributes = Object.entries(value).filter(([name]) => !Object.hasOwn(header.fields, name));
      table.encode(writer, Object.fromEntries(attributes) as Values<{ entries: E }>);
    },
    read(bytes, offset, length) {
      if (length < header.size) return undefined;
      const fields = header.readAt(bytes, offset);
      const start = offset + align(header.size);
      return table.decode(bytes, start, offset + length, fields) as (H & Values<{ entries: E }>) | undefined;
    },
    parse: unspoken("struct"),
    nested: () => inside,
    header: header as Struct<unknown>,
    table: table,
  };
}

/** What errors call the elements of a list: by their place in it. */
function elements(codec: Pick<Codec<never>, "nested">): NestedTable {
  return {
    space: "",
    locate(bytes, start, end, target) {
      let place = -1;
      let path: string | undefined;
      eachAttribute(bytes, start, end, (_number, offset, length) => {
        place++;
        if (target < offset - 4 || target >= offset + length) return;
        const inner = codec.nested?.({})?.locate(bytes, offset, offset + length, target);
        path = inner === undefined ? String(place) : `${place}.${inner}`;
      });
      return path;
    },
  };
}

/** How the elements of a list are numbered when they are sent, and which number may follow another when they come. */
interface Numbering {
  readonly numberOf: (place: number) => number;
  readonly follows: (number: number, last: number | undefined) => boolean;
}

function list<T>(type: string, codec: Codec<T>, { numberOf, follows }: Numbering): Codec<readonly T[]> {
  const inside = elements(codec);
  const { format } = codec;
  return {
    type,
    words: `${codec.words},…`,
    write(writer, values, siblings) {
      checkList(values);
      for (const [place, value] of values.entries()) {
        try {
          writeAttribute(writer, numberOf(place), codec, value, siblings);
        } catch (error) {
          throw error instanceof InputError ? error.under(String(place)) : error;
        }
      }
    },
    read(bytes, offset, length, siblings) {
      const values: T[] = [];
      let last: number | undefined;
      const whole = eachAttribute(bytes, offset, offset + length, (number, at, size) => {
        const value = follows(number, last) ? codec.read(bytes, at, size, siblings) : undefined;
        if (value === undefined) return false;
        last = number;
        values.push(value);
        return true;
      });
      return whole ? values : undefined;
    },
    parse: (word) => (word === "" ? [] : word.split(",").map((part) => codec.parse(part))),
    ...(format === undefined ? {} : { format: (values) => values.map(format).join(",") }),
    nested: () => inside,
    element: codec,
  };
}

/** A nest that holds one attribute any number of times. */
export function repeated<T>(number: number, codec: Codec<T>): Codec<readonly T[]> {
  return list("nest of repeated", codec, { numberOf: () => number, follows: (next) => next === number });
}

/** What is only reported, and by few links: its code is loaded when it is first met. */
export function lateNest<T>(type: string, load: () => Codec<T>): ReadOnlyCodec<T> {
  return {
    type,
    words: "",
    readOnly: true,
    write(writer, value, siblings) {
      load().write(writer, value, siblings);
    },
    read: (bytes, offset, length, siblings) => load().read(bytes, offset, length, siblings),
    parse: unspoken(type),
    nested: (siblings) => load().nested?.(siblings),
    get element() {
      return load().element;
    },
  };
}

/**
 * A nest whose attributes are numbered by their places, as an array. They are sent with numbers from `first` on. The kernel
 * itself counts from 0 or from 1, in one message as in the other, and leaves out what it does not report: whatever
 * rises is taken.
 */
export function indexed<T>(codec: Codec<T>, first = 0): Codec<readonly T[]> {
  return list("indexed array", codec, {
    numberOf: (place) => place + first,
    follows: (number, last) => last === undefined || number > last,
  });
}

/** A table for each kind, such as "bridge"; undefined for a kind without options of its own. */
export type KindTables = Readonly<Record<string, AttributeTable | undefined>>;

/** The table of a kind, if one is known. */
export function tableOf(kinds: KindTables, kind: unknown): AttributeTable | undefined {
  return typeof kind === "string" && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
}

/** The options of one kind, or raw bytes for a kind that no table is known for. */
export type KindValues<K extends KindTables> =
  { [N in keyof K]: K[N] extends AttributeTable ? Values<K[N]> : never }[keyof K] | Uint8Array;

/** A nest whose table is chosen by the word in the attribute `selector` beside it (IFLA_INFO_DATA). */
export function byKind<K extends KindTables>(selector: string, kinds: K): Codec<KindValues<K>> {
  const tableFor = (siblings: Siblings): AttributeTable | undefined => tableOf(kinds, siblings[selector]);
  return {
    type: `nest by ${selector}`,
    words: "",
    selector,
    write(writer: Writer, value, siblings) {
      if (value instanceof Uint8Array) {
        writer.raw(value);
        return;
      }
      checkObject(value);
      const table = tableFor(siblings);
      if (table === undefined)
        throw new InputError(`the ${selector} ${quoted(siblings[selector])} has no options known here`);
      table.encode(writer, value);
    },
    read(bytes: Bytes, offset, length, siblings) {
      const table = tableFor(siblings);
      if (table === undefined) return copyBytes(bytes, offset, length);
      return table.decode(bytes, offset, offset + length) as KindValues<K> | undefined;
    },
    parse: unspoken("nest"),
    nested: tableFor,
  };
}
