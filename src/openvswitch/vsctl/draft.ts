import type { Operation } from "../../ovsdb/operations.js";
import type { Replica } from "../../ovsdb/replica.js";
import type { BaseType, ColumnType, DatabaseSchema } from "../../ovsdb/schema.js";
import { type Atom, defaultValue, type Given, named } from "../../ovsdb/values.js";
import { compareData, type Datum, datumOf } from "../text/datum.js";
import { Failure } from "../text/failure.js";

/** A row as the commands see it. */
export interface DraftRow {
  readonly table: string;
  readonly uuid: string;
  readonly isNew: boolean;
  /** A new row's UUID was chosen by the caller, and stays. */
  readonly isChosen?: boolean;
  /** What was changed. */
  readonly changed: Map<string, Datum>;
  /** As it is in the database, or with every column's default. */
  readonly before: (column: string) => Datum;
}

/** A name such as "@q", and the row that it stands for. */
interface Symbol {
  readonly uuid: string;
  isCreated: boolean;
  /** How rows refer to it: a row without a strong reference does not stay. */
  reference: "none" | "weak" | "strong";
}

/** What the commands of one call make of the database, before anything is written. */
export interface Draft {
  readonly schema: DatabaseSchema;
  rows(table: string): DraftRow[];
  row(table: string, uuid: string): DraftRow | undefined;
  read(row: DraftRow, column: string): Datum;
  /** Refuses a column that cannot be changed once the row is there. */
  checkMutable(row: DraftRow, column: string): void;
  write(row: DraftRow, column: string, datum: Datum): void;
  insert(table: string, uuid?: string, isChosen?: boolean): DraftRow;
  remove(row: DraftRow): void;
  readonly symbols: Map<string, Symbol>;
  /** The row's UUID that a name stands for; made when it is not known yet. */
  symbol(name: string, base?: BaseType): string;
  /** Interfaces that must be there when the switch is done. */
  readonly expected: string[];
  /** What writes it: nothing when nothing changed. `inserted`: the rows that are inserted, by operation. */
  operations(): { readonly operations: Operation[]; readonly inserted: readonly (DraftRow | undefined)[] };
}

/** The type of a column. */
export function typeOf({ schema }: Draft, table: string, column: string): ColumnType {
  return schema.tables[table]!.columns[column]!.type;
}

/** A column's only value, as text, or undefined. */
export function textOf(draft: Draft, row: DraftRow, column: string): string | undefined {
  const [first] = draft.read(row, column).keys();
  return first === undefined ? undefined : String(first);
}

/** A set of these members. */
export function setOf(...atoms: readonly Atom[]): Datum {
  return datumOf(new Set(atoms));
}

function uuidName(uuid: string): string {
  return `row${uuid.replaceAll("-", "_")}`;
}

/** Begins a draft on a replica of the whole database. */
export function beginDraft(schema: DatabaseSchema, replica: Replica): Draft {
  const tables = new Map<string, Map<string, DraftRow>>();
  const removed: DraftRow[] = [];
  const symbols = new Map<string, Symbol>();
  for (const table of Object.keys(schema.tables)) {
    const rows = new Map<string, DraftRow>();
    for (const row of replica.table(table)) {
      const before = (column: string): Datum => datumOf(row[column]);
      rows.set(row._uuid, { table, uuid: row._uuid, isNew: false, changed: new Map(), before });
    }
    tables.set(table, rows);
  }
  const given = (datum: Datum, type: ColumnType): Given => {
    const refer = (atom: Atom, base: BaseType): Atom | { named: string } => {
      const isNew =
        base.type === "uuid" && [...tables.values()].some((rows) => rows.get(atom as string)?.isNew === true);
      return isNew ? named(uuidName(atom as string)) : atom;
    };
    if (type.value !== undefined)
      return new Map([...datum].map(([key, value]) => [refer(key, type.key) as Atom, refer(value!, type.value!)]));
    return [...datum.keys()].map((key) => refer(key, type.key));
  };
  const draft: Draft = {
    schema,
    symbols,
    expected: [],
    rows: (table) => [...tables.get(table)!.values()],
    row: (table, uuid) => tables.get(table)!.get(uuid),
    read: (row, column) => (column === "_uuid" ? setOf(row.uuid) : (row.changed.get(column) ?? row.before(column))),
    checkMutable(row, column) {
      const { mutable } = schema.tables[row.table]!.columns[column]!;
      if (!mutable && !row.isNew) throw new Failure(`cannot modify read-only column ${column} in table ${row.table}`);
    },
    write(row, column, datum) {
      draft.checkMutable(row, column);
      if (!row.isNew && compareData(datum, row.before(column)) === 0) row.changed.delete(column);
      else row.changed.set(column, datum);
    },
    insert(table, uuid = crypto.randomUUID(), isChosen = false) {
      const { columns } = schema.tables[table]!;
      const before = (column: string): Datum => datumOf(defaultValue(columns[column]!.type));
      const row: DraftRow = { table, uuid, isNew: true, isChosen, changed: new Map(), before };
      tables.get(table)!.set(uuid, row);
      return row;
    },
    remove(row) {
      tables.get(row.table)!.delete(row.uuid);
      if (!row.isNew) removed.push(row);
    },
    symbol(name, base) {
      let symbol = symbols.get(name);
      if (symbol === undefined) {
        symbol = { uuid: crypto.randomUUID(), isCreated: false, reference: "none" };
        symbols.set(name, symbol);
      }
      if (base?.refTable !== undefined && symbol.reference !== "strong") symbol.reference = base.refType ?? "strong";
      return symbol.uuid;
    },
    operations() {
      const operations: Operation[] = [];
      const inserted: (DraftRow | undefined)[] = [];
      const add = (operation: Operation, row?: DraftRow): void => void (operations.push(operation), inserted.push(row));
      for (const row of [...tables.values()].flatMap((rows) => [...rows.values()])) {
        const columns = [...row.changed].map(
          ([column, datum]) => [column, given(datum, typeOf(draft, row.table, column))] as const,
        );
        if (row.isNew)
          add(
            {
              op: "insert",
              table: row.table,
              row: Object.fromEntries(columns),
              uuidName: uuidName(row.uuid),
              uuid: row.isChosen === true ? row.uuid : undefined,
            },
            row,
          );
        else if (columns.length > 0) for (const operation of changes(row, given, draft)) add(operation);
      }
      // Rows of other tables go by themselves when nothing refers to them.
      for (const { table, uuid } of removed)
        if (schema.tables[table]!.isRoot) add({ op: "delete", table, where: [["_uuid", "==", uuid]] });
      return { operations, inserted };
    },
  };
  return draft;
}

/** What changes a row: of columns that others may change at the same time, only the difference. */
function changes(row: DraftRow, given: (datum: Datum, type: ColumnType) => Given, draft: Draft): Operation[] {
  const where = [["_uuid", "==", row.uuid]] as const;
  const update: Record<string, Given> = {};
  const operations: Operation[] = [];
  for (const [column, datum] of row.changed) {
    const type = typeOf(draft, row.table, column);
    const before = row.before(column);
    if (Number.isFinite(type.max)) {
      update[column] = given(datum, type);
      continue;
    }
    const gone = [...before].filter(([key, value]) => !datum.has(key) || datum.get(key) !== value);
    const come = new Map([...datum].filter(([key, value]) => !before.has(key) || before.get(key) !== value));
    const remove = gone.length === 0 ? [] : [[column, "delete", gone.map(([key]) => key)] as const];
    const add = come.size === 0 ? [] : [[column, "insert", given(come, type)] as const];
    // A set must not be empty in between; a map's key must be gone before it comes again.
    operations.push({
      op: "mutate",
      table: row.table,
      where,
      mutations: type.value === undefined ? [...add, ...remove] : [...remove, ...add],
    });
  }
  if (Object.keys(update).length > 0) operations.unshift({ op: "update", table: row.table, where, row: update });
  return operations;
}

/** Refuses names that are used and never made, and warns of rows that nothing will keep. */
export function checkSymbols(draft: Draft, warn: (message: string) => void): void {
  for (const [name, { isCreated, reference }] of draft.symbols) {
    if (!isCreated)
      throw new Failure(`row id "${name}" is referenced but never created (e.g. with "-- --id=${name} create ...")`);
    if (reference === "strong") continue;
    const what = reference === "weak" ? "only a weak reference to it was inserted" : "no reference to it was inserted";
    warn(`row id "${name}" was created but ${what}, so it will not actually appear in the database`);
  }
}
