import type { Known } from "./arguments.js";
import { pacer } from "./pace.js";
import type { Part } from "../parts.js";
import { hostClosed } from "../../kernel/thread.js";

/** What a host has under way: each piece of work is one or more requests that belong together. */
export interface Operations {
  /** Does a piece of work, after what was asked for before it; rejects when the host is being closed. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Does what other work waits for: at once, however much is under way. */
  runNow<T>(work: () => Promise<T>): Promise<T>;
  /** Does a piece of work with code that may have to be loaded: what is asked for after it waits for that, too. */
  runWith<M, T>(part: Part<M>, work: (module: M) => Promise<T>): Promise<T>;
  /** The functions of a group in such a part, each a piece of work. */
  group<M, G extends object>(part: Part<M>, make: (module: M) => G, names: Known<G>): G;
  /** How many pieces of work have not come to their end. */
  readonly underWay: number;
  /** Refuses what comes from now on, and waits for what is under way. */
  end(): Promise<void>;
}

type Functions = Record<string, (...given: unknown[]) => Promise<unknown>>;

export function operations(): Operations {
  const pace = pacer();
  let running = 0;
  let ended = false;
  let last: (() => void) | undefined;

  function leave(): void {
    if (--running === 0) last?.();
  }

  function leavePaced(): void {
    pace.over();
    leave();
  }

  function counted<T>(result: Promise<T>, over: () => void): Promise<T> {
    running++;
    result.then(over, over);
    return result;
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
    return counted(
      pace.begin(() => started(work)),
      leavePaced,
    );
  }

  function runNow<T>(work: () => Promise<T>): Promise<T> {
    return ended ? Promise.reject(hostClosed()) : counted(started(work), leave);
  }

  function runWith<M, T>(part: Part<M>, work: (module: M) => Promise<T>): Promise<T> {
    if (part.module !== undefined) return run(() => work(part.module!));
    const loading = part.load();
    pace.hold(loading);
    return run(() => (part.module === undefined ? loading.then(work) : work(part.module)));
  }

  return {
    run,
    runNow,
    runWith,
    get underWay() {
      return running;
    },
    group(part, make, names) {
      let group: Functions | undefined;
      const functions = Object.keys(names).map((name) => [
        name,
        (...given: unknown[]) =>
          runWith(part, (module) => {
            group ??= make(module) as Functions;
            return group[name]!(...given);
          }),
      ]);
      return Object.fromEntries(functions) as ReturnType<typeof make>;
    },
    end() {
      ended = true;
      return running === 0 ? Promise.resolve() : new Promise((resolve) => (last = resolve));
    },
  };
}
