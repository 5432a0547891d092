import { notOvsdb } from "./error.js";
import type { Json } from "./exact-json.js";
import type { RowStore } from "./replica-table.js";
import { isObject } from "./schema.js";
import { applyDifference, decodeValue, defaultValue, isSame, isUuid, type Row, type Value } from "./values.js";

/** A row that came, changed or went. `old` is as it was, `row` as it is. */
export interface RowChange {
  readonly kind: "insert" | "modify" | "delete";
  readonly table: string;
  readonly uuid: string;
  readonly row: Row | undefined;
  readonly old: Row | undefined;
}

/** What a server's message makes of a row: undefined is a row that goes. */
type ReadUpdate = (store: RowStore, uuid: string, update: { readonly [key: string]: Json }) => Row | undefined;

function assemble(store: RowStore, uuid: string, column: (name: string) => Value): Row {
  const row = Object.create(null) as Record<string, Value>;
  row["_uuid"] = uuid;
  for (const name of store.types.keys()) row[name] = column(name);
  return row as Row;
}

function whole(store: RowStore, uuid: string, json: Json): Row {
  if (!isObject(json)) throw notOvsdb("the server sent a row that is no object");
  return assemble(store, uuid, (name) => {
    const type = store.types.get(name)!;
    return Object.hasOwn(json, name) ? decodeValue(json[name]!, type) : defaultValue(type);
  });
}

/** ovsdb-server(7), 4.1.14: initial, insert, modify (differences), delete. */
const readUpdate2: ReadUpdate = (store, uuid, { initial, insert, modify }) => {
  const complete = initial ?? insert;
  if (complete !== undefined && complete !== null) return whole(store, uuid, complete);
  if (modify === undefined) return undefined;
  const old = store.get(uuid);
  if (old === undefined || !isObject(modify)) throw notOvsdb(`the server changed a row ${uuid} that it never sent`);
  return assemble(store, uuid, (name) =>
    Object.hasOwn(modify, name) ? applyDifference(old[name], modify[name]!, store.types.get(name)!) : old[name],
  );
};

/** RFC 7047, section 4.1.6: old and new. */
const readUpdate1: ReadUpdate = (store, uuid, { new: row }) =>
  row === undefined ? undefined : whole(store, uuid, row);

function changeOf(table: string, uuid: string, old: Row | undefined, row: Row | undefined): RowChange | undefined {
  if (old === undefined && row === undefined) return undefined;
  if (old === undefined) return { kind: "insert", table, uuid, row, old };
  if (row === undefined) return { kind: "delete", table, uuid, row, old };
  const isChanged = Object.keys({ ...old, ...row }).some((name) => !isSame(old[name], row[name]));
  return isChanged ? { kind: "modify", table, uuid, row, old } : undefined;
}

/**
 * Applies a message's updates to the stores, and returns what changed. `isWhole`: what is not among the updates is not in the database.
 * Throws OvsdbError ("EPROTO") for updates that cannot be meant.
 */
export function applyUpdates(
  stores: ReadonlyMap<string, RowStore>,
  updates: Json,
  { isWhole = false, isFirstVersion = false }: { readonly isWhole?: boolean; readonly isFirstVersion?: boolean } = {},
): RowChange[] {
  if (!isObject(updates)) throw notOvsdb("the server sent updates that are no object");
  const changes: RowChange[] = [];
  const note = (change: RowChange | undefined): void => void (change !== undefined && changes.push(change));
  const read = isFirstVersion ? readUpdate1 : readUpdate2;
  for (const [table, store] of stores) {
    const rows = Object.hasOwn(updates, table) ? updates[table]! : {};
    if (!isObject(rows)) throw notOvsdb(`the server sent updates of ${table} that are no object`);
    if (isWhole) {
      for (const uuid of store.uuids()) {
        if (Object.hasOwn(rows, uuid)) continue;
        note(changeOf(table, uuid, store.get(uuid), undefined));
        store.put(uuid, undefined);
      }
    }
    for (const [uuid, update] of Object.entries(rows)) {
      if (!isUuid(uuid) || !isObject(update)) throw notOvsdb(`the server sent an update of ${table} that is none`);
      const row = read(store, uuid, update);
      note(changeOf(table, uuid, store.get(uuid), row));
      store.put(uuid, row);
    }
  }
  return changes;
}
