import { compareData, type Datum, type Reading, readAtom, readDatum, readToken } from "../text/datum.js";
import { type Draft, type DraftRow, setOf, typeOf } from "./draft.js";
import { Failure } from "../text/failure.js";
import { findColumn } from "./record.js";

const OPERATORS = [
  "=",
  "!=",
  "<",
  ">",
  "<=",
  ">=",
  "{=}",
  "{!=}",
  "{<}",
  "{>}",
  "{<=}",
  "{>=}",
  "{in}",
  "{not-in}",
] as const;
type Operator = (typeof OPERATORS)[number];

/** "COLUMN[:KEY]" with what stands behind it. */
export interface ColumnTest {
  readonly column: string;
  readonly key: string | undefined;
  readonly operator: string;
  readonly value: string;
}

/** Reads "COLUMN[:KEY]" and, where operators are allowed, an operator and a value. */
export function readColumnTest(draft: Draft, table: string, text: string, operators: readonly string[]): ColumnTest {
  const reading: Reading = { text, place: 0 };
  const name = readToken(reading);
  if (name === "") throw new Failure(`${text}: missing column name`);
  const column = findColumn(draft.schema, table, name);
  let key: string | undefined;
  if (text[reading.place] === ":") {
    reading.place += 1;
    key = readToken(reading);
  }
  const rest = text.slice(reading.place);
  if (operators.length === 0) {
    if (rest !== "") throw new Failure(`${text}: trailing garbage "${rest}" in argument`);
    return { column, key, operator: "", value: "" };
  }
  const fitting = operators.filter((each) => rest.startsWith(each) && rest.length > each.length);
  const operator = fitting.sort((one, other) => other.length - one.length)[0];
  if (operator === undefined)
    throw new Failure(
      operators.length === 1
        ? `${text}: argument does not end in "${operators[0]}" followed by a value.`
        : `${text}: argument does not end in ${operators
            .slice(0, -1)
            .map((each) => `"${each}"`)
            .join(", ")}, or "${operators.at(-1)}" followed by a value.`,
    );
  return { column, key, operator, value: rest.slice(operator.length) };
}

function includes(all: Datum, some: Datum): boolean {
  return [...some].every(([key, value]) => all.has(key) && all.get(key) === value);
}

function compare(one: Datum, other: Datum, operator: Operator): boolean {
  switch (operator) {
    case "=":
    case "{=}":
      return compareData(one, other) === 0;
    case "!=":
    case "{!=}":
      return compareData(one, other) !== 0;
    case "<":
      return compareData(one, other) < 0;
    case ">":
      return compareData(one, other) > 0;
    case "<=":
      return compareData(one, other) <= 0;
    case ">=":
      return compareData(one, other) >= 0;
    case "{<}":
      return other.size > one.size && includes(other, one);
    case "{>}":
      return one.size > other.size && includes(one, other);
    case "{<=}":
    case "{in}":
      return includes(other, one);
    case "{>=}":
      return includes(one, other);
    case "{not-in}":
      return ![...one].some(([key, value]) => other.has(key) && other.get(key) === value);
  }
}

/** Whether "COLUMN[:KEY]=VALUE", or another comparison, holds for a row. */
export function holds(draft: Draft, row: DraftRow, text: string): boolean {
  const { column, key, operator, value } = readColumnTest(draft, row.table, text, OPERATORS);
  const type = typeOf(draft, row.table, column);
  const symbol = (name: string): string => draft.symbol(name);
  const have = draft.read(row, column);
  if (key === undefined) return compare(have, readDatum(value, type, symbol), operator as Operator);
  if (type.value === undefined) throw new Failure(`cannot specify key to check for non-map column ${column}`);
  const found = have.get(readAtom(key, type.key, symbol));
  const wanted = readDatum(value, { key: type.value, min: type.min, max: Infinity }, symbol);
  if (found === undefined && !operator.startsWith("{")) return false;
  return compare(found === undefined ? new Map() : setOf(found), wanted, operator as Operator);
}
