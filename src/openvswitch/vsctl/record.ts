import { isUuid } from "../../ovsdb/values.js";
import type { DatabaseSchema } from "../../ovsdb/schema.js";
import { type Draft, type DraftRow, textOf } from "./draft.js";
import { Failure } from "../text/failure.js";

/** By which columns a row of a table is known: its own name, or that of the row that refers to it. */
const NAMES: Readonly<Record<string, { readonly table?: string; readonly name: string; readonly refers?: string }>> = {
  Bridge: { name: "name" },
  Controller: { table: "Bridge", name: "name", refers: "controller" },
  Interface: { name: "name" },
  Mirror: { name: "name" },
  Manager: { name: "target" },
  NetFlow: { table: "Bridge", name: "name", refers: "netflow" },
  Port: { name: "name" },
  QoS: { table: "Port", name: "name", refers: "qos" },
  sFlow: { table: "Bridge", name: "name", refers: "sflow" },
  Flow_Table: { name: "name" },
  IPFIX: { table: "Bridge", name: "name", refers: "ipfix" },
  AutoAttach: { table: "Bridge", name: "name", refers: "auto_attach" },
  Flow_Sample_Collector_Set: { name: "id" },
};

function plain(name: string): string {
  return name.toLowerCase().replaceAll("-", "_");
}

/** The names that fit best: the same one, or else those that begin so. */
function best(names: readonly string[], typed: string): string[] {
  if (names.includes(typed)) return [typed];
  const same = names.filter((name) => plain(name) === plain(typed));
  return same.length > 0 ? same : names.filter((name) => plain(name).startsWith(plain(typed)));
}

/** A table by its name or the beginning of it, in any case. */
export function findTable(schema: DatabaseSchema, typed: string): string {
  const [found, ...more] = best(Object.keys(schema.tables), typed);
  if (found === undefined || typed === "") throw new Failure(`unknown table "${typed}"`);
  if (more.length > 0)
    throw new Failure(`"${typed}" matches multiple table names: ${[found, ...more].sort().join(", ")}`);
  return found;
}

/** The columns of a table, in their order. */
export function columnNames(schema: DatabaseSchema, table: string): string[] {
  const names = Object.keys(schema.tables[table]!.columns);
  return names.filter((name) => !name.startsWith("_")).sort();
}

/** A column by its name or the beginning of it. */
export function findColumn(schema: DatabaseSchema, table: string, typed: string): string {
  const [found, ...more] = best(columnNames(schema, table), typed);
  if (found === undefined) throw new Failure(`${table} does not contain a column whose name matches "${typed}"`);
  if (more.length > 0)
    throw new Failure(
      `${table} contains more than one column whose name matches "${typed}": ${[found, ...more].sort().join(", ")}`,
    );
  return found;
}

function byName(draft: Draft, table: string, record: string): DraftRow | undefined {
  const known = NAMES[table];
  if (known === undefined) return undefined;
  const holder = known.table ?? table;
  const found = draft.rows(holder).filter((row) => textOf(draft, row, known.name) === record);
  if (found.length > 1) throw new Failure(`multiple rows in ${holder} match "${record}"`);
  if (found[0] === undefined || known.refers === undefined) return found[0];
  const referred = [...draft.read(found[0], known.refers).keys()];
  return referred.length === 1 ? draft.row(table, referred[0] as string) : undefined;
}

/** A row by its UUID, by ".", by its name, or by the first four or more letters of its UUID. */
export function findRecord(draft: Draft, table: string, record: string): DraftRow | undefined {
  const rows = draft.rows(table);
  if (isUuid(record.toLowerCase())) {
    const row = draft.row(table, record.toLowerCase());
    if (row !== undefined) return row;
  }
  if (record.startsWith("@") && draft.symbols.has(record)) {
    const row = draft.row(table, draft.symbols.get(record)!.uuid);
    if (row !== undefined) return row;
  }
  if (record === "." && rows.length === 1) return rows[0];
  const named = byName(draft, table, record);
  if (named !== undefined) return named;
  if (!/^[0-9a-f-]{4,}$/i.test(record)) return undefined;
  const [one, two] = rows.filter(({ uuid }) => uuid.startsWith(record.toLowerCase()));
  if (one !== undefined && two !== undefined)
    throw new Failure(
      `${table} contains 2 or more rows whose UUIDs begin with ${record}: at least ${one.uuid} and ${two.uuid}`,
    );
  return one;
}

/** A row that must be there, unless `mayMiss`. */
export function needRecord(draft: Draft, table: string, record: string, mayMiss: boolean): DraftRow | undefined {
  const row = findRecord(draft, table, record);
  if (row === undefined && !mayMiss) throw new Failure(`no row "${record}" in table ${table}`);
  return row;
}
