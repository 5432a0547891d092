import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json } from "../../../src/ovsdb/exact-json.js";
import type { ColumnType } from "../../../src/ovsdb/schema.js";
import { readSchema } from "../../../src/ovsdb/schema.js";
import {
  applyDifference,
  type Atom,
  decodeValue,
  encodeValue,
  isSame,
  named,
  type Value,
} from "../../../src/ovsdb/values.js";

const atoms = {
  integer: fc.oneof(fc.maxSafeInteger(), fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n })),
  real: fc.double({ noNaN: true, noDefaultInfinity: true }),
  boolean: fc.boolean(),
  string: fc.string(),
  uuid: fc.uuid(),
} as const;
type Name = keyof typeof atoms;
const names = fc.constantFrom(...(Object.keys(atoms) as Name[]));

/** A column's type, and two values of it. */
const column = fc
  .record({
    key: names,
    value: fc.option(names, { nil: undefined }),
    min: fc.constantFrom(0, 1),
    max: fc.constantFrom(1, 5, Infinity),
  })
  .chain(({ key, value, min, max }) => {
    const type: ColumnType = {
      key: { type: key },
      ...(value === undefined ? {} : { value: { type: value } }),
      min,
      max,
    };
    const maxLength = Math.min(max, 5);
    const members = fc.uniqueArray<Atom, Atom>(atoms[key], { minLength: min, maxLength });
    const made: fc.Arbitrary<Value> =
      value === undefined
        ? members.map((list) => (max > 1 ? new Set(list) : list[0]))
        : members.chain((keys) =>
            fc
              .tuple(...keys.map((each) => fc.tuple(fc.constant(each), atoms[value])))
              .map((pairs) => new Map<Atom, Atom>(pairs)),
          );
    return fc.tuple(fc.constant(type), made, made);
  });

test("a value of any type is read back as it was written", () => {
  fc.assert(
    fc.property(column, ([type, value]) => {
      expect(decodeValue(encodeValue(value ?? null, type), type)).toEqual(value);
    }),
  );
});

/** What ovsdb-server tells of a change: of a column that holds several, what differs. */
function difference(old: Value, now: Value, type: ColumnType): Json {
  const loose = { ...type, min: 0, max: Infinity };
  if (type.max === 1) return encodeValue(now ?? null, type);
  if (old instanceof Map && now instanceof Map) {
    const gone = [...old].filter(([key]) => !now.has(key)) as [Atom, Atom][];
    const set = [...now].filter(([key, value]) => old.get(key) !== value) as [Atom, Atom][];
    return encodeValue(new Map([...gone, ...set]), loose);
  }
  const [before, after] = [old as Set<Atom>, now as Set<Atom>];
  return encodeValue(
    new Set([...[...before].filter((each) => !after.has(each)), ...[...after].filter((each) => !before.has(each))]),
    loose,
  );
}

test("a difference makes of the old value the new one", () => {
  fc.assert(
    fc.property(column, ([type, old, now]) => {
      expect(isSame(applyDifference(old, difference(old, now, type), type), now)).toBe(true);
    }),
  );
});

test("a set of one may stand bare, an optional value is none or one", () => {
  const set = { key: { type: "integer" }, min: 0, max: Infinity } as const;
  expect(decodeValue(3, set)).toEqual(new Set([3]));
  expect(decodeValue(["set", []], { ...set, max: 1 })).toBeUndefined();
  expect(decodeValue(["set", [3]], { ...set, max: 1 })).toBe(3);
  expect(encodeValue(null, { ...set, max: 1 })).toEqual(["set", []]);
  expect(encodeValue([7], set)).toBe(7);
});

test("a row that is inserted by the same transaction is named", () => {
  const type = { key: { type: "uuid" }, min: 0, max: Infinity } as const;
  expect(encodeValue([named("p")], type)).toEqual(["named-uuid", "p"]);
  expect(encodeValue(named("p"), type)).toEqual(["named-uuid", "p"]);
  expect(() => encodeValue("p", type)).toThrow('"p" is no UUID');
});

test.each<[string, Json, ColumnType]>([
  ["a string for an integer", "1", { key: { type: "integer" }, min: 1, max: 1 }],
  ["a fraction for an integer", 1.5, { key: { type: "integer" }, min: 1, max: 1 }],
  ["a UUID that is none", ["uuid", "x"], { key: { type: "uuid" }, min: 1, max: 1 }],
  ["no value for a scalar", ["set", []], { key: { type: "string" }, min: 1, max: 1 }],
  ["a set for a map", ["set", []], { key: { type: "string" }, value: { type: "string" }, min: 0, max: 9 }],
  [
    "a pair of three",
    ["map", [["a", "b", "c"]]],
    { key: { type: "string" }, value: { type: "string" }, min: 0, max: 9 },
  ],
  ["a set without members", ["set", 3], { key: { type: "string" }, min: 0, max: 9 }],
])("%s is refused", (_, json, type) => {
  expect(() => decodeValue(json, type)).toThrow(expect.objectContaining({ code: "EPROTO" }));
});

test.each<[Json, string]>([
  [null, "the schema's text is no object"],
  [{ name: "d", tables: 3 }, "the schema's tables is no object"],
  [
    { name: "d", tables: { t: { columns: { c: { type: "float" } } } } },
    "the schema's tables.t.columns.c.type has no type that is known",
  ],
  [
    { name: "d", tables: { t: { columns: { c: { type: { key: "string", max: 0 } } } } } },
    "tables.t.columns.c.type.max is no number from 1",
  ],
])("the schema %j is refused", (json, reason) => {
  expect(() => readSchema(json)).toThrow(reason);
});
