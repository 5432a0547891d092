import { pacer } from "./pace.js";
import { hostClosed } from "../../kernel/thread.js";

/** What a host has under way: each piece of work is one or more requests that belong together. */
export interface Operations {
  /** Does a piece of work, after what was asked for before it; rejects when the host is being closed. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Does what other work waits for: at once, however much is under way. */
  runNow<T>(work: () => Promise<T>): Promise<T>;
  /** Refuses what comes from now on, and waits for what is under way. */
  end(): Promise<void>;
}

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

  return {
    run,
    runNow,
    end() {
      ended = true;
      return running === 0 ? Promise.resolve() : new Promise((resolve) => (last = resolve));
    },
  };
}
