import type { Json } from "../../ovsdb/exact-json.js";
import { type ColumnType, isObject, type TableSchema } from "../../ovsdb/schema.js";
import { decodeValue } from "../../ovsdb/values.js";
import { datumOf } from "../text/datum.js";
import { Failure } from "../text/failure.js";
import type { Cell } from "../text/table-text.js";
import { type Call, printer } from "./call.js";

/** A table that is watched. */
interface Watched {
  readonly name: string;
  readonly columns: readonly (readonly [name: string, type: ColumnType])[];
  readonly request: Json;
}

const KINDS = ["initial", "insert", "delete", "modify"];

function watched(name: string, { columns: all }: TableSchema, words: readonly string[]): Watched {
  const off = words.filter((word) => word.startsWith("!")).map((word) => word.slice(1));
  const named = words.filter((word) => !word.startsWith("!") && word !== "");
  const missing = named.find((word) => !Object.hasOwn(all, word));
  if (missing !== undefined) throw new Failure(`table "${name}" does not have a column named "${missing}"`);
  const every = [
    ...Object.keys(all)
      .filter((word) => !word.startsWith("_"))
      .sort(),
    "_version",
  ];
  const chosen = named.length > 0 ? named : every;
  const select = Object.fromEntries(KINDS.map((kind) => [kind, !off.includes(kind)]));
  return {
    name,
    columns: chosen.map((column) => [column, all[column]!.type] as const),
    request: { columns: chosen, ...(off.length > 0 ? { select } : {}) },
  };
}

function cells(row: Json | undefined, { columns }: Watched): (Cell | string)[] {
  return columns.map(([name, type]) =>
    isObject(row) && Object.hasOwn(row, name) ? { datum: datumOf(decodeValue(row[name]!, type)), type } : "",
  );
}

/** The lines of a row: what became of it. */
function lines(uuid: string, update: Json, table: Watched, isInitial: boolean): (Cell | string)[][] {
  const { old, new: now } = isObject(update) ? update : {};
  if (isInitial) return [[uuid, "initial", ...cells(now, table)]];
  if (old === undefined) return [[uuid, "insert", ...cells(now, table)]];
  if (now === undefined) return [[uuid, "delete", ...cells(old, table)]];
  return [
    [uuid, "old", ...cells(old, table)],
    ["", "new", ...cells(now, table)],
  ];
}

/** `monitor [SERVER] [DATABASE] TABLE [COLUMN,...]...`, or ALL: prints what changes until the signal, or the end of the connection. */
export async function monitor(call: Call): Promise<void> {
  const { client, database, words, signal } = call;
  const { tables } = await client.schema(database);
  const [name = "", ...columns] = words;
  if (name !== "ALL" && !Object.hasOwn(tables, name)) throw new Failure(`no table named "${name}"`);
  const names = name === "ALL" ? Object.keys(tables).sort() : [name];
  const all = names.map((each) => watched(each, tables[each]!, columns.join(",").split(",")));
  const print = printer(call);
  const show = (updates: Json, isInitial: boolean): void => {
    for (const table of all) {
      const changed = isObject(updates) ? updates[table.name] : undefined;
      if (!isObject(changed)) continue;
      const rows = Object.entries(changed).flatMap(([uuid, update]) => lines(uuid, update, table, isInitial));
      print({
        ...(all.length > 1 ? { caption: table.name } : {}),
        headings: ["row", "action", ...table.columns.map(([each]) => each)],
        rows,
      });
    }
  };
  await client.wait<void>("monitor", { timeout: Infinity, signal }, (settle) => {
    const stop = client.keep({
      begin: (session) =>
        void session.request(
          "monitor",
          [database, null, Object.fromEntries(all.map((each) => [each.name, each.request]))],
          (error, updates) => {
            if (error !== undefined) settle(error, undefined);
            else show(updates, true);
          },
        ),
      take: (method, [, updates]) => method === "update" && (show(updates ?? {}, false), true),
      end: (error) => (stop(), settle(error, undefined)),
    });
    return () => void stop();
  });
}
