import fc, { type Arbitrary } from "fast-check";
import type { AttributeTable } from "../../../src/netlink/codecs/attributes.js";
import type { Codec } from "../../../src/netlink/codecs/codec.js";
import { expression, expressionKinds } from "../../../src/netfilter/expressions/expression.js";
import { statefulKinds } from "../../../src/netfilter/expressions/stateful.js";
import { byteStrings, texts, valuesOfTable } from "./arbitraries.js";

/** Expressions of nftables, of kinds that are known and of others. */
function expressions(codec: Codec<unknown>): Arbitrary<unknown> {
  const kinds: Readonly<Record<string, AttributeTable | undefined>> =
    codec === (expression as Codec<unknown>) ? expressionKinds : statefulKinds;
  const known = Object.entries(kinds).map(([name, table]) =>
    table === undefined ? fc.constant({ name }) : fc.record({ name: fc.constant(name), data: valuesOfTable(table) }),
  );
  const other = texts(20).filter((name) => !Object.hasOwn(kinds, name));
  return fc.oneof(...known, fc.record({ other, data: byteStrings }));
}

/** Values of what is an expression, by the type of the codec. */
export const expressionValues = { expression: expressions };
