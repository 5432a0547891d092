import { pacer } from "./pace.js";
import { hostClosed } from "./thread.js";

/** What a host has under way: each piece of work is one or more requests that belong together. */
export interface Operations {
  /** Does a piece of work, after what was asked for before it; rejects when the host is being closed. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** The same functions, each a piece of work. */
  each<G extends object>(group: G): G;
  /** Refuses what comes from now on, and waits for what is under way. */
  end(): Promise<void>;
}

export function operations(): Operations {
  const pace = pacer();
  let running = 0;
  let ended = false;
  let last: (() => void) | undefined;

  function done(): void {
    pace.over();
    if (--running === 0) last?.();
  }

  function started<T>(work: () => Promise<T>): Promise<T> {
    try {
      return work();
    } catch (error) {
      const reason = error as Error;
      return Promise.reject(reason);
    }
  }

  function run<T>(work: () => Promise<T>): Promise<T> {
    if (ended) return Promise.reject(hostClosed());
    const result = pace.begin(() => started(work));
    running++;
    result.then(done, done);
    return result;
  }

  return {
    run,
    each(group) {
      const functions = Object.entries(group as Record<string, (...given: unknown[]) => Promise<unknown>>);
      return Object.fromEntries(
        functions.map(([name, work]) => [name, (...given: unknown[]) => run(() => work(...given))]),
      ) as typeof group;
    },
    end() {
      ended = true;
      return running === 0 ? Promise.resolve() : new Promise((resolve) => (last = resolve));
    },
  };
}
