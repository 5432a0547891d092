import { InputError, quoted } from "../base/errors.js";
import { notOvsdb } from "./error.js";
import type { Json } from "./exact-json.js";
import { type BaseType, type ColumnType, isObject } from "./schema.js";

/** One value. UUIDs are strings, integers beyond 2^53 are bigint. */
export type Atom = string | number | bigint | boolean;
/** What a column holds: a scalar is an atom, an optional value an atom or undefined, a set a Set, a map a Map. */
export type Value = Atom | undefined | ReadonlySet<Atom> | ReadonlyMap<Atom, Atom>;
/** A row's columns, with its own UUID under `_uuid`. */
export type Row = { readonly _uuid: string } & { readonly [column: string]: Value };

/** Stands for a row that the same transaction inserts under this name (RFC 7047: <named-uuid>). */
export interface NamedUuid {
  readonly named: string;
}
/** A value as it may be given. */
export type GivenAtom = Atom | NamedUuid;
/** A column as it may be given: a set also as an array, a map also as an object, null for none. */
export type Given =
  | GivenAtom
  | null
  | undefined
  | Iterable<GivenAtom>
  | ReadonlyMap<Atom, GivenAtom>
  | { readonly [key: string]: GivenAtom };

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether text is a whole UUID. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** Names a row that the same transaction inserts. */
export function named(name: string): NamedUuid {
  return { named: name };
}

/** Whether a column holds at most one value, and none is allowed. */
export function isOptional({ value, min, max }: ColumnType): boolean {
  return value === undefined && min === 0 && max === 1;
}

/** Whether a column's changes are told as a difference (ovsdb-server(7), "update2"). */
function isComposite({ max }: ColumnType): boolean {
  return max > 1;
}

function strange(what: string, json: Json): Error {
  const text = String(JSON.stringify(json, (_, each: unknown) => (typeof each === "bigint" ? String(each) : each)));
  return notOvsdb(`the server sent ${text.length > 80 ? `${text.slice(0, 80)}…` : text} where ${what} was expected`);
}

function decodeAtom(json: Json, { type }: BaseType): Atom {
  switch (type) {
    case "uuid":
      if (Array.isArray(json) && json[0] === "uuid" && typeof json[1] === "string" && isUuid(json[1])) return json[1];
      break;
    case "integer":
      if (typeof json === "bigint" || (typeof json === "number" && Number.isInteger(json))) return json;
      break;
    case "real":
      if (typeof json === "number" || typeof json === "bigint") return Number(json);
      break;
    default:
      if (typeof json === type) return json as Atom;
  }
  throw strange(`a value of type ${type}`, json);
}

/** The members of a set, which stands bare when it is one. */
function members(json: Json): readonly Json[] {
  if (!Array.isArray(json) || json[0] !== "set") return [json];
  if (!Array.isArray(json[1])) throw strange("a set", json);
  return json[1] as Json[];
}

function decodeMap(json: Json, key: BaseType, value: BaseType): Map<Atom, Atom> {
  const pairs: unknown = Array.isArray(json) && json[0] === "map" ? json[1] : undefined;
  if (!Array.isArray(pairs)) throw strange("a map", json);
  return new Map(
    pairs.map((pair: Json) => {
      if (!Array.isArray(pair) || pair.length !== 2) throw strange("a pair", pair);
      return [decodeAtom(pair[0] as Json, key), decodeAtom(pair[1] as Json, value)];
    }),
  );
}

/** A column's value from the wire. Throws OvsdbError ("EPROTO") for what does not have the column's type. */
export function decodeValue(json: Json, type: ColumnType): Value {
  if (type.value !== undefined) return decodeMap(json, type.key, type.value);
  const found = members(json);
  if (isComposite(type)) return new Set(found.map((each) => decodeAtom(each, type.key)));
  if (found.length > 1 || found.length < type.min) throw strange("one value", json);
  return found.length === 0 ? undefined : decodeAtom(found[0]!, type.key);
}

function isNamed(value: unknown): value is NamedUuid {
  return isObject(value) && typeof (value as { named?: unknown }).named === "string";
}

function checkRange(atom: number | bigint, low: number | bigint | undefined, high: number | bigint | undefined): void {
  if ((low === undefined || atom >= low) && (high === undefined || atom <= high)) return;
  const range = high === undefined ? `at least ${low}` : `${low === undefined ? "at most" : `${low} to`} ${high}`;
  throw new InputError(`${quoted(atom)} is out of range: ${range}`);
}

function checkEnum(atom: Atom, { enum: words }: BaseType): void {
  if (words !== undefined && !words.includes(atom))
    throw new InputError(`${quoted(atom)} is none of ${words.map((word) => quoted(word)).join(", ")}`);
}

function encodeAtom(atom: GivenAtom, base: BaseType): Json {
  const { type } = base;
  if (type === "uuid") {
    if (isNamed(atom)) return ["named-uuid", atom.named];
    if (typeof atom === "string" && isUuid(atom)) return ["uuid", atom];
    throw new InputError(`${quoted(atom)} is no UUID`);
  }
  if (type === "integer") {
    if (typeof atom !== "bigint" && !Number.isSafeInteger(atom)) throw new InputError(`${quoted(atom)} is no integer`);
    checkRange(atom as number, base.minInteger, base.maxInteger);
  } else if (type === "real") {
    if (typeof atom !== "number" || !Number.isFinite(atom)) throw new InputError(`${quoted(atom)} is no number`);
    checkRange(atom, base.minReal, base.maxReal);
  } else if (typeof atom !== type) throw new InputError(`${quoted(atom)} is no ${type}`);
  checkEnum(atom as Atom, base);
  return atom as Atom;
}

function encodeMap(given: Given, key: BaseType, value: BaseType): Json {
  const isMap = given instanceof Map;
  if (!isMap && (!isObject(given) || isNamed(given))) throw new InputError(`${quoted(given)} is no map`);
  const entries: [Atom, GivenAtom][] = isMap
    ? [...(given as ReadonlyMap<Atom, GivenAtom>)]
    : Object.entries(given as Record<string, GivenAtom>);
  const read = (name: Atom): Atom => (isMap || key.type !== "integer" ? name : Number(name));
  return ["map", entries.map(([name, each]) => [encodeAtom(read(name), key), encodeAtom(each, value)])];
}

function givenMembers(given: Given): readonly GivenAtom[] {
  if (given === null || given === undefined) return [];
  if (typeof given === "object" && Symbol.iterator in given) return [...(given as Iterable<GivenAtom>)];
  return [given as GivenAtom];
}

/** A column's value for the wire. Throws InputError for what does not have the column's type. */
export function encodeValue(given: Given, type: ColumnType): Json {
  if (type.value !== undefined) return encodeMap(given ?? {}, type.key, type.value);
  const atoms = givenMembers(given);
  if (atoms.length < type.min || atoms.length > type.max)
    throw new InputError(
      type.max === 1
        ? `${atoms.length === 0 ? "a value is missing" : "only one value is allowed"}`
        : `${atoms.length} values: ${type.min} to ${type.max} are allowed`,
    );
  const encoded = atoms.map((atom) => encodeAtom(atom, type.key));
  return encoded.length === 1 ? encoded[0]! : ["set", encoded];
}

/** Some members of a column, or some keys of a map: what conditions and mutations take. */
export function encodePart(given: Given, type: ColumnType): Json {
  const isMap = type.value !== undefined && (given instanceof Map || (isObject(given) && !(Symbol.iterator in given)));
  if (isMap) return encodeValue(given, { ...type, min: 0, max: Infinity });
  return encodeValue(given, { key: type.key, min: 0, max: Infinity });
}

/** A column after the change that "modify" of update2 tells (ovsdb-server(7)). */
export function applyDifference(old: Value, json: Json, type: ColumnType): Value {
  const difference = decodeValue(json, type);
  if (!isComposite(type)) return difference;
  if (difference instanceof Map) {
    const map = new Map(old as ReadonlyMap<Atom, Atom>);
    for (const [key, value] of difference as ReadonlyMap<Atom, Atom>) {
      if (map.get(key) === value) map.delete(key);
      else map.set(key, value);
    }
    return map;
  }
  const set = new Set(old as ReadonlySet<Atom>);
  for (const member of difference as ReadonlySet<Atom>) if (!set.delete(member)) set.add(member);
  return set;
}

/** Whether two values of a column are the same. */
export function isSame(one: Value, other: Value): boolean {
  if (one instanceof Map && other instanceof Map)
    return one.size === other.size && [...one].every(([key, value]) => other.get(key) === value);
  if (one instanceof Set && other instanceof Set)
    return one.size === other.size && [...one].every((each) => other.has(each));
  return one === other;
}

/** The value of a column that nobody set (RFC 7047, section 5.2.1). */
export function defaultValue(type: ColumnType): Value {
  if (type.value !== undefined && type.min === 0) return new Map();
  if (type.min === 0) return isComposite(type) ? new Set() : undefined;
  const atoms = { integer: 0, real: 0, boolean: false, string: "", uuid: "00000000-0000-0000-0000-000000000000" };
  const atom = atoms[type.key.type];
  if (type.value !== undefined) return new Map([[atom, atoms[type.value.type]]]);
  return isComposite(type) ? new Set([atom]) : atom;
}
