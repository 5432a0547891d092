import type { Style } from "./io.js";

/** A column of a table. */
export interface Column<T> {
  readonly title: string;
  readonly value: (row: T) => string;
  readonly right?: boolean;
  readonly paint?: (text: string, row: T, style: Style) => string;
}

/** Characters, as far as a terminal's columns go. */
function width(text: string): number {
  return [...text].length;
}

/** What would move a terminal's cursor is shown as JSON spells it. */
export function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** What stands over what is said of one thing. */
export function heading(text: string, style: Style): string {
  return `${style.bold(visible(text))}\n`;
}

function padded(text: string, size: number, right: boolean): string {
  const space = " ".repeat(Math.max(0, size - width(text)));
  return right ? space + text : text + space;
}

/** Aligned columns under their titles, a line each row. */
export function table<T>(columns: readonly Column<T>[], rows: readonly T[], style: Style): string {
  const sizes = columns.map(({ title, value }) =>
    Math.max(width(title), ...rows.map((row) => width(visible(value(row))))),
  );
  const line = (cells: readonly string[]): string => `${cells.join("  ").trimEnd()}\n`;
  const titles = columns.map(({ title, right = false }, i) => padded(title, sizes[i]!, right));
  const lines = rows.map((row) =>
    line(
      columns.map(({ value, right = false, paint }, i) => {
        const text = padded(visible(value(row)), sizes[i]!, right);
        return paint === undefined ? text : paint(text, row, style);
      }),
    ),
  );
  return [style.dim(titles.join("  ").trimEnd()) + "\n", ...lines].join("");
}

/** Wider words have what belongs to them on the next line. */
const WIDEST_WORD = 52;

/** Words and what belongs to them, aligned, indented. */
export function definitions(rows: readonly (readonly [word: string, text: string])[], style: Style): string {
  const size = Math.max(0, ...rows.map(([word]) => width(word)).filter((each) => each <= WIDEST_WORD));
  const gap = (word: string): string => (width(word) > WIDEST_WORD ? `\n${" ".repeat(size + 4)}` : "  ");
  return rows
    .map(([word, text]) =>
      `  ${style.cyan(padded(word, size, false))}${text === "" ? "" : gap(word) + visible(text)}`.trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join("");
}

/** One JSON document: byte arrays as hexadecimal, numbers too large for JSON as text. */
export function json(value: unknown, indent = 2): string {
  function plain(this: unknown, key: string, shown: unknown): unknown {
    const real = (this as Record<string, unknown>)[key];
    if (real instanceof Uint8Array) return Buffer.from(real).toString("hex");
    return typeof real === "bigint" ? String(real) : shown;
  }
  return `${JSON.stringify(value, plain, indent)}\n`;
}
