/** How much of what is asked for at once is begun in one turn of the event loop: a millisecond or two of it. */
const SLICE = 100;

/** Begins work now, or, when much has been begun in this turn of the event loop, in one of the next turns. The order stays. */
export type Pace = <T>(begin: () => Promise<T>) => Promise<T>;

/** `turn`: a number that has changed in every turn in which something came back, so that who waits for each is not held up. */
export function pacer(turn: () => number): Pace {
  const waiting: (() => void)[] = [];
  let begun = 0;
  let last = turn();

  function next(): void {
    const slice = waiting.splice(0, SLICE);
    begun = slice.length;
    last = turn();
    for (const begin of slice) begin();
    if (waiting.length > 0) setImmediate(next);
  }

  return (begin) => {
    if (turn() !== last) {
      last = turn();
      begun = 0;
    }
    if (begun < SLICE && waiting.length === 0) {
      begun++;
      return begin();
    }
    if (waiting.length === 0) setImmediate(next);
    return new Promise((resolve) =>
      waiting.push(() => {
        resolve(begin());
      }),
    );
  };
}
