import type { Lasting } from "./options.js";
import type { Json } from "./exact-json.js";
import { isObject } from "./schema.js";
import type { Session } from "./session.js";

/** What a server says of a database of its own (ovsdb-server(5), the table Database of _Server). */
export interface ServedDatabase {
  readonly name: string;
  readonly model: string;
  /** Whether the server is connected to the database's cluster; true for one without a cluster. */
  readonly connected: boolean;
  readonly leader: boolean;
  /** The schema's text, by which a change is known. */
  readonly schema: string | undefined;
}

const COLUMNS = ["name", "model", "connected", "leader", "schema"];
const MONITOR = "linkwright-server";

function readRow(old: Json | undefined, row: Json): Json {
  return {
    ...(isObject(old) ? old : { model: "standalone", connected: false, leader: false }),
    ...(isObject(row) ? row : {}),
  };
}

function read(rows: Iterable<Json>): Map<string, ServedDatabase> {
  const served = new Map<string, ServedDatabase>();
  for (const row of rows) {
    if (!isObject(row) || typeof row["name"] !== "string" || row["name"] === "_Server") continue;
    const { name, model, connected, leader, schema } = row;
    served.set(name, {
      name,
      model: typeof model === "string" ? model : "standalone",
      connected: connected === true,
      leader: leader === true,
      schema: typeof schema === "string" ? schema : undefined,
    });
  }
  return served;
}

/**
 * Watches what a server says of its databases, which then tells of schemas that change instead of ending the connection.
 * `onKnown` is called with all of them, at first and at each change; empty for a server that says nothing.
 */
export function watchServer(
  session: Session,
  { onKnown }: { readonly onKnown: (served: ReadonlyMap<string, ServedDatabase>) => void },
): Lasting {
  const rows = new Map<string, Json>();
  const apply = (updates: Json): void => {
    const changed = isObject(updates) ? updates["Database"] : undefined;
    if (!isObject(changed)) return;
    for (const [uuid, change] of Object.entries(changed)) {
      if (!isObject(change)) continue;
      const { initial, insert, modify } = change;
      const row = initial ?? insert;
      if (row !== undefined) rows.set(uuid, readRow(undefined, row));
      else if (modify !== undefined) rows.set(uuid, readRow(rows.get(uuid), modify));
      else rows.delete(uuid);
    }
  };
  session.request("set_db_change_aware", [true], () => undefined);
  session.request("monitor_cond", ["_Server", MONITOR, { Database: [{ columns: COLUMNS }] }], (error, updates) => {
    if (error === undefined) apply(updates);
    if (error === undefined || !("sent" in error) || error.sent === undefined) onKnown(read(rows.values()));
  });
  return {
    begin: () => undefined,
    take(method, [monitor, updates]) {
      if (method !== "update2" || monitor !== MONITOR) return false;
      apply(updates ?? null);
      onKnown(read(rows.values()));
      return true;
    },
    end: () => undefined,
  };
}
