import type { AttributeTable } from "./attributes.js";
import type { Codec } from "./codec.js";

/** What a codec knows of its values. */
export interface Marks {
  /** What its number counts, such as "milliseconds". */
  readonly unit?: string;
  /** Only the kernel sets it. */
  readonly readOnly?: true;
  /** It is given to create, and not changed later. */
  readonly atCreation?: true;
  /** Nothing is created without it. */
  readonly mandatory?: true;
}

/** One attribute, as `npm run -s tables` prints it. */
export interface AttributeDescription extends Marks {
  /** The kernel's name, such as "IFLA_BR_FORWARD_DELAY". */
  readonly name: string;
  readonly number: number;
  /** The type on the wire, such as "u32". */
  readonly type: string;
  readonly property: string;
  readonly description: string;
  /** The space of the attributes inside, where it does not depend on the kind of link. */
  readonly nests?: string;
}

/** What the words of a command line count. */
const UNITS: Readonly<Record<string, string>> = {
  DURATION: "milliseconds",
  "DURATION|forever": "milliseconds",
  RATE: "bits per second",
  SIZE: "bytes",
};

/** One table, as `npm run -s tables` prints it. */
export interface TableDescription {
  readonly space: string;
  readonly attributes: readonly AttributeDescription[];
}

/** What a codec knows of its values, as plain data. */
export function marksOf(codec: Codec<unknown>): Marks {
  const unit = UNITS[codec.words];
  return {
    ...(unit === undefined ? {} : { unit }),
    ...(codec.readOnly === true ? { readOnly: true } : {}),
    ...(codec.atCreation === true ? { atCreation: true } : {}),
    ...(codec.mandatory === true ? { mandatory: true } : {}),
  };
}

/** A table as plain data. */
export function describeTable({ space, entries, kernelName }: AttributeTable): TableDescription {
  const attributes = Object.entries(entries).map(([property, [number, codec, description]]): AttributeDescription => {
    const inner = codec.nested?.({})?.space;
    return {
      name: kernelName(property),
      number,
      type: codec.type,
      property,
      description,
      ...(inner ? { nests: inner } : {}),
      ...marksOf(codec),
    };
  });
  return { space, attributes: attributes.sort((one, other) => one.number - other.number) };
}
