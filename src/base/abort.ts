import { InputError } from "./errors.js";

/** Settles as a promise does, unless a signal aborts before: it rejects with the signal's reason then, and what was begun goes on. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const controller = new AbortController();
  const aborted = new Promise<never>((_resolve, reject) => {
    const stop = (): void => {
      const reason = signal.reason as Error;
      reject(reason);
    };
    signal.addEventListener("abort", stop, { once: true, signal: controller.signal });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    controller.abort();
  }
}

/** Throws InputError for what is no signal, and the reason of one that has aborted. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  if (!(signal instanceof AbortSignal)) throw new InputError("it is no AbortSignal", "signal");
  signal.throwIfAborted();
}
