import type { ColumnType, TableSchema } from "./schema.js";
import type { Atom, Row, Value } from "./values.js";

/** A table as a replica has it. Rows are never changed: a change puts another row in its place. */
export interface ReplicaTable<R extends Row = Row> extends Iterable<R> {
  readonly size: number;
  /** The row with this UUID. */
  get(uuid: string): R | undefined;
  /**
   * The rows with this value in a column, or with it among the column's members or keys; an index is made when a column is asked for
   * first. A column of UUIDs is asked for who refers to a row.
   */
  find<C extends keyof R & string>(column: C, value: Atom): readonly R[];
}

function keysOf(value: Value): Iterable<Atom> {
  if (value === undefined) return [];
  if (value instanceof Set) return value as ReadonlySet<Atom>;
  if (value instanceof Map) return value.keys() as Iterable<Atom>;
  return [value as Atom];
}

/** The rows of a table, by UUID, and the indexes that were asked for. */
export class RowStore implements ReplicaTable {
  readonly #rows = new Map<string, Row>();
  readonly #indexes = new Map<string, Map<Atom, Set<Row>>>();
  /** The types of the columns that are kept. */
  types: ReadonlyMap<string, ColumnType>;

  constructor(types: ReadonlyMap<string, ColumnType>) {
    this.types = types;
  }

  get size(): number {
    return this.#rows.size;
  }

  get(uuid: string): Row | undefined {
    return this.#rows.get(uuid);
  }

  uuids(): string[] {
    return [...this.#rows.keys()];
  }

  find(column: string, value: Atom): Row[] {
    let index = this.#indexes.get(column);
    if (index === undefined) {
      index = new Map();
      this.#indexes.set(column, index);
      for (const row of this) this.#enter(index, column, row);
    }
    return [...(index.get(value) ?? [])];
  }

  [Symbol.iterator](): Iterator<Row> {
    return this.#rows.values();
  }

  /** Puts a row in the place of the one with its UUID; undefined takes that one out. */
  put(uuid: string, row: Row | undefined): void {
    const old = this.#rows.get(uuid);
    if (row === undefined) this.#rows.delete(uuid);
    else this.#rows.set(uuid, row);
    for (const [column, index] of this.#indexes) {
      if (old !== undefined) this.#leave(index, column, old);
      if (row !== undefined) this.#enter(index, column, row);
    }
  }

  #enter(index: Map<Atom, Set<Row>>, column: string, row: Row): void {
    for (const key of keysOf(row[column])) {
      const rows = index.get(key);
      if (rows === undefined) index.set(key, new Set([row]));
      else rows.add(row);
    }
  }

  #leave(index: Map<Atom, Set<Row>>, column: string, row: Row): void {
    for (const key of keysOf(row[column])) {
      const rows = index.get(key);
      rows?.delete(row);
      if (rows?.size === 0) index.delete(key);
    }
  }
}

/** The types of a table's columns: of those named, or of all. */
export function columnTypes(table: TableSchema, names: readonly string[] | true): Map<string, ColumnType> {
  const wanted = names === true ? Object.keys(table.columns).filter((name) => !name.startsWith("_")) : names;
  return new Map(wanted.map((name) => [name, table.columns[name]!.type]));
}
