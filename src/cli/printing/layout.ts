import type { Style } from "../io.js";

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

/** What a terminal has at least. */
const WIDTH = 80;
/** Wider words have what belongs to them on the next line. */
const WIDEST_WORD = 34;
/** The least room for a text beside its word. */
const LEAST_TEXT = 36;

/** Lines of a text, broken between words; a word that is longer than a line is broken behind a separator of what it lists. */
export function wrapped(text: string, room: number): string[] {
  const pieces = text.split(" ").flatMap((word) => {
    const parts = width(word) <= room ? [word] : word.split(/(?<=[|,])/);
    return parts.map((part, i) => ({ part, glue: i === 0 ? " " : "" }));
  });
  const lines: string[] = [];
  for (const { part, glue } of pieces) {
    const last = lines.at(-1);
    if (last === undefined || width(last) + width(glue + part) > room) lines.push(part);
    else lines[lines.length - 1] = last + glue + part;
  }
  return lines;
}

/** Words and what belongs to them, aligned, indented. */
export function definitions(rows: readonly (readonly [word: string, text: string])[], style: Style): string {
  const size = Math.max(0, ...rows.map(([word]) => width(word)).filter((each) => each <= WIDEST_WORD));
  const room = Math.max(LEAST_TEXT, WIDTH - size - 4);
  const indent = " ".repeat(size + 4);
  return rows
    .flatMap(([word, text]) => {
      const texts = text === "" ? [] : wrapped(visible(text), room);
      if (width(word) <= WIDEST_WORD) {
        const [first = "", ...rest] = texts;
        const start = `  ${style.cyan(padded(word, size, false))}  ${first}`.trimEnd();
        return [start, ...rest.map((line) => indent + line)];
      }
      const words = wrapped(word, WIDTH - 4).map((line, i) => (i === 0 ? "  " : "    ") + style.cyan(line));
      return [...words, ...texts.map((line) => indent + line)];
    })
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
