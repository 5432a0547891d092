/** Without what is undefined. */
export function plain(value: object): object {
  return JSON.parse(JSON.stringify(value)) as object;
}

/** Objects as lines that compare, whatever their order and that of their properties. */
export function inOrder(entries: readonly object[]): string[] {
  const lines = entries.map((entry) => Object.entries(entry).sort(([one], [other]) => (one < other ? -1 : 1)));
  return lines.map((line) => JSON.stringify(line)).sort();
}
