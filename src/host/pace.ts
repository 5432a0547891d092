/** How much of what is begun at once is begun in one turn of the event loop: a millisecond or two of it. */
const SLICE = 100;

let begun = 0;
const waiting: (() => void)[] = [];

function nextTurn(): void {
  const going = waiting.splice(0, SLICE);
  begun = going.length;
  if (begun > 0) setImmediate(nextTurn);
  for (const go of going) go();
}

/**
 * Before work that keeps the event loop for a while when much of it is begun at once: undefined to go on, or, when much has been
 * begun in this turn, a promise for one of the next ones, in the order of those who ask.
 */
export function pace(): Promise<void> | undefined {
  if (begun < SLICE && waiting.length === 0) {
    if (begun++ === 0) setImmediate(nextTurn);
    return undefined;
  }
  return new Promise((resolve) => waiting.push(resolve));
}
