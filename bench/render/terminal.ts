/** Rows of text in aligned columns, the first to the left and the others to the right; a rule below the head. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => [...row[column]!].length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  ");
  const [head = "", ...body] = rows.map(line);
  return [head, "─".repeat([...head].length), ...body].join("\n");
}

const WIDTH = 30;

/**
 * A progress bar on a terminal, which takes the line of standard error that it is on; elsewhere a line a section. `shares`:
 * how long each section takes, in any unit. The function it returns tells how far a section is, from 0 to 1, and with what.
 */
export function progressBar(
  shares: Readonly<Record<string, number>>,
  output: NodeJS.WriteStream = process.stderr,
): { show(section: string, part: number, text: string): void; end(): void } {
  const start = performance.now();
  const names = Object.keys(shares);
  const whole = Object.values(shares).reduce((sum, share) => sum + share, 0);
  let last: string | undefined;

  function show(section: string, part: number, text: string): void {
    if (!output.isTTY) {
      if (section !== last) output.write(`${section}\n`);
      last = section;
      return;
    }
    const before = names.slice(0, names.indexOf(section)).reduce((sum, name) => sum + (shares[name] ?? 0), 0);
    const done = (before + (shares[section] ?? 0) * part) / whole;
    const bar = "█".repeat(Math.round(done * WIDTH)).padEnd(WIDTH, "░");
    const line = `${bar} ${String(Math.floor(done * 100)).padStart(3)} %  ${clock(start)}  ${section}: ${text}`;
    output.write(`\r\x1b[K${line.slice(0, (output.columns ?? 80) - 1)}`);
  }

  const end = (): void => {
    if (output.isTTY) output.write("\r\x1b[K");
  };
  return { show, end };
}

function clock(start: number): string {
  const seconds = Math.floor((performance.now() - start) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Three significant digits, and never an exponent. */
export function brief(value: number): string {
  if (value === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 6));
}
