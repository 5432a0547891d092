import type { Lasting, WaitOptions } from "./options.js";
import { OvsdbError } from "./error.js";
import type { Json } from "./exact-json.js";
import { isObject } from "./schema.js";
import type { Session } from "./session.js";

/** How a lock is waited for. */
export interface LockOptions {
  /** Takes the lock from whoever holds it. */
  readonly steal?: boolean | undefined;
  /** Told when the lock is lost (stolen, or with the connection) and when it is held again. */
  readonly onChange?: ((isHeld: boolean) => void) | undefined;
}

/** A lock of the server's, which one client at a time holds. `{ op: "assert", lock }` ties a transaction to it. */
export interface Lock {
  readonly name: string;
  /** Whether it is held now; after a lost connection it is asked for again. */
  readonly isHeld: boolean;
  /** Gives the lock back. */
  unlock(): void;
}

interface Held {
  readonly name: string;
  readonly steal: boolean;
  readonly onChange: ((isHeld: boolean) => void) | undefined;
  isHeld: boolean;
  /** Settles the wait for it. */
  settle: ((error: Error | undefined, lock: Lock) => void) | undefined;
}

/** Begins a wait; what `begin` returns gives it up, and says whether the server can have seen it. */
type Await = (
  wait: WaitOptions,
  begin: (settle: (error: Error | undefined, lock: Lock) => void) => () => boolean | undefined,
) => Promise<Lock>;

/** Beside an error, nobody looks at the lock. */
const NO_LOCK = undefined as never;

/** The locks of a client. */
export class Locks implements Lasting {
  readonly #await: Await;
  readonly #locks = new Map<string, Held>();
  #session: Session | undefined;

  constructor(wait: Await) {
    this.#await = wait;
  }

  lock(name: string, { steal = false, onChange, ...wait }: LockOptions & WaitOptions): Promise<Lock> {
    return this.#await(wait, (settle) => {
      const held: Held = { name, steal, onChange, isHeld: false, settle };
      if (this.#locks.has(name)) {
        const details = `this client has the lock ${name}, or waits for it`;
        queueMicrotask(() => settle(new OvsdbError({ code: "EALREADY", method: "lock", details }), NO_LOCK));
        return () => undefined;
      }
      this.#locks.set(name, held);
      if (this.#session !== undefined) this.#ask(this.#session, held);
      return () => {
        const isAsked = this.#session !== undefined;
        this.#unlock(held);
        return isAsked;
      };
    });
  }

  begin(session: Session): void {
    this.#session = session;
    for (const held of this.#locks.values()) this.#ask(session, held);
  }

  take(method: string, [name]: readonly Json[]): boolean {
    const held = typeof name === "string" ? this.#locks.get(name) : undefined;
    if (held === undefined || (method !== "locked" && method !== "stolen")) return false;
    this.#change(held, method === "locked");
    return true;
  }

  end(): void {
    this.#session = undefined;
    for (const held of this.#locks.values()) this.#change(held, false);
  }

  #ask(session: Session, held: Held): void {
    // A lock that was taken by force once must not be so again, whoever has it now.
    const method = held.steal && held.settle !== undefined ? "steal" : "lock";
    session.request(method, [held.name], (error, result) => {
      if (error === undefined && isObject(result) && result["locked"] === true) this.#change(held, true);
      else if (error instanceof OvsdbError && error.sent === undefined) {
        this.#locks.delete(held.name);
        held.settle?.(error, NO_LOCK);
      }
    });
  }

  #change(held: Held, isHeld: boolean): void {
    if (held.isHeld === isHeld) return;
    held.isHeld = isHeld;
    const { settle } = held;
    held.settle = undefined;
    if (settle === undefined) held.onChange?.(isHeld);
    else settle(undefined, this.#lockOf(held));
  }

  #lockOf(held: Held): Lock {
    return {
      name: held.name,
      get isHeld() {
        return held.isHeld;
      },
      unlock: () => this.#unlock(held),
    };
  }

  #unlock(held: Held): void {
    if (this.#locks.get(held.name) !== held) return;
    this.#locks.delete(held.name);
    held.isHeld = false;
    this.#session?.request("unlock", [held.name], () => undefined);
  }
}
