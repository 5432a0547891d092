import type { Socket } from "node:net";
import { notOvsdb, OvsdbError } from "./error.js";
import { formatExactly, type Json } from "./exact-json.js";
import { jsonStream, type MessageLimits } from "./json-stream.js";
import { formatRemote, openSocket, type Remote, type TlsOptions, unreachable } from "./remote.js";
import { isObject } from "./schema.js";

/** Called once with what became of a request. */
export type Settle = (error: Error | undefined, result: Json) => void;

/** One connection to a server, from its opening to its end. */
export interface Session {
  readonly remote: Remote;
  /** Sends a request (RFC 7047, section 4.1); `settle` is called in the order of the server's messages. Returns its id. */
  request(method: string, params: Json, settle: Settle): number;
  /** Sends a notification. */
  notify(method: string, params: Json): void;
  /** The reply to this request is not wanted any more. */
  forget(id: number): void;
  /** Ends the connection; what is in flight fails with `error`. */
  close(error: OvsdbError): void;
  /** Whether the connection keeps the process alive. */
  hold(isHeld: boolean): void;
}

export interface SessionOptions extends MessageLimits {
  readonly tls?: TlsOptions | undefined;
  /** Milliseconds without a message after which the server is asked whether it is there; 0 never asks. */
  readonly inactivityProbe: number;
  /** Whether it keeps the process alive from the beginning. */
  readonly isHeld: boolean;
  readonly onOpen: (session: Session) => void;
  readonly onNotification: (method: string, params: readonly Json[]) => void;
  /** The connection ended, or never came to be. */
  readonly onClose: (error: OvsdbError) => void;
}

/** Replies that the server does not read must not fill the memory. */
const MOST_UNREAD_BYTES = 1024 * 1024;

function refused(method: string, error: Json): OvsdbError {
  if (typeof error === "string") return new OvsdbError({ code: error, method });
  if (isObject(error) && typeof error["error"] === "string") {
    const { error: code, details } = error;
    return new OvsdbError({ code, method, details: typeof details === "string" ? details : undefined });
  }
  return new OvsdbError({ code: "EPROTO", method, details: `the server refused: ${formatExactly(error)}` });
}

/** Begins a connection. */
export function openSession(remote: Remote, options: SessionOptions): Session {
  const { onOpen, onNotification, onClose, inactivityProbe } = options;
  const pending = new Map<number, { readonly method: string; readonly settle: Settle }>();
  let nextId = 0;
  let isOpen = false;
  let isHeard = true;
  let isAsked = false;
  let { isHeld } = options;
  let ended: OvsdbError | undefined;

  const applyHold = (): void => void (isHeld ? socket.ref() : socket.unref());
  const send = (message: Json): void => {
    if (ended === undefined) socket.write(formatExactly(message));
  };

  const session: Session = {
    remote,
    request(method, params, settle) {
      const id = nextId;
      nextId += 1;
      pending.set(id, { method, settle });
      send({ method, params, id });
      return id;
    },
    notify: (method, params) => send({ method, params, id: null }),
    forget: (id) => void pending.delete(id),
    close: end,
    hold(held) {
      isHeld = held;
      if (isOpen) applyHold();
    },
  };

  const socket: Socket = openSocket(remote, options.tls, () => {
    isOpen = true;
    applyHold();
    onOpen(session);
  });
  const stream = jsonStream(take, options);
  if (!isHeld) socket.unref();
  socket.on("data", (bytes: Buffer) => {
    isHeard = true;
    try {
      stream.push(bytes);
    } catch (error) {
      end(error instanceof OvsdbError ? error : notOvsdb(String(error)));
      return;
    }
    if (socket.writableLength <= MOST_UNREAD_BYTES) return;
    socket.pause().once("drain", () => socket.resume());
  });
  socket.on("error", (error) => end(isOpen ? lost(error) : unreachable(remote, error)));
  socket.on("close", () => end(lost()));
  const probe = inactivityProbe > 0 ? setInterval(look, inactivityProbe).unref() : undefined;

  return session;

  function lost(error?: NodeJS.ErrnoException): OvsdbError {
    const details = error?.message ?? "the server ended the connection";
    return new OvsdbError({
      code: error?.code ?? "ECONNRESET",
      method: "read",
      subject: formatRemote(remote),
      details,
    });
  }

  function end(error: OvsdbError): void {
    if (ended !== undefined) return;
    ended = error;
    clearInterval(probe);
    socket.destroy();
    const requests = [...pending.values()];
    pending.clear();
    for (const { method, settle } of requests) {
      const { code, details, subject } = error;
      settle(new OvsdbError({ code, method, subject, details, sent: isOpen }, undefined, { cause: error }), null);
    }
    onClose(error);
  }

  /** Silence is only then the server's when what came meanwhile has been read. */
  function look(): void {
    setImmediate(() => {
      if (ended !== undefined || !isOpen) return;
      if (isHeard) {
        isHeard = isAsked = false;
      } else if (!isAsked) {
        isAsked = true;
        send({ method: "echo", params: [], id: "probe" });
      } else end(lost(Object.assign(new Error(`nothing came for ${2 * inactivityProbe} ms`), { code: "ETIMEDOUT" })));
    });
  }

  function take(message: Json): void {
    if (ended !== undefined) return;
    if (!isObject(message)) throw notOvsdb("the server sent a message that is no object");
    const { id = null, method, params, result, error } = message;
    if (method === undefined) {
      if (typeof id !== "number") return;
      const request = pending.get(id);
      pending.delete(id);
      if (request === undefined) return;
      if (error !== null && error !== undefined) request.settle(refused(request.method, error), null);
      else request.settle(undefined, result ?? null);
    } else if (typeof method !== "string" || !Array.isArray(params)) {
      throw notOvsdb("the server sent a message without method and parameters");
    } else if (id === null) onNotification(method, params as readonly Json[]);
    else if (method === "echo") send({ id, result: params, error: null });
    else send({ id, result: null, error: { error: "unknown method", details: method } });
  }
}
