/** How many pieces of work are under way at once: enough to keep the kernel busy while the event loop does other things. */
const MOST = 64;

/** Begins work in the order in which it is asked for, so much at a time that neither the event loop nor the heap is flooded. */
export interface Pace {
  /** Begins work now, or, while much is under way, in a later turn of the event loop. */
  begin<T>(work: () => Promise<T>): Promise<T>;
  /** To be told when a piece of work is over. */
  over(): void;
}

export function pacer(): Pace {
  const waiting: (() => void)[] = [];
  let underWay = 0;
  let refilling = false;

  function refill(): void {
    refilling = false;
    for (const begin of waiting.splice(0, MOST - underWay)) begin();
  }

  function now<T>(work: () => Promise<T>): Promise<T> {
    underWay++;
    return work();
  }

  return {
    begin(work) {
      if (underWay < MOST && waiting.length === 0) return now(work);
      return new Promise((resolve) => {
        waiting.push(() => {
          resolve(now(work));
        });
      });
    },
    over() {
      underWay--;
      if (waiting.length === 0 || refilling) return;
      refilling = true;
      setImmediate(refill);
    },
  };
}
