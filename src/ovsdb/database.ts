import type { Requests, WaitOptions } from "./options.js";
import { decodeResults, encodeOperations, type Operation, type ResultOf, type Tables } from "./operations.js";
import { openReplica, type Replica, type ReplicaOptions } from "./replica.js";
import type { DatabaseSchema } from "./schema.js";

/** A database of a server. `T`: the types of its rows, by table. */
export class Database<T extends Tables = Tables> {
  readonly schema: DatabaseSchema;
  readonly #client: Requests;

  constructor(client: Requests, schema: DatabaseSchema) {
    this.#client = client;
    this.schema = schema;
  }

  get name(): string {
    return this.schema.name;
  }

  /**
   * Does all operations or none (RFC 7047, section 4.1.3), and resolves with a result for each. Rejects with OvsdbError: `code` is the
   * server's word, `operation` counts from 0; where the connection died, `sent` says whether it can have been carried out. What cannot
   * be meant is an InputError, before anything is sent.
   */
  async transact<const O extends readonly Operation<T>[]>(
    operations: O,
    wait: WaitOptions = {},
  ): Promise<{ -readonly [K in keyof O]: ResultOf<T, O[K]> }> {
    const given = operations as readonly Operation[];
    const params = [this.name, ...encodeOperations(this.schema, given)];
    const results = decodeResults(this.schema, given, await this.#client.request("transact", params, wait));
    return results as { -readonly [K in keyof O]: ResultOf<T, O[K]> };
  }

  /** Resolves with a copy of tables that follows each change, once it is whole. */
  replica(options: ReplicaOptions<T>, wait: WaitOptions = {}): Promise<Replica<T>> {
    return openReplica<T>(this.#client, this.schema, options, wait);
  }
}
