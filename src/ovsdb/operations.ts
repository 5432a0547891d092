import { InputError, quoted, under } from "../base/errors.js";
import { notOvsdb, OvsdbError } from "./error.js";
import type { Json } from "./exact-json.js";
import { type ColumnType, type DatabaseSchema, isObject, type TableSchema } from "./schema.js";
import {
  decodeValue,
  encodePart,
  encodeValue,
  type Given,
  type GivenAtom,
  isOptional,
  isUuid,
  type Row,
  type Value,
} from "./values.js";

/** Rows of tables, by table, as types that are generated from a schema have them. */
export type Tables = { readonly [table: string]: Row };

/** What a column takes: what it holds, and what is easier to write. */
export type Writable<V> =
  | (V extends ReadonlyMap<infer K, infer W>
      ? ReadonlyMap<K, W | GivenAtom> | { readonly [key: string]: W | GivenAtom }
      : V extends ReadonlySet<infer T>
        ? Iterable<T | GivenAtom>
        : V extends string
          ? V | GivenAtom
          : V)
  | (undefined extends V ? null : never);

/** Columns as they are given: what is undefined is not sent, null empties an optional column. */
export type Columns<R> = { readonly [C in Exclude<keyof R, "_uuid">]?: Writable<R[C]> | undefined };

/** How a condition compares (RFC 7047, 5.1). */
export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=" | "includes" | "excludes";
/** `[column, function, value]` (RFC 7047: <condition>). */
export type Condition = readonly [column: string, comparison: Comparison, value: Given];
/** `[column, mutator, value]` (RFC 7047: <mutation>). */
export type Mutation = readonly [
  column: string,
  mutator: "+=" | "-=" | "*=" | "/=" | "%=" | "insert" | "delete",
  value: Given,
];

type Name<T> = keyof T & string;
/** An operation of RFC 7047, section 5.2, with values as TypeScript has them. */
export type Operation<T extends Tables = Tables> =
  | {
      [N in Name<T>]: {
        readonly op: "insert";
        readonly table: N;
        readonly row: Columns<T[N]>;
        readonly uuidName?: string;
        /** The UUID that the row shall have (ovsdb-server(7), 5.2.1); the server chooses one unless given. */
        readonly uuid?: string | undefined;
      };
    }[Name<T>]
  | {
      readonly op: "select";
      readonly table: Name<T>;
      readonly where: readonly Condition[];
      readonly columns?: readonly string[];
    }
  | {
      [N in Name<T>]: {
        readonly op: "update";
        readonly table: N;
        readonly where: readonly Condition[];
        readonly row: Columns<T[N]>;
      };
    }[Name<T>]
  | {
      readonly op: "mutate";
      readonly table: Name<T>;
      readonly where: readonly Condition[];
      readonly mutations: readonly Mutation[];
    }
  | { readonly op: "delete"; readonly table: Name<T>; readonly where: readonly Condition[] }
  | {
      readonly op: "wait";
      readonly table: Name<T>;
      readonly where: readonly Condition[];
      readonly columns: readonly string[];
      readonly until: "==" | "!=";
      readonly rows: readonly { readonly [column: string]: Given }[];
      /** Milliseconds; 0 looks once. */
      readonly timeout?: number;
    }
  | { readonly op: "commit"; readonly durable: boolean }
  | { readonly op: "abort" }
  | { readonly op: "comment"; readonly comment: string }
  | { readonly op: "assert"; readonly lock: string };

/** What an operation gave: `uuid` of an insert, `rows` of a select, `count` of an update, a mutation, a deletion. */
export interface OperationResult {
  readonly uuid?: string;
  readonly rows?: readonly Row[];
  readonly count?: number;
}

/** What an operation gives, by its kind and table. */
export type ResultOf<T extends Tables, O> = O extends { readonly op: "insert" }
  ? { readonly uuid: string }
  : O extends { readonly op: "select"; readonly table: infer N extends Name<T> }
    ? { readonly rows: readonly T[N][] }
    : O extends { readonly op: "update" | "mutate" | "delete" }
      ? { readonly count: number }
      : OperationResult;

/** A table of a schema. Throws InputError for one that is not there. */
export function tableOf(schema: DatabaseSchema, name: string): TableSchema {
  const table = Object.hasOwn(schema.tables, name) ? schema.tables[name] : undefined;
  if (table === undefined) throw new InputError(`the database ${schema.name} has no table ${quoted(name)}`);
  return table;
}

/** The type of a column. Throws InputError for one that is not there. */
export function columnOf(table: TableSchema, name: string): ColumnType {
  const column = Object.hasOwn(table.columns, name) ? table.columns[name] : undefined;
  if (column === undefined) throw new InputError(`there is no column ${quoted(name)}`);
  return column.type;
}

function encodeColumns(table: TableSchema, row: { readonly [column: string]: unknown }): Json {
  const entries = Object.entries(row).filter(([, given]) => given !== undefined);
  return Object.fromEntries(
    entries.map(([name, given]) => [name, under(name, () => encodeValue(given as Given, columnOf(table, name)))]),
  );
}

function encodeCondition(table: TableSchema, [column, comparison, value]: Condition): Json {
  const type = columnOf(table, column);
  const isPart = comparison === "includes" || comparison === "excludes" || isOptional(type);
  return [column, comparison, under(column, () => (isPart ? encodePart(value, type) : encodeValue(value, type)))];
}

/** Conditions for the wire. */
export function encodeWhere(table: TableSchema, where: readonly Condition[]): Json {
  return under("where", () => where.map((condition) => encodeCondition(table, condition)));
}

function encodeMutation(table: TableSchema, [column, mutator, value]: Mutation): Json {
  const type = columnOf(table, column);
  const isPart = mutator === "insert" || mutator === "delete";
  const scalar: ColumnType = { key: { type: type.key.type }, min: 1, max: 1 };
  return [column, mutator, under(column, () => (isPart ? encodePart(value, type) : encodeValue(value, scalar)))];
}

function encode(schema: DatabaseSchema, operation: Operation): Json {
  if (!("table" in operation)) return { ...operation };
  const table = tableOf(schema, operation.table);
  const { op, table: name } = operation;
  if (op === "insert") {
    const { row, uuidName, uuid } = operation;
    return {
      op,
      table: name,
      row: encodeColumns(table, row),
      ...(uuidName === undefined ? {} : { "uuid-name": uuidName }),
      ...(uuid === undefined ? {} : { uuid }),
    };
  }
  const common = { op, table: name, where: encodeWhere(table, operation.where) };
  switch (op) {
    case "select":
      return operation.columns === undefined ? common : { ...common, columns: operation.columns };
    case "update":
      return { ...common, row: encodeColumns(table, operation.row) };
    case "mutate":
      return { ...common, mutations: operation.mutations.map((mutation) => encodeMutation(table, mutation)) };
    case "delete":
      return common;
    case "wait": {
      const { columns, until, rows, timeout } = operation;
      const encoded = rows.map((row) => encodeColumns(table, row));
      return { ...common, columns, until, rows: encoded, ...(timeout === undefined ? {} : { timeout }) };
    }
  }
}

/** A transaction's operations for the wire. Throws InputError, with the path of what cannot be meant. */
export function encodeOperations(schema: DatabaseSchema, operations: readonly Operation[]): Json[] {
  return operations.map((operation, i) => under(`operations.${i}`, () => encode(schema, operation)));
}

/** A row from the wire; columns that the schema does not have are left out. */
function decodeRow(table: TableSchema, json: Json): Row {
  if (!isObject(json)) throw notOvsdb("the server sent a row that is no object");
  const row = Object.create(null) as Record<string, Value>;
  for (const [name, value] of Object.entries(json))
    if (Object.hasOwn(table.columns, name)) row[name] = decodeValue(value, table.columns[name]!.type);
  return row as Row;
}

function decodeResult(schema: DatabaseSchema, operation: Operation, json: Json): OperationResult {
  if (!isObject(json)) throw notOvsdb("the server sent a result that is no object", "transact");
  const { uuid, rows, count } = json;
  if (operation.op === "insert") {
    if (!Array.isArray(uuid) || typeof uuid[1] !== "string" || !isUuid(uuid[1]))
      throw notOvsdb("the server sent no UUID for an insert", "transact");
    return { uuid: uuid[1] };
  }
  if (operation.op === "select") {
    if (!Array.isArray(rows)) throw notOvsdb("the server sent no rows for a select", "transact");
    return { rows: rows.map((row: Json) => decodeRow(tableOf(schema, operation.table), row)) };
  }
  return typeof count === "number" ? { count } : {};
}

/** The error that stands among the results of a transaction, if one does. */
function errorAmong(
  results: readonly Json[],
  operations: readonly { readonly table?: string }[],
  subject: string,
): OvsdbError | undefined {
  const place = results.findIndex((result) => isObject(result) && typeof result["error"] === "string");
  if (place < 0) return undefined;
  const { error, details, syntax } = results[place] as { error: string; details?: Json; syntax?: Json };
  const operation = place < operations.length ? place : undefined;
  return new OvsdbError({
    code: error,
    method: "transact",
    subject,
    details: typeof details === "string" ? details : undefined,
    syntax: typeof syntax === "string" ? syntax : undefined,
    operation,
    table: operation === undefined ? undefined : operations[operation]!.table,
  });
}

/** The results of a transaction. Throws OvsdbError with the server's word when an operation, or the commit, failed. */
export function decodeResults(schema: DatabaseSchema, operations: readonly Operation[], json: Json): OperationResult[] {
  if (!Array.isArray(json)) throw notOvsdb("the server sent results that are no array", "transact");
  const results = json as readonly Json[];
  const error = errorAmong(results, operations as readonly { table?: string }[], schema.name);
  if (error !== undefined) throw error;
  if (results.length < operations.length) throw notOvsdb("the server sent too few results", "transact");
  return operations.map((operation, i) => decodeResult(schema, operation, results[i]!));
}
