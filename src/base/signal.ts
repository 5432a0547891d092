import { InputError } from "./errors.js";

/** What ends a wait from outside. */
export interface Cancellation {
  readonly signal?: AbortSignal | undefined;
}

/** Throws InputError for what is no AbortSignal, and the signal's reason when it is aborted already. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  if (typeof signal !== "object" || typeof signal.addEventListener !== "function")
    throw new InputError("not an AbortSignal", "signal");
  signal.throwIfAborted();
}

/** Calls back when a signal is aborted; what is returned takes that back. */
export function onAbort(signal: AbortSignal | undefined, tell: (reason: unknown) => void): () => void {
  if (signal === undefined) return () => undefined;
  const aborted = (): void => {
    tell(signal.reason);
  };
  signal.addEventListener("abort", aborted, { once: true });
  return () => {
    signal.removeEventListener("abort", aborted);
  };
}

/** A signal that aborts with the first of two. */
export function eitherOf(one: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  if (other === undefined) return one;
  const both = new AbortController();
  for (const each of [one, other]) {
    if (each.aborted) both.abort(each.reason);
    onAbort(each, (reason) => {
      both.abort(reason);
    });
  }
  return both.signal;
}

/** What a promise comes to, or the signal's reason as soon as that is aborted; `late` is given what came too late. */
export function unlessAborted<T>(
  signal: AbortSignal | undefined,
  work: Promise<T>,
  late: (value: T) => void = () => undefined,
): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    let aborted = false;
    const forget = onAbort(signal, (reason) => {
      aborted = true;
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a signal's reason is what its owner chose
      reject(reason);
    });
    work.then(
      (value) => {
        forget();
        if (aborted) late(value);
        else resolve(value);
      },
      (error: Error) => {
        forget();
        reject(error);
      },
    );
  });
}
