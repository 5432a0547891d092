import { InputError } from "../base/errors.js";
import { Connection } from "./connection.js";
import { Database } from "./database.js";
import { notOvsdb, OvsdbError } from "./error.js";
import type { Json } from "./exact-json.js";
import { type Lock, type LockOptions, Locks } from "./locks.js";
import type { Tables } from "./operations.js";
import type { ClientOptions, Lasting, Requests, WaitOptions } from "./options.js";
import { formatRemote, parseRemotes, type Remote } from "./remote.js";
import { type DatabaseSchema, readSchema } from "./schema.js";
import type { ServedDatabase } from "./served.js";
import type { Session, Settle } from "./session.js";

/** A request that has no reply yet. */
interface Waiting {
  readonly method: string;
  readonly params: Json;
  readonly settle: Settle;
  /** The session that it was sent on, and its id there. */
  sentOn?: { readonly session: Session; readonly id: number };
}

const TIMEOUT = 10_000;

function closed(method: string): OvsdbError {
  return new OvsdbError({ code: "ECANCELED", method, details: "the client was closed", sent: false });
}

/**
 * A client of OVSDB servers (RFC 7047, ovsdb-server(7)), over a Unix socket, TCP or TLS. A lost connection is made anew, to
 * the next of the remotes; replicas and locks live on. A transaction that was in flight is not repeated: it rejects with OvsdbError, whose
 * `sent` says whether the server can have seen it. A client that is not used does not keep the process alive.
 */
export class OvsdbClient implements Requests {
  readonly #options: ClientOptions;
  readonly #lasting = new Set<Lasting>();
  readonly #schemas = new Map<string, Promise<DatabaseSchema>>();
  readonly #waiting = new Set<Waiting>();
  readonly #locks: Locks;
  readonly #connection: Connection;

  private constructor(remotes: readonly Remote[], options: ClientOptions) {
    this.#options = options;
    this.#locks = new Locks((wait, begin) => this.wait("lock", wait, begin));
    this.#lasting.add(this.#locks);
    this.#connection = new Connection(remotes, options, {
      onReady: (session) => {
        for (const each of [...this.#lasting]) each.begin(session);
        for (const waiting of this.#waiting) if (waiting.sentOn === undefined) this.#send(session, waiting);
      },
      onLost: (error) => {
        // What the server is may have changed with it.
        this.#schemas.clear();
        for (const each of [...this.#lasting]) each.end(error);
      },
      onNotification: (method, params) => {
        for (const each of [...this.#lasting]) if (each.take(method, params)) return;
      },
      onSchemaChange: (name) => void this.#schemas.delete(name),
    });
  }

  /**
   * Connects to a server: "unix:/run/openvswitch/db.sock", "tcp:HOST:PORT", "ssl:HOST:PORT", or several, of which the first that
   * answers is taken. Rejects with OvsdbError when none does: code "ENOENT", "EACCES", "ECONNREFUSED", … and what to do.
   */
  static async connect(remote: string | readonly string[], options: ClientOptions = {}): Promise<OvsdbClient> {
    const remotes = (typeof remote === "string" ? [remote] : remote).flatMap(parseRemotes);
    if (remotes.length === 0) throw new InputError("a remote is missing", "remote");
    const client = new OvsdbClient(remotes, options);
    try {
      await client.#firstConnection();
    } catch (error) {
      client.close();
      throw error;
    }
    return client;
  }

  /** The server that the client is connected to, or undefined. */
  get remote(): string | undefined {
    const { ready } = this.#connection;
    return ready === undefined ? undefined : formatRemote(ready.remote);
  }

  /** What the server says of its databases: whether it is connected to the cluster, and leads it. Empty for one that does not say. */
  get served(): ReadonlyMap<string, ServedDatabase> {
    return this.#connection.served;
  }

  /** The names of the server's databases (list_dbs). */
  async listDatabases(wait: WaitOptions = {}): Promise<string[]> {
    const names = await this.request("list_dbs", [], wait);
    if (!Array.isArray(names) || names.some((name) => typeof name !== "string"))
      throw notOvsdb("the server sent names that are no strings", "list_dbs");
    return names as string[];
  }

  /** A database's schema (get_schema), asked for once a connection. */
  async schema(name: string, wait: WaitOptions = {}): Promise<DatabaseSchema> {
    let schema = this.#schemas.get(name);
    if (schema === undefined) {
      schema = this.request("get_schema", [name], wait).then(readSchema);
      this.#schemas.set(name, schema);
      schema.catch(() => this.#schemas.delete(name));
    }
    return schema;
  }

  /** A database, with its schema. `T`: the types of its rows, where they are known. Rejects when the server has none of this name. */
  async database<T extends Tables = Tables>(name: string, wait: WaitOptions = {}): Promise<Database<T>> {
    return new Database<T>(this, await this.schema(name, wait));
  }

  /** Sends a request as RFC 7047 has it, and resolves with the reply's result, as it came. */
  request(method: string, params: Json, wait: WaitOptions = {}): Promise<Json> {
    return this.wait(method, wait, (settle) => {
      const waiting: Waiting = { method, params, settle };
      this.#waiting.add(waiting);
      const { ready } = this.#connection;
      if (ready !== undefined) this.#send(ready, waiting);
      return () => this.#abandon(waiting);
    });
  }

  /** Asks the server for an answer. */
  async echo(wait: WaitOptions = {}): Promise<void> {
    await this.request("echo", [], wait);
  }

  /** Resolves with a lock (RFC 7047, section 4.1.8) when it is held. `steal` takes it from whoever holds it. */
  lock(name: string, options: LockOptions & WaitOptions = {}): Promise<Lock> {
    return this.#locks.lock(name, options);
  }

  /** Ends the connection; what is in flight rejects with OvsdbError "ECANCELED". */
  close(): void {
    if (this.#connection.isClosed) return;
    const error = closed("close");
    this.#connection.close(error);
    for (const waiting of [...this.#waiting]) this.#settle(waiting, closed(waiting.method), null);
    for (const each of [...this.#lasting]) each.end(error);
  }

  /** As close. */
  // eslint-disable-next-line @typescript-eslint/require-await -- what is disposed of asynchronously returns a promise
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** Adds what lives on from one connection to the next; returns what takes it out again. */
  keep(lasting: Lasting): () => void {
    this.#lasting.add(lasting);
    const { ready } = this.#connection;
    if (ready !== undefined) lasting.begin(ready);
    return () => void this.#lasting.delete(lasting);
  }

  /** Keeps the process alive until what it returns is called. */
  hold(): () => void {
    return this.#connection.hold();
  }

  /**
   * A wait with its deadline and its signal, for what is built on a client. `begin` starts what is waited for, and returns what gives
   * it up and says whether the server can have seen it.
   */
  wait<T>(
    method: string,
    { timeout = this.#options.timeout ?? TIMEOUT, signal }: WaitOptions,
    begin: (settle: (error: Error | undefined, result: T) => void) => () => boolean | undefined,
  ): Promise<T> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    if (this.#connection.isClosed) return Promise.reject(closed(method));
    return new Promise((resolve, reject) => {
      const release = this.hold();
      const finish = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        release();
      };
      const giveUp = begin((error, result) => {
        finish();
        if (error === undefined) resolve(result);
        else reject(error);
      });
      const onAbort = (): void => {
        giveUp();
        finish();
        reject(signal!.reason as Error);
      };
      const onDeadline = (): void => {
        const { lastError } = this.#connection;
        const sent = giveUp();
        finish();
        const details = `no answer within ${timeout} ms${lastError === undefined ? "" : `; ${lastError.message}`}`;
        reject(new OvsdbError({ code: "ETIMEDOUT", method, details, sent }));
      };
      const timer = Number.isFinite(timeout) ? setTimeout(onDeadline, timeout) : undefined;
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  #send(session: Session, waiting: Waiting): void {
    const id = session.request(waiting.method, waiting.params, (error, result) => this.#settle(waiting, error, result));
    waiting.sentOn = { session, id };
  }

  #settle(waiting: Waiting, error: Error | undefined, result: Json): void {
    if (this.#waiting.delete(waiting)) waiting.settle(error, result);
  }

  /** Gives a request up; true when the server can have seen it. */
  #abandon(waiting: Waiting): boolean {
    this.#waiting.delete(waiting);
    if (waiting.sentOn === undefined) return false;
    const { session, id } = waiting.sentOn;
    session.forget(id);
    if (session === this.#connection.ready && waiting.method === "transact") session.notify("cancel", [id]);
    return true;
  }

  #firstConnection(): Promise<void> {
    return this.wait<void>("connect", this.#options, (settle) => {
      const first: Lasting = {
        begin: () => void (this.#lasting.delete(first), settle(undefined, undefined)),
        take: () => false,
        end: (error) => void (this.#connection.isTried && settle(error, undefined)),
      };
      this.#lasting.add(first);
      this.#connection.open();
      return () => void this.#lasting.delete(first);
    });
  }
}
