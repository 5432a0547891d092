import { InputError, quoted } from "../base/errors.js";

/**
 * When requests that the kernel answers at once (one link, creating, changing, attaching, addresses, routes, FDB entries) go
 * through the host's thread; everything else always does.
 *
 * - "always": the event loop never waits for the kernel; each awaited request takes the time to wake a thread and to be woken.
 * - "never": the calling thread executes them, at the price of a system call: for programs with nothing else to do meanwhile.
 * - "auto", the default: the calling thread executes them, for 2 ms in a turn of the event loop, then goes on in the next; when one
 *   took longer, as another program holds the kernel's network lock, the thread does until it is answered quickly again.
 *
 * What a host is asked for is executed in the order in which it is asked for, and fails with the same errors, each way.
 */
export type ThreadUse = "auto" | "always" | "never";

const DEFAULT: ThreadUse = "auto";

/** Milliseconds that one request, and all that follow each other in a turn of the event loop, may keep that. */
const LONG = 2;
/** Milliseconds for which the thread executes after that; twice as many when it happens again within the longest. */
const FIRST_PAUSE = 10;
const LONGEST_PAUSE = 1000;

/** Who executes a request: the calling thread, now or in the event loop's next turn, or the host's thread. */
export type Executor = "caller" | "caller later" | "thread";

/** Decides which thread executes requests that the kernel answers at once, and is told how long they took. */
export interface Execution {
  executor(): Executor;
  /** What it is told when the calling thread did: when that began. */
  began(): number;
  executed(began: number): void;
  /** The host's thread did in so many milliseconds, and had nothing else to do. */
  answered(took: number): void;
}

const always: Execution = {
  executor: () => "thread",
  began: () => 0,
  executed: () => undefined,
  answered: () => undefined,
};
const never: Execution = { ...always, executor: () => "caller" };

function auto(): Execution {
  let turnBegan: number | undefined;
  let pause = 0;
  let pauseEnds = -Infinity;
  let paused = false;
  // The property of the global object is a function that looks for it.
  const { performance } = globalThis;

  function nextTurn(): void {
    turnBegan = undefined;
  }

  function executed(began: number): void {
    const now = performance.now();
    if (turnBegan === undefined) {
      turnBegan = began;
      setImmediate(nextTurn);
    }
    if (now - began <= LONG) return;
    const calm = now - pauseEnds > LONGEST_PAUSE;
    pause = calm ? FIRST_PAUSE : Math.min(2 * pause, LONGEST_PAUSE);
    pauseEnds = now + pause;
    paused = true;
  }

  function answered(took: number): void {
    if (took <= LONG && performance.now() >= pauseEnds) paused = false;
  }

  function executor(): Executor {
    if (paused) return "thread";
    return turnBegan === undefined || performance.now() - turnBegan < LONG ? "caller" : "caller later";
  }

  return { executor, began: () => performance.now(), executed, answered };
}

/** Throws InputError for what says no such thing. */
export function execution(use: ThreadUse = DEFAULT): Execution {
  if (use === "auto") return auto();
  if (use === "always") return always;
  if (use === "never") return never;
  throw new InputError(`${quoted(use)} is none of auto, always, never`, "thread");
}
