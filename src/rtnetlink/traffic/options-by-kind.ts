import type { AttributeTable, Entries, Values } from "../../netlink/codecs/attributes.js";
import { Writer } from "../../netlink/codecs/bytes.js";
import { type Codec, copyBytes, mapped, type Siblings, unspoken } from "../../netlink/codecs/codec.js";
import { InputError, quoted, under } from "../../base/errors.js";
import { checkObject } from "../../base/input.js";
import { nest } from "../../netlink/codecs/nests.js";

/** The options of each kind, by the kernel's name of the kind. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a codec both takes and gives its type
export type OptionKinds = Readonly<Record<string, Codec<any>>>;

/** The options that a kind takes. */
export type OptionsOf<K extends OptionKinds, N extends keyof K> = K[N] extends Codec<infer T> ? T : never;

/** A kind with its options; bytes for a kind that is not known here. */
export type WithOptions<K extends OptionKinds> =
  | { [N in keyof K & string]: { kind: N; options?: OptionsOf<K, N> | undefined } }[keyof K & string]
  | { kind: string; options?: Uint8Array | undefined };

/** An attribute whose codec is chosen by the word in the attribute `kind` beside it (TCA_OPTIONS, TCA_ACT_OPTIONS). */
export function optionsByKind<K extends OptionKinds>(kinds: K): Codec<OptionsOf<K, keyof K> | Uint8Array> {
  function codecFor({ kind }: Siblings): Codec<unknown> | undefined {
    return typeof kind === "string" && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  }
  return {
    type: "nest by kind",
    words: "",
    selector: "kind",
    write(writer, value, siblings) {
      const codec = codecFor(siblings);
      if (value instanceof Uint8Array) writer.raw(value);
      else {
        checkObject(value);
        if (codec === undefined) throw new InputError(`the kind ${quoted(siblings["kind"])} has no options known here`);
        codec.write(writer, value, siblings);
      }
    },
    read(bytes, offset, length, siblings) {
      const codec = codecFor(siblings);
      if (codec === undefined) return copyBytes(bytes, offset, length);
      return codec.read(bytes, offset, length, siblings) as OptionsOf<K, keyof K> | undefined;
    },
    parse: unspoken("nest"),
    nested: (siblings) => codecFor(siblings)?.nested?.(siblings),
  };
}

/** One option as a user gives it: how its value is spelled, and what it is. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a codec both takes and gives its type
export type Option<T = any> = readonly [codec: Codec<T>, description: string];
/** The options of a kind whose attributes hold structs: what a user gives, from which the attributes are made. */
export type OptionTable = Readonly<Record<string, Option>>;
/** The values of such options. */
export type OptionValues<T extends OptionTable> = {
  -readonly [K in keyof T]?: (T[K] extends Option<infer V> ? V : never) | undefined;
};

/** Attributes that are given and read as other options: units for ticks, one value where the kernel has two attributes. */
export function restated<E extends Entries, const T extends OptionTable>(
  table: AttributeTable<E>,
  options: T,
  change: {
    toWire: (values: OptionValues<T>) => Values<{ entries: E }>;
    fromWire: (wire: Values<{ entries: E }>) => OptionValues<T> | undefined;
  },
): Codec<OptionValues<T>> {
  const codec = mapped<Values<{ entries: E }>, OptionValues<T>>(nest(table), {
    words: "",
    toWire(values) {
      checkNames(values, options);
      return change.toWire(values);
    },
    fromWire: change.fromWire,
    parse: unspoken("nest"),
  });
  return { ...codec, nested: () => table };
}

/** Throws InputError for an option that does not exist, or that only the kernel sets. */
function checkNames(values: object, options: OptionTable): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(options, name))
      throw new InputError(`no such option; there are ${Object.keys(options).join(", ")}`, name);
    const [codec] = options[name]!;
    if (codec.readOnly === true) throw new InputError("only the kernel sets it", name);
    under(name, () => {
      codec.write(new Writer(), value, {});
    });
  }
}

/** Throws InputError unless an option is given. */
export function required<T>(value: T | undefined, name: string, what: string): T {
  if (value === undefined) throw new InputError(`it must be given: ${what}`, name);
  return value;
}
