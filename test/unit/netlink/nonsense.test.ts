import { expect, test } from "vitest";
import type { AttributeTable } from "../../../src/netlink/codecs/attributes.js";
import { bytesOf, Writer } from "../../../src/netlink/codecs/bytes.js";
import type { Codec } from "../../../src/netlink/codecs/codec.js";
import { InputError } from "../../../src/base/errors.js";
import { linkAttributes } from "../../../src/rtnetlink/link/link.js";
import { tables } from "../../../src/rtnetlink/tables.js";
import { every } from "./every.js";
import { encode } from "./fake-kernel.js";
import { refusal } from "./codecs.js";

function circle(): object {
  const value: Record<string, unknown> = {};
  value.self = value;
  return value;
}

/** One of each type, and of each that passes for another. */
const ODD: readonly unknown[] = [
  ...[null, true, false, "", " ", "5", "x", 5n, NaN, -1, 1.5, Infinity, 1e20],
  ...[[], [null], [undefined], [1], ["x"], {}, { nonsense: 1 }, Object.create(null) as object, circle()],
  ...[Symbol("x"), (): number => 1],
];

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "list";
  return value === null ? "null" : typeof value;
}

/** What the attributes of a table are encoded with, each by itself. */
const codecsOf = (table: AttributeTable): [string, Codec<unknown>][] =>
  Object.entries(table.entries)
    .filter(([, [, codec]]) => codec.silent !== true)
    .map(([property, [, codec]]) => [table.kernelName(property), (codec.several ?? codec) as Codec<unknown>]);

test.for(tables.map((table: AttributeTable) => [table.space, table] as const))(
  "%s: what is of another type is an InputError, never sent as something",
  ([, table]) => every(codecsOf(table), refuseOrKeep),
);

/** Tries each odd value: a codec refuses it, or sends what is read as the same type. */
function refuseOrKeep(codec: Codec<unknown>): void {
  for (const value of ODD) {
    const writer = new Writer();
    try {
      codec.write(writer, value, {});
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      continue;
    }
    const size = writer.length;
    const read = codec.read(bytesOf(writer.take()), 0, size, {});
    const isNumbered = typeof value === "number" && typeof read === "string";
    if (!isNumbered) expect(kindOf(read), `what was made of ${kindOf(value)}`).toBe(kindOf(value));
  }
}

test.for([
  [
    { linkInfo: { kind: "vlan", data: { egressQos: [{ from: 1, too: 5 }] } } },
    "egressQos.0.too: ifla_vlan_qos_mapping has no such field",
  ],
  [{ linkInfo: { kind: "vlan", data: { egressQos: [{ to: 5 }] } } }, "egressQos.0.from: it is missing"],
  [{ linkInfo: { kind: "vxlan", data: { portRange: { low: 9 } } } }, "portRange.high: it is missing"],
  [{ linkInfo: { kind: "vxlan", data: { gbp: "off" } } }, 'gbp: "off" is not true'],
  [{ linkInfo: { kind: "bridge", data: { forwardDelay: null } } }, "forwardDelay: null is not a duration"],
  [{ linkInfo: { kind: "bridge", data: { forwardDelay: "2000" } } }, 'forwardDelay: "2000" is not a duration'],
  [{ linkInfo: { kind: "vlan", data: { flags: "gvrp" } } }, 'flags: an object is wanted, not "gvrp"'],
] as const)("%j is refused in words", ([values, words]) => {
  expect(refusal(() => encode(linkAttributes, values as never))).toContain(words);
});
