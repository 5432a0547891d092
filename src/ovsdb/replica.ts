import { under } from "../base/errors.js";
import { changeQueue, type ChangeQueue } from "./change-queue.js";
import type { Lasting, Requests, WaitOptions } from "./options.js";
import { OvsdbError } from "./error.js";
import type { Json } from "./exact-json.js";
import { columnOf, type Condition, encodeWhere, tableOf, type Tables } from "./operations.js";
import { columnTypes, type ReplicaTable, RowStore } from "./replica-table.js";
import { type DatabaseSchema, readSchema } from "./schema.js";
import type { Session } from "./session.js";
import { applyUpdates, type RowChange } from "./updates.js";
import type { Row } from "./values.js";

/** Which part of a database is kept. */
export interface ReplicaOptions<T extends Tables = Tables> {
  /** The tables, and of each the columns; true for all. */
  readonly tables: { readonly [N in keyof T & string]?: true | readonly (keyof T[N] & string)[] } | true;
  /** Only the rows of a table for which one of the conditions holds (needs monitor_cond). */
  readonly where?: { readonly [N in keyof T & string]?: readonly Condition[] } | undefined;
}

/** A change of a replica: a row that came, changed or went, or "overrun": more changes than are kept, so read the tables again. */
export type Change<T extends Tables = Tables> =
  | {
      [N in keyof T & string]: { readonly table: N; readonly uuid: string } & (
        | { readonly kind: "insert"; readonly row: T[N]; readonly old: undefined }
        | { readonly kind: "modify"; readonly row: T[N]; readonly old: T[N] }
        | { readonly kind: "delete"; readonly row: undefined; readonly old: T[N] }
      );
    }[keyof T & string]
  | { readonly kind: "overrun" };

/**
 * A copy of a database, or of a part of it, that follows each change. After a lost connection it goes on from the last transaction that it
 * saw where the server still knows that, and is compared with the whole otherwise: deletions that happened meanwhile are changes like others.
 */
export interface Replica<T extends Tables = Tables> {
  /** Whether it is as the server has it: false while there is no connection. */
  readonly isCurrent: boolean;
  /** The id of the last transaction that it holds, where the server tells. */
  readonly lastTransaction: string | undefined;
  /** A table. Throws InputError for one that is not kept. */
  table<N extends keyof T & string>(name: N): ReplicaTable<T[N]>;
  /** The rows that a column of a row refers to; those that are not kept are left out. */
  referred(table: keyof T & string, row: Row, column: string): readonly Row[];
  /** Resolves when it is as the server has it. */
  current(wait?: WaitOptions): Promise<void>;
  /** The changes from now on. `most`: how many may wait to be read, 100,000 unless given. */
  changes(options?: { readonly most?: number }): AsyncIterableIterator<Change<T>>;
  /** Ends it; its rows stay as they were. */
  close(): void;
}

const NO_TRANSACTION = "00000000-0000-0000-0000-000000000000";
const MOST_CHANGES = 100_000;
const METHODS = ["monitor_cond_since", "monitor_cond", "monitor"] as const;
const NOTIFICATIONS = { monitor_cond_since: "update3", monitor_cond: "update2", monitor: "update" } as const;

let count = 0;

class DatabaseReplica implements Replica, Lasting {
  readonly #client: Requests;
  readonly #options: ReplicaOptions;
  readonly #name: string;
  readonly #monitor = `linkwright-${(count += 1)}`;
  readonly #stores = new Map<string, RowStore>();
  readonly #queues = new Set<ChangeQueue<RowChange | { kind: "overrun" }>>();
  readonly #waiting = new Set<(error: Error | undefined) => void>();
  readonly #leave: () => void;
  #schema: DatabaseSchema;
  #method: (typeof METHODS)[number] = "monitor_cond_since";
  #session: Session | undefined;
  #isFirst = true;
  #failure: Error | undefined;
  isCurrent = false;
  lastTransaction: string | undefined;

  constructor(client: Requests, schema: DatabaseSchema, options: ReplicaOptions) {
    this.#client = client;
    this.#schema = schema;
    this.#name = schema.name;
    this.#options = options;
    this.#prepare();
    this.#leave = client.keep(this);
  }

  /** The stores, as the schema has the tables. Throws InputError for what it does not have. */
  #prepare(): void {
    const { tables } = this.#options;
    const wanted =
      tables === true
        ? Object.fromEntries(Object.keys(this.#schema.tables).map((name) => [name, true as const]))
        : tables;
    for (const [name, columns = true] of Object.entries(wanted)) {
      const table = tableOf(this.#schema, name);
      if (columns !== true) under(name, () => columns.forEach((column) => columnOf(table, column)));
      const types = columnTypes(table, columns === true ? true : columns.filter((column) => column !== "_uuid"));
      const store = this.#stores.get(name);
      if (store === undefined) this.#stores.set(name, new RowStore(types));
      else store.types = types;
    }
  }

  begin(session: Session): void {
    this.#session = session;
    if (this.#isFirst) {
      this.#isFirst = false;
      this.#ask(session);
      return;
    }
    session.request("get_schema", [this.#name], (error, schema) => {
      if (error !== undefined) return this.#refuse(session, error);
      try {
        this.#schema = readSchema(schema);
        this.#prepare();
      } catch (problem) {
        return this.#fail(problem as Error);
      }
      this.#ask(session);
    });
  }

  #ask(session: Session): void {
    const method = this.#method;
    const requests: Record<string, Json> = {};
    for (const [name, store] of this.#stores) {
      const where = this.#options.where?.[name];
      const columns = [...store.types.keys()];
      requests[name] = [
        where === undefined ? { columns } : { columns, where: encodeWhere(tableOf(this.#schema, name), where) },
      ];
    }
    const since = method === "monitor_cond_since" ? [this.lastTransaction ?? NO_TRANSACTION] : [];
    session.request(method, [this.#name, this.#monitor, requests, ...since], (error, result) => {
      if (error !== undefined) return this.#refuse(session, error);
      const [found, last, updates] = method === "monitor_cond_since" ? (result as Json[]) : [false, undefined, result];
      this.#apply(updates ?? {}, last, found !== true);
      this.isCurrent = true;
      for (const settle of this.#waiting) settle(undefined);
      this.#waiting.clear();
    });
  }

  #refuse(session: Session, error: Error): void {
    if (!(error instanceof OvsdbError) || error.sent !== undefined) return;
    const next = METHODS[METHODS.indexOf(this.#method) + 1];
    const canAsk = next === "monitor_cond" || (next === "monitor" && this.#options.where === undefined);
    if (error.code !== "unknown method" || !canAsk) return this.#fail(error);
    this.#method = next;
    this.#ask(session);
  }

  #apply(updates: Json, last: Json | undefined, isWhole: boolean): void {
    let changes: RowChange[];
    try {
      changes = applyUpdates(this.#stores, updates, { isWhole, isFirstVersion: this.#method === "monitor" });
    } catch (error) {
      // Whatever was applied: the next connection sends the whole.
      this.lastTransaction = undefined;
      throw error;
    }
    this.lastTransaction = typeof last === "string" && last !== NO_TRANSACTION ? last : undefined;
    if (changes.length > 0) for (const queue of this.#queues) queue.push(changes);
  }

  take(method: string, params: readonly Json[]): boolean {
    const [monitor, second, third] = params;
    if (monitor !== this.#monitor) return false;
    if (method === "monitor_canceled" && this.#session !== undefined) {
      this.isCurrent = false;
      this.lastTransaction = undefined;
      this.begin(this.#session);
    } else if (method === NOTIFICATIONS[this.#method]) {
      const isSince = method === "update3";
      this.#apply((isSince ? third : second) ?? {}, isSince ? second : undefined, false);
    }
    return true;
  }

  end(error: OvsdbError): void {
    this.#session = undefined;
    this.isCurrent = false;
    if (error.code === "ECANCELED") this.#fail(error);
  }

  /** It cannot go on, for a reason that another connection would not change. */
  #fail(error: Error): void {
    this.#failure = error;
    this.isCurrent = false;
    this.#leave();
    for (const settle of this.#waiting) settle(error);
    this.#waiting.clear();
    for (const queue of [...this.#queues]) queue.end(error);
  }

  table(name: string): RowStore {
    const store = this.#stores.get(name);
    if (store === undefined) tableOf({ ...this.#schema, tables: {} }, name);
    return store!;
  }

  referred(table: string, row: Row, column: string): Row[] {
    const { key, value } = columnOf(tableOf(this.#schema, table), column);
    const target = this.#stores.get(key.refTable ?? value?.refTable ?? "");
    const given = row[column];
    if (target === undefined || given === undefined) return [];
    const uuids =
      given instanceof Map && key.refTable === undefined ? given.values() : given instanceof Map ? given.keys() : given;
    const list = typeof uuids === "object" ? [...(uuids as Iterable<string>)] : [uuids as string];
    return list.flatMap((uuid) => target.get(uuid) ?? []);
  }

  current(wait: WaitOptions = {}): Promise<void> {
    return this.#client.wait<void>("monitor", wait, (settle) => {
      const done = (error: Error | undefined): void => settle(error, undefined);
      if (this.isCurrent || this.#failure !== undefined) queueMicrotask(() => done(this.#failure));
      else this.#waiting.add(done);
      return () => void this.#waiting.delete(done);
    });
  }

  changes({ most = MOST_CHANGES }: { readonly most?: number } = {}): AsyncIterableIterator<Change> {
    const queue = changeQueue<RowChange | { kind: "overrun" }>(
      most,
      { kind: "overrun" },
      {
        hold: () => this.#client.hold(),
        onEnd: () => void this.#queues.delete(queue),
      },
    );
    this.#queues.add(queue);
    if (this.#failure !== undefined) queue.end(this.#failure);
    return queue.iterator as AsyncIterableIterator<Change>;
  }

  /** Ends it; its rows stay as they were. */
  close(): void {
    this.#leave();
    this.#session?.request("monitor_cancel", [this.#monitor], () => undefined);
    this.#session = undefined;
    this.isCurrent = false;
    for (const queue of [...this.#queues]) queue.end();
  }
}

/** Makes a replica, and waits until it is whole. */
export async function openReplica<T extends Tables>(
  client: Requests,
  schema: DatabaseSchema,
  options: ReplicaOptions<T>,
  wait: WaitOptions,
): Promise<Replica<T>> {
  const replica = new DatabaseReplica(client, schema, options);
  try {
    await replica.current(wait);
  } catch (error) {
    replica.close();
    throw error;
  }
  // The rows' types are the caller's word, by the schema that they are generated from.
  return replica as unknown as Replica<T>;
}
