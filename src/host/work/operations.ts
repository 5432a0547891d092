import { checkSignal, unlessAborted } from "../../base/signal.js";
import { hostClosed } from "../../kernel/thread.js";

/** How many pieces of work are under way at once: enough to keep the kernel busy while the event loop does other things. */
const MOST = 64;

/** What a host has under way: each piece of work is one or more requests that belong together. */
export interface Operations {
  /**
   * Does a piece of work after what was asked for before it: now, or, while much is under way, in a later turn of the event
   * loop, so that neither that nor the heap is flooded. Rejects when the host is being closed. The stack of what it rejects with
   * tells who awaits it, where that is an async function. What a signal aborts before its turn is not begun. `explain`: what an
   * error becomes. `alone`: it has to look before it changes, and what is asked for after it begins when it is done.
   */
  run<T>(
    work: () => Promise<T>,
    signal?: AbortSignal,
    explain?: (error: unknown) => unknown,
    alone?: boolean,
  ): Promise<T>;
  /**
   * Does a piece of work that changes nothing: when the signal aborts, it rejects with the signal's reason at once. What the kernel
   * was asked for already is answered, and thrown away, or given to `late`.
   */
  ask<T>(work: () => Promise<T>, signal?: AbortSignal, late?: (value: T) => void): Promise<T>;
  /** Does what other work waits for: at once, however much is under way. */
  runNow<T>(work: () => Promise<T>): Promise<T>;
  /** How many pieces of work have not come to their end. */
  readonly underWay: number;
  /** Refuses what comes from now on, and waits for what is under way. */
  end(): Promise<void>;
}

/** The error with a stack that is taken here, where Node sees which async functions wait. */
function seenFromHere(error: unknown): unknown {
  if (error instanceof Error) Error.captureStackTrace(error, seenFromHere);
  return error;
}

/** What a promise comes to; what it rejects with, but for the signal's reason, has a stack that tells who awaits it. */
export async function seenFromCaller<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw signal?.aborted === true && error === signal.reason ? error : seenFromHere(error);
  }
}

export function operations(): Operations {
  const waiting: { readonly begin: () => void; readonly alone: boolean }[] = [];
  /** Something is under way that others wait for. */
  let held = false;
  let running = 0;
  let underWay = 0;
  let refilling = false;
  let ended = false;
  let last: (() => void) | undefined;

  function refill(): void {
    refilling = false;
    while (underWay < MOST && waiting.length > 0 && !held) {
      const next = waiting.shift()!;
      begin(next.alone);
      next.begin();
    }
  }

  function begin(alone: boolean): void {
    underWay++;
    held = alone;
  }

  /** Resolves when it is this piece of work's turn; undefined when it is now. */
  function turn(alone: boolean): Promise<void> | undefined {
    if (underWay < MOST && waiting.length === 0 && !held) {
      begin(alone);
      return undefined;
    }
    return new Promise((resolve) => {
      waiting.push({ begin: resolve, alone });
    });
  }

  function leave(): void {
    if (--running === 0) last?.();
  }

  function over(alone: boolean): void {
    underWay--;
    if (alone) held = false;
    leave();
    if (waiting.length === 0 || refilling) return;
    refilling = true;
    setImmediate(refill);
  }

  async function run<T>(
    work: () => Promise<T>,
    signal?: AbortSignal,
    explain: (error: unknown) => unknown = (error) => error,
    alone = false,
  ): Promise<T> {
    if (ended) throw hostClosed();
    checkSignal(signal);
    running++;
    const later = turn(alone);
    if (later !== undefined) await later;
    try {
      signal?.throwIfAborted();
      return await work();
    } catch (error) {
      throw signal?.aborted === true && error === signal.reason ? error : seenFromHere(explain(error));
    } finally {
      over(alone);
    }
  }

  async function runNow<T>(work: () => Promise<T>): Promise<T> {
    if (ended) throw hostClosed();
    running++;
    try {
      return await work();
    } finally {
      leave();
    }
  }

  return {
    run,
    ask: (work, signal, late) => unlessAborted(signal, run(work, signal), late),
    runNow,
    get underWay() {
      return running;
    },
    end() {
      ended = true;
      return running === 0 ? Promise.resolve() : new Promise((resolve) => (last = resolve));
    },
  };
}

/** The same operations, none of which is begun once a signal has aborted; what only asks is given up at once. */
export function operationsUntil(all: Operations, signal: AbortSignal): Operations {
  const unless =
    <T>(work: () => Promise<T>) =>
    (): Promise<T> => {
      signal.throwIfAborted();
      return work();
    };
  return {
    run: (work, own, explain, alone) => all.run(unless(work), own ?? signal, explain, alone),
    ask: (work, own, late) => unlessAborted(own, all.ask(work, signal, late), late),
    runNow: (work) => all.runNow(async () => unless(work)()),
    get underWay() {
      return all.underWay;
    },
    end: () => all.end(),
  };
}
