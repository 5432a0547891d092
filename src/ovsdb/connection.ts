import { OvsdbError } from "./error.js";
import type { Json } from "./exact-json.js";
import type { ClientOptions, Lasting } from "./options.js";
import { formatRemote, type Remote } from "./remote.js";
import { type ServedDatabase, watchServer } from "./served.js";
import { openSession, type Session } from "./session.js";

const PROBE = 5000;
const FIRST_WAIT = 100;
const LONGEST_WAIT = 8000;

interface Listeners {
  /** A session can be used. */
  readonly onReady: (session: Session) => void;
  /** A session ended, or never came to be. */
  readonly onLost: (error: OvsdbError) => void;
  readonly onNotification: (method: string, params: readonly Json[]) => void;
  readonly onSchemaChange: (database: string) => void;
}

/** Keeps a connection to one of several servers, and makes it anew when it is lost. */
export class Connection {
  readonly #remotes: readonly Remote[];
  readonly #options: ClientOptions;
  readonly #listeners: Listeners;
  #session: Session | undefined;
  #watch: Lasting | undefined;
  /** Which remote is next, counted on from the first. */
  #place = 0;
  /** Attempts since there was a connection. */
  #failures = 0;
  #wasReady = false;
  #retry: NodeJS.Timeout | undefined;
  #holds = 0;
  served: ReadonlyMap<string, ServedDatabase> = new Map();
  /** The session that can be used. */
  ready: Session | undefined;
  lastError: OvsdbError | undefined;
  isClosed = false;

  constructor(remotes: readonly Remote[], options: ClientOptions, listeners: Listeners) {
    this.#remotes = remotes;
    this.#options = options;
    this.#listeners = listeners;
  }

  /** Whether each remote was tried in vain. */
  get isTried(): boolean {
    return this.#failures >= this.#remotes.length;
  }

  open(): void {
    const remote = this.#remotes[this.#place % this.#remotes.length]!;
    this.#place += 1;
    this.#session = openSession(remote, {
      ...this.#options,
      inactivityProbe: this.#options.inactivityProbe ?? PROBE,
      isHeld: this.#holds > 0,
      onOpen: (session) => this.#greet(session),
      onNotification: (method, params) => {
        if (this.#watch?.take(method, params) !== true) this.#listeners.onNotification(method, params);
      },
      onClose: (error) => this.#lose(remote, error),
    });
  }

  close(error: OvsdbError): void {
    this.isClosed = true;
    clearTimeout(this.#retry);
    this.#session?.close(error);
    this.ready = undefined;
  }

  /** Keeps the process alive until what it returns is called. */
  hold(): () => void {
    this.#change(1);
    let isHeld = true;
    return () => {
      if (isHeld) this.#change(-1);
      isHeld = false;
    };
  }

  #change(by: 1 | -1): void {
    const wasHeld = this.#holds > 0;
    this.#holds += by;
    if (wasHeld === this.#holds > 0) return;
    this.#session?.hold(this.#holds > 0);
    if (this.#holds > 0) this.#retry?.ref();
    else this.#retry?.unref();
  }

  /** What a server is told first. Who may have to go on to another server waits for what this one says of itself. */
  #greet(session: Session): void {
    const leaderOnly = this.#options.leaderOnly ?? this.#remotes.length > 1;
    this.#watch = watchServer(session, {
      onKnown: (served) => {
        const why = leaderOnly ? reasonToLeave(served) : undefined;
        if (why !== undefined) {
          const subject = formatRemote(session.remote);
          session.close(new OvsdbError({ code: "ENOTLEADER", method: "connect", subject, details: why }));
          return;
        }
        for (const [name, { schema }] of served)
          if (this.served.has(name) && this.served.get(name)!.schema !== schema) this.#listeners.onSchemaChange(name);
        this.served = served;
        if (this.ready === undefined) this.#become(session);
      },
    });
    if (!leaderOnly) this.#become(session);
  }

  #become(session: Session): void {
    this.ready = session;
    this.#wasReady = true;
    this.#failures = 0;
    this.lastError = undefined;
    this.#options.onConnection?.({ connected: true, remote: formatRemote(session.remote) });
    this.#listeners.onReady(session);
  }

  #lose(remote: Remote, error: OvsdbError): void {
    const wasReady = this.ready !== undefined;
    this.#session = this.ready = this.#watch = undefined;
    this.lastError = error;
    if (!wasReady) this.#failures += 1;
    if (this.isClosed) return;
    this.#listeners.onLost(error);
    this.#options.onConnection?.({ connected: false, remote: formatRemote(remote), error });
    const { first = FIRST_WAIT, longest = LONGEST_WAIT } = this.#options.backoff ?? {};
    const rounds = Math.floor(this.#failures / this.#remotes.length);
    const isNext = this.#failures % this.#remotes.length !== 0;
    const wait = isNext || !this.#wasReady ? 0 : Math.min(longest, first * 2 ** rounds);
    this.#retry = setTimeout(() => this.open(), wait);
    if (this.#holds === 0) this.#retry.unref();
  }
}

function reasonToLeave(served: ReadonlyMap<string, ServedDatabase>): string | undefined {
  for (const { name, connected, leader } of served.values()) {
    if (!connected) return `the server is not connected to the cluster of ${name}`;
    if (!leader) return `the server does not lead the cluster of ${name}`;
  }
  return undefined;
}
