/** What is handed to who reads changes as they come. */
export interface ChangeQueue<C> {
  push(changes: readonly C[]): void;
  /** No more will come. */
  end(error?: Error): void;
  readonly iterator: AsyncIterableIterator<C>;
}

/**
 * Changes wait here until they are read. When more than `most` wait, they are dropped, and `overrun` stands for them.
 * `hold` keeps the process alive while somebody waits; `onEnd` is called when nobody reads any more.
 */
export function changeQueue<C>(
  most: number,
  overrun: C,
  { hold, onEnd }: { readonly hold: () => () => void; readonly onEnd: () => void },
): ChangeQueue<C> {
  let queue: C[] = [];
  let ended: { readonly error?: Error } | undefined;
  let wake: (() => void) | undefined;
  const rouse = (): void => {
    wake?.();
    wake = undefined;
  };
  const finish = (error?: Error): void => {
    if (ended !== undefined) return;
    ended = error === undefined ? {} : { error };
    rouse();
    onEnd();
  };
  const iterator: AsyncIterableIterator<C> = {
    async next() {
      while (queue.length === 0 && ended === undefined) {
        const release = hold();
        await new Promise<void>((resolve) => (wake = resolve));
        release();
      }
      const value = queue.shift();
      if (value !== undefined) return { done: false, value };
      if (ended?.error !== undefined) throw ended.error;
      return { done: true, value: undefined };
    },
    // eslint-disable-next-line @typescript-eslint/require-await -- an iterator's methods return promises
    async return() {
      queue = [];
      finish();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return {
    push(changes) {
      if (ended !== undefined) return;
      if (queue.length + changes.length > most) queue = [overrun];
      else for (const change of changes) queue.push(change);
      rouse();
    },
    end: finish,
    iterator,
  };
}
