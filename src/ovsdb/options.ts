import type { OvsdbError } from "./error.js";
import type { Json } from "./exact-json.js";
import type { MessageLimits } from "./json-stream.js";
import type { TlsOptions } from "./remote.js";
import type { Session } from "./session.js";

/** How long to wait, and for whom. */
export interface WaitOptions {
  /** Milliseconds until the wait ends with OvsdbError "ETIMEDOUT"; the client's own unless given, Infinity for none. */
  readonly timeout?: number | undefined;
  /** Ends the wait with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** How a client connects, and how long it waits. */
export interface ClientOptions extends MessageLimits {
  readonly tls?: TlsOptions | undefined;
  /** The deadline of each wait that has none of its own, in milliseconds: 10 seconds unless given. */
  readonly timeout?: number | undefined;
  /** Ends the attempt to connect. */
  readonly signal?: AbortSignal | undefined;
  /** Stay only with a server that leads its cluster; true unless given where there are several remotes. */
  readonly leaderOnly?: boolean | undefined;
  /** Milliseconds without a message after which the server is asked whether it is there: 5 seconds unless given, 0 for never. */
  readonly inactivityProbe?: number | undefined;
  /** Milliseconds before a lost connection is made anew: the first wait (100) and the longest (8000); each is twice the one before. */
  readonly backoff?: { readonly first?: number; readonly longest?: number } | undefined;
  /** Told of each connection that is made, and of each that is lost or could not be made. */
  readonly onConnection?: ((state: ConnectionState) => void) | undefined;
}

/** What a connection is doing. */
export interface ConnectionState {
  readonly connected: boolean;
  /** As in "unix:/run/openvswitch/db.sock". */
  readonly remote: string;
  /** Why there is no connection. */
  readonly error?: OvsdbError;
}

/** What lives on from one connection to the next. */
export interface Lasting {
  /** A connection is there: say again what the server must know. */
  begin(session: Session): void;
  /** True for a notification that was meant for this one. */
  take(method: string, params: readonly Json[]): boolean;
  /** The connection is gone. */
  end(error: OvsdbError): void;
}

/** What is built on a client needs of it. */
export interface Requests {
  /** Sends a request as RFC 7047 has it, and resolves with the reply's result, as it came. */
  request(method: string, params: Json, wait?: WaitOptions): Promise<Json>;
  /** A wait with its deadline and its signal; `begin` returns what gives it up and says whether the server can have seen it. */
  wait<T>(
    method: string,
    wait: WaitOptions,
    begin: (settle: (error: Error | undefined, result: T) => void) => () => boolean | undefined,
  ): Promise<T>;
  /** Adds what lives on from one connection to the next; returns what takes it out again. */
  keep(lasting: Lasting): () => void;
  /** Keeps the process alive until what it returns is called. */
  hold(): () => void;
}
