import {
  attributes,
  type AttributeTable,
  type Entries,
  type RawAttribute,
  type Values,
} from "../../netlink/codecs/attributes.js";
import { type Codec, mapped, text, unspoken } from "../../netlink/codecs/codec.js";
import { InputError } from "../../base/errors.js";
import { checkObject } from "../../base/input.js";
import { byKind, nest } from "../../netlink/codecs/nests.js";

/** A table for each kind of expression; undefined for one without attributes. */
export type ExpressionKinds = Readonly<Record<string, AttributeTable | undefined>>;

type Of<K extends ExpressionKinds, N extends keyof K> =
  K[N] extends AttributeTable<infer E extends Entries> ? { readonly data: Values<{ entries: E }> } : object;

/** An expression of a kind that is known here. */
export type Known<K extends ExpressionKinds> = {
  [N in keyof K & string]: { readonly name: N; readonly unknown?: readonly RawAttribute[] | undefined } & Of<K, N>;
}[keyof K & string];

/** An expression of another kind: its bytes, as they came. */
export interface OtherExpression {
  readonly name?: undefined;
  /** The kernel's name of it. */
  readonly other: string;
  readonly data?: Uint8Array | undefined;
  readonly unknown?: readonly RawAttribute[] | undefined;
}

/** An expression (NFTA_EXPR_*): its name, and attributes of a table that goes by the name. */
export function expressionCodec<K extends ExpressionKinds>(kinds: K): Codec<Known<K> | OtherExpression> {
  type Expression = Known<K> | OtherExpression;
  const table = attributes("NFTA_EXPR", () => ({
    name: [1, text(31), "what it is"],
    data: [2, byKind("name", kinds) as Codec<unknown>, "its own attributes"],
  }));
  const codec = mapped<Values<typeof table>, Expression>(nest(table), {
    type: "expression",
    words: "",
    toWire(expression) {
      checkObject(expression);
      const { name, other, data, unknown } = expression as {
        name?: string;
        other?: string;
        data?: unknown;
        unknown?: readonly RawAttribute[];
      };
      if (name !== undefined && !Object.hasOwn(kinds, name))
        throw new InputError(`${JSON.stringify(name)} is none of ${Object.keys(kinds).join(", ")}`, "name");
      if (name === undefined && other === undefined) throw new InputError("it is missing", "name");
      return { name: name ?? other, data, unknown };
    },
    fromWire({ name = "", data, unknown }) {
      const more = { ...(data === undefined ? {} : { data }), ...(unknown === undefined ? {} : { unknown }) };
      return (Object.hasOwn(kinds, name) ? { name, ...more } : { other: name, ...more }) as Expression;
    },
    parse: unspoken("expression"),
  });
  return { ...codec, nested: () => table };
}
