import { isUuid } from "../../ovsdb/values.js";
import { type Call, command, type Command, type Printed } from "./command.js";
import { holds, readColumnTest } from "./conditions.js";
import { atomText, type Datum, datumText, readAtom, readDatum, sorted } from "../text/datum.js";
import { type Draft, type DraftRow, setOf, typeOf } from "./draft.js";
import { Failure, NotYet } from "../text/failure.js";
import { columnNames, findColumn, findRecord, findTable, needRecord } from "./record.js";
import type { TextTable } from "../text/table-text.js";

const MANY = Infinity;

/** The row that a command is about; undefined when it may miss. */
function recordOf({ draft, words, options }: Call): DraftRow | undefined {
  const table = findTable(draft.schema, words[0]!);
  return needRecord(draft, table, words[1]!, options.has("--if-exists"));
}

/** Sets "COLUMN=VALUE" or "COLUMN:KEY=VALUE". */
export function setColumn(draft: Draft, row: DraftRow, text: string): void {
  const { column, key, value } = readColumnTest(draft, row.table, text, ["="]);
  const type = typeOf(draft, row.table, column);
  const symbol = draft.symbol.bind(draft);
  if (key === undefined) {
    draft.write(row, column, readDatum(value, type, symbol));
    return;
  }
  if (type.value === undefined) throw new Failure(`cannot specify key to set for non-map column ${column}`);
  const pair = [readAtom(key, type.key, symbol), readAtom(value, type.value, symbol)] as const;
  draft.write(row, column, sorted(new Map([...draft.read(row, column), pair])));
}

function get(call: Call): Printed {
  const { draft, words, options } = call;
  const id = options.get("--id");
  if (id !== undefined && options.has("--if-exists"))
    throw new Failure("--if-exists and --id may not be specified together");
  const row = recordOf(call);
  if (row === undefined) return undefined;
  if (id !== undefined) {
    const isNew = !draft.symbols.has(id);
    if (!id.startsWith("@")) throw new Failure(`row id "${id}" does not begin with "@"`);
    if (draft.symbols.get(id)?.isCreated === true)
      throw new Failure(`row id "${id}" may only be specified on one --id option`);
    if (!isNew) throw new Failure(`row id "${id}" specified on "get" command was used before it was defined`);
    draft.symbols.set(id, { uuid: row.uuid, isCreated: true, reference: "strong" });
  }
  return words
    .slice(2)
    .map((text) => `${getOne(call, row, text)}\n`)
    .join("");
}

function getOne({ draft, words, options }: Call, row: DraftRow, text: string): string {
  if (/^[-_]uuid$/i.test(text)) return row.uuid;
  const { column, key } = readColumnTest(draft, row.table, text, []);
  const type = typeOf(draft, row.table, column);
  const datum = draft.read(row, column);
  if (key === undefined) return datumText(datum, type);
  if (type.value === undefined) throw new Failure(`cannot specify key to get for non-map column ${column}`);
  const value = datum.get(readAtom(key, type.key, draft.symbol.bind(draft)));
  if (value !== undefined) return atomText(value, type.value);
  if (options.has("--if-exists")) return "";
  throw new Failure(`no key "${key}" in ${row.table} record "${words[1]}" column ${column}`);
}

function tableOf({ draft, options }: Call, table: string, rows: readonly DraftRow[]): TextTable {
  const given = options.get("--columns");
  const names = given?.split(/[, ]+/).filter((name) => name !== "");
  if (names?.length === 0) throw new Failure("must specify at least one column name");
  const headings = (names ?? ["_uuid", ...columnNames(draft.schema, table)]).map((name) =>
    name.toLowerCase() === "_uuid" ? "_uuid" : findColumn(draft.schema, table, name),
  );
  const cells = (row: DraftRow) =>
    headings.map((name) => ({ datum: draft.read(row, name), type: typeOf(draft, table, name) }));
  return { headings, rows: rows.map(cells) };
}

function list(call: Call): Printed {
  const { draft, words, options } = call;
  const table = findTable(draft.schema, words[0]!);
  const records = words.slice(1);
  const mayMiss = options.has("--if-exists");
  const rows =
    records.length === 0 ? draft.rows(table) : records.flatMap((each) => needRecord(draft, table, each, mayMiss) ?? []);
  return tableOf(call, table, rows);
}

function find(call: Call): Printed {
  const { draft, words } = call;
  const table = findTable(draft.schema, words[0]!);
  const conditions = words.slice(1);
  const rows = draft.rows(table).filter((row) => conditions.every((each) => holds(draft, row, each)));
  return tableOf(call, table, rows);
}

function set(call: Call): void {
  const row = recordOf(call);
  if (row !== undefined) for (const text of call.words.slice(2)) setColumn(call.draft, row, text);
}

/** The column that add and remove are about, and its values. */
function columnOf(call: Call, row: DraftRow): { column: string; type: ReturnType<typeof typeOf>; what: string } {
  const column = findColumn(call.draft.schema, row.table, call.words[2]!);
  call.draft.checkMutable(row, column);
  const type = typeOf(call.draft, row.table, column);
  return { column, type, what: type.value === undefined ? "values" : "pairs" };
}

function add(call: Call): void {
  const { draft, words } = call;
  const row = recordOf(call);
  if (row === undefined) return;
  const { column, type, what } = columnOf(call, row);
  const datum = new Map(draft.read(row, column));
  for (const text of words.slice(3))
    for (const [key, value] of readDatum(text, { ...type, min: 1, max: MANY }, draft.symbol.bind(draft)))
      if (!datum.has(key)) datum.set(key, value);
  if (datum.size > type.max)
    throw new Failure(
      `"add" operation would put ${datum.size} ${what} in column ${column} of table ${row.table} but the maximum number is ${type.max}`,
    );
  draft.write(row, column, sorted(datum));
}

function remove(call: Call): void {
  const { draft, words } = call;
  const row = recordOf(call);
  if (row === undefined) return;
  const { column, type, what } = columnOf(call, row);
  const datum = new Map(draft.read(row, column));
  for (const text of words.slice(3)) {
    const loose = { ...type, min: 1, max: MANY };
    let [gone, isKeys]: [Datum, boolean] = [new Map(), type.value === undefined];
    try {
      gone = readDatum(text, loose, draft.symbol.bind(draft));
    } catch (error) {
      if (type.value === undefined) throw error;
      isKeys = true;
      gone = readDatum(text, { key: type.key, min: 1, max: MANY }, draft.symbol.bind(draft));
    }
    for (const [key, value] of gone) if (isKeys || datum.get(key) === value) datum.delete(key);
  }
  if (datum.size < type.min)
    throw new Failure(
      `"remove" operation would put ${datum.size} ${what} in column ${column} of table ${row.table} but the minimum number is ${type.min}`,
    );
  draft.write(row, column, datum);
}

function clear(call: Call): void {
  const { draft, words } = call;
  const row = recordOf(call);
  if (row === undefined) return;
  for (const name of words.slice(2)) {
    const column = findColumn(draft.schema, row.table, name);
    draft.checkMutable(row, column);
    if (typeOf(draft, row.table, column).min > 0)
      throw new Failure(
        `"clear" operation cannot be applied to column ${column} of table ${row.table}, which is not allowed to be empty`,
      );
    draft.write(row, column, new Map());
  }
}

function create({ draft, words, options, warn }: Call): Printed {
  const table = findTable(draft.schema, words[0]!);
  const { isRoot } = draft.schema.tables[table]!;
  const id = options.get("--id");
  if (id === undefined && !isRoot)
    warn(`applying "create" command to table ${table} without --id option will have no effect`);
  let uuid: string | undefined;
  if (id !== undefined && isUuid(id)) uuid = id;
  else if (id !== undefined) {
    if (!id.startsWith("@")) throw new Failure(`row id "${id}" does not begin with "@"`);
    if (draft.symbols.get(id)?.isCreated === true)
      throw new Failure(`row id "${id}" may only be specified on one --id option`);
    uuid = draft.symbol(id);
    draft.symbols.get(id)!.isCreated = true;
    if (isRoot) draft.symbols.get(id)!.reference = "strong";
  }
  const row = draft.insert(table, uuid, id !== undefined && isUuid(id));
  for (const text of words.slice(1)) setColumn(draft, row, text);
  return { created: row };
}

function destroy({ draft, words, options, warn }: Call): void {
  const table = findTable(draft.schema, words[0]!);
  const records = words.slice(1);
  const isAll = options.has("--all");
  if (isAll && records.length > 0) throw new Failure("--all and records argument should not be specified together");
  if (isAll && options.has("--if-exists")) throw new Failure("--all and --if-exists should not be specified together");
  if (!isAll && records.length === 0) warn("either --all or records argument should be specified");
  const rows = isAll
    ? draft.rows(table)
    : records.flatMap((each) => needRecord(draft, table, each, options.has("--if-exists")) ?? []);
  for (const row of rows) draft.remove(row);
}

function waitUntil({ draft, words }: Call): void {
  const table = findTable(draft.schema, words[0]!);
  const row = findRecord(draft, table, words[1]!);
  if (row === undefined || !words.slice(2).every((each) => holds(draft, row, each))) throw new NotYet();
}

/** What each level of `show` prints (ovs-vsctl(8)). */
const SHOWN: Readonly<Record<string, { readonly name?: string; readonly columns: readonly string[] }>> = {
  Open_vSwitch: { columns: ["manager_options", "bridges", "ovs_version"] },
  Bridge: { name: "name", columns: ["controller", "fail_mode", "datapath_type", "ports"] },
  Port: { name: "name", columns: ["tag", "trunks", "interfaces"] },
  Interface: { name: "name", columns: ["type", "options", "error"] },
  Controller: { name: "target", columns: ["is_connected"] },
  Manager: { name: "target", columns: ["is_connected"] },
};

function showRow(draft: Draft, row: DraftRow, level: number): string {
  const { name, columns } = SHOWN[row.table]!;
  const indent = (depth: number): string => " ".repeat(4 * depth);
  const title =
    name === undefined ? row.uuid : `${row.table} ${datumText(draft.read(row, name), typeOf(draft, row.table, name))}`;
  const lines = columns.map((column) => {
    const type = typeOf(draft, row.table, column);
    const datum = draft.read(row, column);
    const target = type.key.refTable;
    if (target !== undefined)
      return [...datum.keys()]
        .flatMap((uuid) => draft.row(target, uuid as string) ?? [])
        .map((each) => showRow(draft, each, level + 1))
        .join("");
    const isDefault = type.min === 0 ? datum.size === 0 : ["", "0", "false"].includes(String([...datum.keys()][0]));
    return isDefault ? "" : `${indent(level + 1)}${column}: ${datumText(datum, type)}\n`;
  });
  return `${indent(level)}${title}\n${lines.join("")}`;
}

function show({ draft }: Call): Printed {
  return draft
    .rows("Open_vSwitch")
    .map((row) => showRow(draft, row, 0))
    .join("");
}

/** The commands that work on any table. */
export const databaseCommands: Readonly<Record<string, Command>> = {
  comment: command(0, MANY, [], () => undefined),
  show: command(0, 0, [], show),
  get: command(2, MANY, ["--if-exists", "--id="], get),
  list: command(1, MANY, ["--if-exists", "--columns="], list),
  find: command(1, MANY, ["--columns="], find),
  set: command(3, MANY, ["--if-exists"], set),
  add: command(4, MANY, ["--if-exists"], add),
  remove: command(4, MANY, ["--if-exists"], remove),
  clear: command(3, MANY, ["--if-exists"], clear),
  create: command(2, MANY, ["--id="], create),
  destroy: command(1, MANY, ["--if-exists", "--all"], destroy),
  "wait-until": command(2, MANY, [], waitUntil),
};

/** A set column with another member. */
export function addMember(draft: Draft, row: DraftRow, column: string, uuid: string): void {
  draft.write(row, column, sorted([...draft.read(row, column), [uuid, undefined]]));
}

/** A set column without a member. */
export function dropMember(draft: Draft, row: DraftRow, column: string, uuid: string): void {
  draft.write(row, column, setOf(...[...draft.read(row, column).keys()].filter((each) => each !== uuid)));
}
