import type { Cancellation } from "../../base/signal.js";
import type { Operations } from "./operations.js";

/** The arguments of a function, the last of which may have a signal among its properties: without that, and the signal. */
function parted(given: readonly unknown[]): { readonly given: readonly unknown[]; readonly signal?: AbortSignal } {
  const last = given.at(-1);
  if (typeof last !== "object" || last === null || !Object.hasOwn(last, "signal")) return { given };
  const { signal, ...rest } = last as Cancellation;
  return { given: [...given.slice(0, -1), rest], ...(signal !== undefined && { signal }) };
}

/**
 * Does a piece of work that changes nothing. When the signal among its arguments aborts, it rejects with the signal's reason at
 * once; what the kernel was asked for already is answered, and thrown away.
 */
export function read<A extends readonly unknown[], T>(
  work: Operations,
  list: (...given: A) => Promise<T>,
  ...all: A
): Promise<T> {
  const { given, signal } = parted(all);
  return work.ask(() => list(...(given as A)), signal);
}
