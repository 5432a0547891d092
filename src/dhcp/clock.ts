/** Time and timers, so that tests need not wait. */
export interface Clock {
  /** Milliseconds since some moment of this boot; never set back (CLOCK_MONOTONIC). Processes of one boot agree on it. */
  now(): number;
  /** Milliseconds since 1970; may be set. */
  wallTime(): number;
  /** Says which boot `now` counts from. */
  readonly boot: string;
  /** Calls back once, in so many milliseconds, unless the returned function is called before. */
  after(milliseconds: number, callback: () => void): () => void;
}

/** Node's longest timer. */
const LONGEST = 2 ** 31 - 1;

/**
 * The system's own clock. `boot` is what /proc/sys/kernel/random/boot_id says. Its timers do not keep the process alive.
 */
export function systemClock(boot: string): Clock {
  function now(): number {
    return Number(process.hrtime.bigint() / 1000n) / 1000;
  }
  return {
    boot,
    now,
    wallTime: Date.now,
    after(milliseconds, callback) {
      if (milliseconds === Infinity) return () => undefined;
      const due = now() + milliseconds;
      let timer: NodeJS.Timeout;
      function wait(): void {
        const left = Math.max(0, due - now());
        timer = setTimeout(left > LONGEST ? wait : callback, Math.min(left, LONGEST)).unref();
      }
      wait();
      return () => clearTimeout(timer);
    },
  };
}
