import type { Json } from "../../ovsdb/exact-json.js";
import type { BaseType, ColumnType } from "../../ovsdb/schema.js";
import { type Atom, isUuid, type Value } from "../../ovsdb/values.js";
import { Failure } from "./failure.js";

/** A column's value whatever its type: a set has keys alone, a map also values. Sorted as the database sorts. */
export type Datum = ReadonlyMap<Atom, Atom | undefined>;

function bytes(text: string): Buffer {
  return Buffer.from(text, "utf8");
}

function compare(one: Atom, other: Atom): number {
  if (typeof one === "string" && typeof other === "string") return Buffer.compare(bytes(one), bytes(other));
  return one < other ? -1 : one > other ? 1 : 0;
}

/** The same pairs, sorted by their keys. */
export function sorted(pairs: Iterable<readonly [Atom, Atom | undefined]>): Datum {
  return new Map([...pairs].sort(([one], [other]) => compare(one, other)));
}

/** A value of the library's as a datum. */
export function datumOf(value: Value): Datum {
  if (value === undefined) return new Map();
  if (value instanceof Map) return sorted(value as ReadonlyMap<Atom, Atom>);
  const keys = value instanceof Set ? [...(value as ReadonlySet<Atom>)] : [value as Atom];
  return sorted(keys.map((key) => [key, undefined]));
}

/** Compares as the database does: by keys, then by values, then by length. */
export function compareData(one: Datum, other: Datum): number {
  if (one.size !== other.size) return one.size - other.size;
  const [mine, theirs] = [[...one], [...other]];
  for (const [i, [key]] of mine.entries()) {
    const order = compare(key, theirs[i]![0]);
    if (order !== 0) return order;
  }
  for (const [i, [, value]] of mine.entries()) {
    const order = value === undefined ? 0 : compare(value, theirs[i]![1]!);
    if (order !== 0) return order;
  }
  return 0;
}

function isWord(text: string): boolean {
  return /^[A-Za-z_][\w.-]*$/.test(text) && text !== "true" && text !== "false" && !isUuid(text);
}

/** A number as C prints it with fifteen digits. */
function real(number: number): string {
  if (number === 0) return "0";
  const short = Number(number.toPrecision(15));
  const exponent = Math.floor(Math.log10(Math.abs(short)));
  if (exponent >= -5 && exponent < 15) return String(short);
  const [mantissa, power = "0"] = short.toExponential().split("e");
  return `${mantissa}e${power.startsWith("-") ? "-" : "+"}${power.replace(/^[+-]/, "").padStart(2, "0")}`;
}

/** A value as it is printed and typed. */
export function atomText(atom: Atom, { type }: BaseType): string {
  if (type === "string") return isWord(atom as string) ? (atom as string) : JSON.stringify(atom);
  return type === "real" ? real(atom as number) : String(atom);
}

/** A column as it is printed and typed. */
export function datumText(datum: Datum, { key, value, max }: ColumnType): string {
  const parts = [...datum].map(([name, each]) =>
    value === undefined ? atomText(name, key) : `${atomText(name, key)}=${atomText(each!, value)}`,
  );
  const text = parts.join(", ");
  if (value !== undefined) return `{${text}}`;
  return max > 1 || parts.length === 0 ? `[${text}]` : text;
}

/** A column for scripts, which cannot be read back. */
export function datumBare(datum: Datum, { key, value }: ColumnType): string {
  const bare = (atom: Atom, base: BaseType): string =>
    base.type === "string" ? (atom as string) : atomText(atom, base);
  return [...datum]
    .map(([name, each]) => (value === undefined ? bare(name, key) : `${bare(name, key)}=${bare(each!, value)}`))
    .join(" ");
}

function atomJson(atom: Atom, { type }: BaseType): Json {
  return type === "uuid" ? ["uuid", atom] : atom;
}

/** A column as RFC 7047 has it. */
export function datumJson(datum: Datum, { key, value }: ColumnType): Json {
  if (value !== undefined)
    return ["map", [...datum].map(([name, each]) => [atomJson(name, key), atomJson(each!, value)])];
  const atoms = [...datum.keys()].map((atom) => atomJson(atom, key));
  return atoms.length === 1 ? atoms[0]! : ["set", atoms];
}

/** What is typed, from left to right. */
export interface Reading {
  readonly text: string;
  place: number;
}

const DELIMITERS = ":=, []{}!<>";

/** A word, up to a delimiter; quotes stay. */
export function readToken(reading: Reading): string {
  const start = reading.text.slice(reading.place);
  let [token, isQuoted] = ["", false];
  for (; reading.place < reading.text.length; reading.place += 1) {
    const letter = reading.text[reading.place]!;
    if (letter === "\\") {
      if (isQuoted) token += "\\";
      reading.place += 1;
      if (reading.place >= reading.text.length) throw new Failure(`${start}: backslash at end of argument`);
      token += reading.text[reading.place]!;
    } else if (!isQuoted && DELIMITERS.includes(letter)) break;
    else {
      token += letter;
      if (letter === '"') isQuoted = !isQuoted;
    }
  }
  if (isQuoted) throw new Failure(`${start}: quoted string extends past end of argument`);
  return token;
}

/** What "@name" stands for. */
export type FindSymbol = (name: string, base: BaseType) => string;

function readString(token: string): string {
  if (token === "") throw new Failure('An empty string is not valid as input; use "" to represent the empty string');
  if (!token.startsWith('"')) return token;
  if (token.length < 2 || !token.endsWith('"')) throw new Failure(`${token}: missing quote at end of quoted string`);
  try {
    return JSON.parse(token) as string;
  } catch {
    throw new Failure(`${token}: invalid quoted string`);
  }
}

function readBoolean(token: string): boolean {
  if (["true", "yes", "on", "1"].includes(token)) return true;
  if (["false", "no", "off", "0"].includes(token)) return false;
  throw new Failure(`"${token}" is not a valid boolean (use "true" or "false")`);
}

function readInteger(token: string): number | bigint {
  if (!/^[+-]?\d+$/.test(token)) throw new Failure(`"${token}" is not a valid integer or range`);
  const number = Number(token);
  return Number.isSafeInteger(number) ? number : BigInt(token);
}

function checkAtom(atom: Atom, base: BaseType): void {
  const shown = atomText(atom, base);
  const { minInteger: low, maxInteger: high, minReal, maxReal } = base;
  if (base.enum !== undefined && !base.enum.includes(atom))
    throw new Failure(
      `constraint violation: ${shown} is not one of the allowed values (${datumText(datumOf(new Set(base.enum)), { key: { type: base.type }, min: 0, max: Infinity })})`,
    );
  const [least, most] = [low ?? minReal, high ?? maxReal];
  const isLow = least !== undefined && (atom as number) < least;
  const isHigh = most !== undefined && (atom as number) > most;
  if (!isLow && !isHigh) return;
  const range =
    least !== undefined && most !== undefined
      ? `not in the valid range ${least} to ${most} (inclusive)`
      : least !== undefined
        ? `less than minimum allowed value ${least}`
        : `greater than maximum allowed value ${most}`;
  throw new Failure(`constraint violation: ${shown} is ${range}`);
}

/** A value from what is typed. */
export function readAtom(token: string, base: BaseType, symbol: FindSymbol): Atom {
  if (base.type === "uuid") {
    if (token.startsWith("@")) return symbol(token, base);
    if (isUuid(token)) return token;
    throw new Failure(`"${token}" is not a valid UUID`);
  }
  let atom: Atom;
  if (base.type === "integer") atom = readInteger(token);
  else if (base.type === "boolean") atom = readBoolean(token);
  else if (base.type === "string") atom = readString(token);
  else {
    atom = Number(token);
    if (token === "" || !Number.isFinite(atom)) throw new Failure(`"${token}" is not a valid real number`);
  }
  checkAtom(atom, base);
  return atom;
}

const MOST_RANGE = 4096;

/** One member of a set, or several: "1-10" of integers. */
function readKeys(token: string, base: BaseType, symbol: FindSymbol): Atom[] {
  const [, first, last] = /^(\d+)-(\d+)$/.exec(token) ?? [];
  if (base.type !== "integer" || first === undefined) return [readAtom(token, base, symbol)];
  const [low, high] = [Number(first), Number(last)];
  if (high < low) throw new Failure(`"${token}" is not a valid range. Range end cannot be before start.`);
  checkAtom(low, base);
  checkAtom(high, base);
  if (high - low >= MOST_RANGE) throw new Failure('constraint violation: Range "' + token + '" has too many values');
  return Array.from({ length: high - low + 1 }, (_, i) => low + i);
}

function skipSpaces(reading: Reading): string {
  while (/\s/.test(reading.text[reading.place] ?? "")) reading.place += 1;
  return reading.text[reading.place] ?? "";
}

/** A column's value from what is typed: "[a, b]", "{k=v}", "a", "k=v". */
export function readDatum(text: string, type: ColumnType, symbol: FindSymbol): Datum {
  const isMap = type.value !== undefined;
  const reading: Reading = { text, place: 0 };
  const [open, close] = isMap ? ["{", "}"] : ["[", "]"];
  const first = skipSpaces(reading);
  if (first === "")
    throw new Failure(isMap ? 'use "{}" to specify the empty map' : 'use "[]" to specify the empty set');
  const end = first === open ? close : "";
  if (end !== "") reading.place += 1;
  const pairs: [Atom, Atom | undefined][] = [];
  for (let next = skipSpaces(reading); next !== "" && next !== end; next = skipSpaces(reading)) {
    if (DELIMITERS.includes(next)) throw new Failure(`${text}: unexpected "${next}" parsing ${isMap ? "map" : "set"}`);
    const from = text.slice(reading.place);
    const keys = readKeys(readToken(reading), type.key, symbol);
    if (isMap) {
      const sign = skipSpaces(reading);
      if (sign === "") throw new Failure(`${from}: syntax error at "`);
      if (sign !== "=") throw new Failure(`${from}: syntax error at "${sign}" expecting "="`);
      reading.place += 1;
      skipSpaces(reading);
      pairs.push([keys[0]!, readAtom(readToken(reading), type.value, symbol)]);
    } else for (const key of keys) pairs.push([key, undefined]);
    if (skipSpaces(reading) === ",") reading.place += 1;
  }
  if (skipSpaces(reading) !== end) throw new Failure(`${text}: missing "${end}" at end of data`);
  if (end !== "") {
    reading.place += 1;
    if (skipSpaces(reading) !== "") throw new Failure(`${text}: trailing garbage after "${end}"`);
  }
  checkCount(text, pairs.length, type);
  const datum = sorted(pairs);
  if (datum.size < pairs.length)
    throw new Failure(`${text}: ${isMap ? "map contains duplicate key" : "set contains duplicate value"}`);
  return datum;
}

function checkCount(text: string, count: number, { min, max, value }: ColumnType): void {
  const what = `${text}: ${count} ${value === undefined ? "value(s)" : "pair(s)"} specified but the`;
  if (count < min) throw new Failure(`${what} minimum number is ${min}`);
  if (count > max) throw new Failure(`${what} maximum number is ${max}`);
}
