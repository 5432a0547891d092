import { notOvsdb } from "./error.js";
import type { Json } from "./exact-json.js";

const ATOMIC_TYPES = ["integer", "real", "boolean", "string", "uuid"] as const;
/** RFC 7047, section 3.2. */
export type AtomicType = (typeof ATOMIC_TYPES)[number];

/** What one key or value of a column may be. */
export interface BaseType {
  readonly type: AtomicType;
  /** The only values, where they are few. */
  readonly enum?: readonly (string | number | bigint | boolean)[];
  readonly minInteger?: number | bigint;
  readonly maxInteger?: number | bigint;
  readonly minReal?: number;
  readonly maxReal?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  /** The table whose rows a UUID names. */
  readonly refTable?: string;
  readonly refType?: "strong" | "weak";
}

/** What a column holds: a scalar (1 to 1), an optional value (0 to 1), a set, or a map. */
export interface ColumnType {
  readonly key: BaseType;
  /** A map has values, too. */
  readonly value?: BaseType;
  readonly min: number;
  /** Infinity for "unlimited". */
  readonly max: number;
}

export interface ColumnSchema {
  readonly type: ColumnType;
  readonly ephemeral: boolean;
  readonly mutable: boolean;
}

/** A table: its columns by name, and what is unique. */
export interface TableSchema {
  readonly columns: Readonly<Record<string, ColumnSchema>>;
  /** Columns that no two rows have the same values in. */
  readonly indexes: readonly (readonly string[])[];
  readonly isRoot: boolean;
  readonly maxRows: number;
}

/** A database's schema (RFC 7047, section 3.2). */
export interface DatabaseSchema {
  readonly name: string;
  readonly version: string;
  readonly tables: Readonly<Record<string, TableSchema>>;
}

type JsonObject = { readonly [key: string]: Json };

/** Whether JSON is an object. */
export function isObject(json: unknown): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function bad(path: string, what: string): Error {
  return notOvsdb(`the schema's ${path} ${what}`, "get_schema");
}

function object(json: Json | undefined, path: string): JsonObject {
  if (!isObject(json)) throw bad(path, "is no object");
  return json;
}

function readEnum(json: Json, path: string): (string | number | bigint | boolean)[] {
  const members = Array.isArray(json) && json[0] === "set" ? (json[1] as Json) : [json];
  if (!Array.isArray(members)) throw bad(path, "is no set");
  return members.map((member: Json) => {
    if (typeof member === "object") throw bad(path, "has a member that is no word and no number");
    return member;
  });
}

function readBase(json: Json | undefined, path: string): BaseType {
  if (typeof json === "string") return readBase({ type: json }, path);
  const { type, enum: members, ...rest } = object(json, path);
  if (!ATOMIC_TYPES.includes(type as AtomicType)) throw bad(path, "has no type that is known");
  return {
    ...(rest as Omit<BaseType, "type">),
    type: type as AtomicType,
    ...(members === undefined ? {} : { enum: readEnum(members, `${path}.enum`) }),
  };
}

function readType(json: Json | undefined, path: string): ColumnType {
  if (typeof json === "string") return { key: readBase(json, path), min: 1, max: 1 };
  const { key, value, min = 1, max = 1 } = object(json, path);
  if (min !== 0 && min !== 1) throw bad(`${path}.min`, "is neither 0 nor 1");
  const most = max === "unlimited" ? Infinity : max;
  if (typeof most !== "number" || most < 1) throw bad(`${path}.max`, "is no number from 1");
  return {
    key: readBase(key, `${path}.key`),
    ...(value === undefined ? {} : { value: readBase(value, `${path}.value`) }),
    min,
    max: most,
  };
}

/** Each member of an object of JSON, read; by name, without a prototype that a name could meet. */
function each<T>(json: JsonObject, path: string, read: (json: Json, path: string) => T): Record<string, T> {
  const made = Object.create(null) as Record<string, T>;
  for (const [name, member] of Object.entries(json)) made[name] = read(member, `${path}.${name}`);
  return made;
}

function readColumn(json: Json, path: string): ColumnSchema {
  const { type, ephemeral, mutable } = object(json, path);
  return { type: readType(type, `${path}.type`), ephemeral: ephemeral === true, mutable: mutable !== false };
}

const UUID_COLUMN: ColumnSchema = {
  type: { key: { type: "uuid" }, min: 1, max: 1 },
  ephemeral: false,
  mutable: false,
};

function readTable(json: Json, path: string): TableSchema {
  const { columns, indexes = [], isRoot, maxRows } = object(json, path);
  if (!Array.isArray(indexes)) throw bad(`${path}.indexes`, "is no array");
  return {
    columns: {
      ...each(object(columns, `${path}.columns`), `${path}.columns`, readColumn),
      _uuid: UUID_COLUMN,
      _version: UUID_COLUMN,
    },
    indexes: indexes as readonly string[][],
    isRoot: isRoot === true,
    maxRows: typeof maxRows === "number" ? maxRows : Infinity,
  };
}

/** Reads a schema as get_schema answers it. Throws OvsdbError ("EPROTO") for what is none. */
export function readSchema(json: Json): DatabaseSchema {
  const { name, version, tables } = object(json, "text");
  if (typeof name !== "string") throw bad("name", "is no string");
  return {
    name,
    version: typeof version === "string" ? version : "",
    tables: each(object(tables, "tables"), "tables", readTable),
  };
}
