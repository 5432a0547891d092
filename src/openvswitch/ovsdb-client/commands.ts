import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { OvsdbError } from "../../ovsdb/error.js";
import type { Json } from "../../ovsdb/exact-json.js";
import { type DatabaseSchema, isObject, readSchema } from "../../ovsdb/schema.js";
import type { Row } from "../../ovsdb/values.js";
import { compareData, datumOf } from "../text/datum.js";
import { Failure } from "../text/failure.js";
import { jsonText } from "../text/table-text.js";
import { type Call, printer } from "./call.js";
import { monitor } from "./monitor.js";

interface Command {
  readonly least: number;
  readonly most: number;
  readonly needs: "server" | "database" | "transaction";
  readonly run: (call: Call) => Promise<void>;
}

function rawSchema({ client, database }: Call): Promise<Json> {
  return client.request("get_schema", [database]);
}

function member(json: Json | undefined, name: string): Json | undefined {
  return isObject(json) ? json[name] : undefined;
}

function members(json: Json | undefined): [string, Json][] {
  return isObject(json) ? Object.entries(json).sort(([one], [other]) => (one < other ? -1 : 1)) : [];
}

async function listDatabases({ client, write }: Call): Promise<void> {
  for (const name of (await client.listDatabases()).sort()) write(`${name}\n`);
}

async function getSchema(call: Call): Promise<void> {
  call.write(`${jsonText(await rawSchema(call), call.style.pretty)}\n`);
}

function getText(name: string): Command["run"] {
  return async (call) => {
    const text = member(await rawSchema(call), name);
    call.write(`${typeof text === "string" ? text : ""}\n`);
  };
}

/** A schema in one spelling: the members of an enumeration have no order. */
function inOneSpelling(json: Json): unknown {
  const sorted = (name: string, value: unknown): unknown =>
    name === "enum" ? [...(value as readonly unknown[])].sort() : value;
  return JSON.parse(JSON.stringify(readSchema(json), sorted));
}

/** Whether a database has another schema than a file says, however either is spelled. */
async function needsConversion({ client, words: [file = ""], write }: Call): Promise<void> {
  const wanted = JSON.parse(readFileSync(file, "utf8")) as Json;
  const name = readSchema(wanted).name;
  const found = await client.request("get_schema", [name]);
  const isSaidAlike = ["version", "cksum"].every((word) => member(found, word) === member(wanted, word));
  write(isSaidAlike && isDeepStrictEqual(inOneSpelling(found), inOneSpelling(wanted)) ? "no\n" : "yes\n");
}

async function listTables(call: Call): Promise<void> {
  const tables = members(member(await rawSchema(call), "tables"));
  printer(call)({ headings: ["Table"], rows: tables.map(([name]) => [name]) });
}

async function listColumns(call: Call): Promise<void> {
  const [wanted] = call.words;
  const own: Json = { type: "uuid" };
  const rows = members(member(await rawSchema(call), "tables"))
    .filter(([name]) => wanted === undefined || name === wanted)
    .flatMap(([table, json]) =>
      members({ ...(member(json, "columns") as object), _uuid: own, _version: own }).map(([column, each]) => [
        ...(wanted === undefined ? [table] : []),
        column,
        jsonText(member(each, "type") ?? null, call.style.pretty),
      ]),
    );
  printer(call)({ headings: [...(wanted === undefined ? ["Table"] : []), "Column", "Type"], rows });
}

async function transact({ client, transaction, style, write }: Call): Promise<void> {
  write(`${jsonText(await client.request("transact", transaction), style.pretty)}\n`);
}

/** Asks without changing anything: the transaction is aborted at its end. */
async function query({ client, transaction, style, write }: Call): Promise<void> {
  const results = await client.request("transact", [...transaction, { op: "abort" }]);
  if (!Array.isArray(results))
    throw new OvsdbError({ code: "EPROTO", method: "transact", details: "the results are no array" });
  write(`${jsonText((results as readonly Json[]).slice(0, transaction.length - 1), style.pretty)}\n`);
}

/** The columns of a table that are printed, in their order. */
function columnsOf({ tables }: DatabaseSchema, table: string, wanted: readonly string[]): string[] {
  const { columns } = tables[table]!;
  const missing = wanted.find((name) => !Object.hasOwn(columns, name));
  if (missing !== undefined) throw new Failure(`Table "${table}" has no column ${missing}.`);
  const names = wanted.length > 0 ? [...new Set(wanted)] : Object.keys(columns);
  return names
    .filter((name) => name !== "_version")
    .sort((one, other) => {
      if (one === "_uuid" || other === "_uuid") return one === other ? 0 : one === "_uuid" ? -1 : 1;
      return one < other ? -1 : 1;
    });
}

/** Rows by their values; UUIDs, which differ from one database to the next, decide last. */
function byValues(schema: DatabaseSchema, table: string, columns: readonly string[]): (one: Row, other: Row) => number {
  const isUuid = (name: string): boolean => schema.tables[table]!.columns[name]!.type.key.type === "uuid";
  const order = [...columns.filter((name) => !isUuid(name)), ...columns.filter(isUuid)];
  return (one, other) => {
    for (const name of order) {
      const difference = compareData(datumOf(one[name]), datumOf(other[name]));
      if (difference !== 0) return difference;
    }
    return 0;
  };
}

async function dump(call: Call): Promise<void> {
  const database = await call.client.database(call.database);
  const { schema } = database;
  const [wanted, ...columns] = call.words;
  if (wanted !== undefined && !Object.hasOwn(schema.tables, wanted)) throw new Failure(`No table "${wanted}" found.`);
  const names = wanted === undefined ? Object.keys(schema.tables).sort() : [wanted];
  const tables = names.map((name) => ({ name, columns: columnsOf(schema, name, columns) }));
  const results = await database.transact(
    tables.map(({ name, columns: chosen }) => ({ op: "select" as const, table: name, where: [], columns: chosen })),
  );
  const print = printer(call);
  for (const [i, { name, columns: headings }] of tables.entries()) {
    const rows = [...results[i]!.rows].sort(byValues(schema, name, headings));
    const cell = (row: Row, column: string) => ({
      datum: datumOf(row[column]),
      type: schema.tables[name]!.columns[column]!.type,
    });
    print({ caption: `${name} table`, headings, rows: rows.map((row) => headings.map((column) => cell(row, column))) });
  }
}

const MANY = Infinity;

/** The commands of ovsdb-client. */
export const commands: Readonly<Record<string, Command>> = {
  "list-dbs": { least: 0, most: 0, needs: "server", run: listDatabases },
  "get-schema": { least: 0, most: 0, needs: "database", run: getSchema },
  "get-schema-version": { least: 0, most: 0, needs: "database", run: getText("version") },
  "get-schema-cksum": { least: 0, most: 0, needs: "database", run: getText("cksum") },
  "needs-conversion": { least: 1, most: 1, needs: "server", run: needsConversion },
  "list-tables": { least: 0, most: 0, needs: "database", run: listTables },
  "list-columns": { least: 0, most: 1, needs: "database", run: listColumns },
  transact: { least: 1, most: 1, needs: "transaction", run: transact },
  query: { least: 1, most: 1, needs: "transaction", run: query },
  monitor: { least: 1, most: MANY, needs: "database", run: monitor },
  dump: { least: 0, most: MANY, needs: "database", run: dump },
};
