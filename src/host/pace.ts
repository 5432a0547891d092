/** How much of what is begun at once is begun in one turn of the event loop: a millisecond or two of it. */
const SLICE = 100;

let begun = 0;
let sentBefore = -1;
const waiting: (() => void)[] = [];

function nextTurn(): void {
  for (const go of waiting.splice(0, SLICE)) go();
  if (waiting.length > 0) setImmediate(nextTurn);
}

/**
 * Before work that keeps the event loop for a while when much of it is begun at once: undefined to go on, or, when much has been
 * begun and nothing has been sent since, a promise for one of the next turns, in the order of those who ask. `sent`: how often
 * the connection has sent.
 */
export function pace(sent: number): Promise<void> | undefined {
  if (sent !== sentBefore) {
    sentBefore = sent;
    begun = 0;
  }
  if (begun < SLICE && waiting.length === 0) {
    begun++;
    return undefined;
  }
  if (waiting.length === 0) setImmediate(nextTurn);
  return new Promise((resolve) => waiting.push(resolve));
}
