import type { ColumnType } from "../../ovsdb/schema.js";
import { formatExactly, type Json } from "../../ovsdb/exact-json.js";
import { type Datum, datumBare, datumJson, datumText } from "./datum.js";

/** How tables are printed. */
export interface TableStyle {
  readonly format: "table" | "list" | "html" | "csv" | "json";
  readonly data: "string" | "bare" | "json";
  readonly headings: boolean;
  readonly pretty: boolean;
  /** Bytes of a column of the format "table" at most; 0 for no limit. */
  readonly maxColumnWidth: number;
}

export interface Cell {
  readonly datum: Datum;
  readonly type: ColumnType;
}

export interface TextTable {
  readonly caption?: string;
  readonly headings: readonly string[];
  readonly rows: readonly (readonly (Cell | string)[])[];
}

const HTML: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const LIST_WIDTH = 20;

/** JSON with its members sorted, as Open vSwitch prints it; with line breaks when `pretty`. */
export function jsonText(json: Json, pretty: boolean): string {
  const order = (value: Json): Json => {
    if (Array.isArray(value)) return value.map((each: Json) => order(each));
    if (typeof value !== "object" || value === null) return value;
    const names = Object.keys(value).sort();
    return Object.fromEntries(names.map((name) => [name, order((value as Record<string, Json>)[name]!)]));
  };
  const sorted = order(json);
  return pretty ? prettyText(sorted, 0) : formatExactly(sorted);
}

function prettyText(json: Json, level: number): string {
  if (typeof json !== "object" || json === null) return formatExactly(json);
  const [isArray, inner] = [Array.isArray(json), " ".repeat(2 * (level + 1))];
  const parts = isArray
    ? (json as readonly Json[]).map((each) => prettyText(each, level + 1))
    : Object.entries(json).map(([name, each]) => `${JSON.stringify(name)}: ${prettyText(each, level + 1)}`);
  if (parts.length === 0) return isArray ? "[]" : "{}";
  const [open, close] = isArray ? ["[", "]"] : ["{", "}"];
  return `${open}\n${parts.map((part) => inner + part).join(",\n")}${close}`;
}

function cellText(cell: Cell | string, style: TableStyle): string {
  if (typeof cell === "string") return cell;
  if (style.data === "json") return jsonText(datumJson(cell.datum, cell.type), style.pretty);
  return style.data === "bare" ? datumBare(cell.datum, cell.type) : datumText(cell.datum, cell.type);
}

function asTable(headings: readonly string[], rows: readonly string[][], style: TableStyle): string {
  const widths = headings.map((heading, i) => {
    const widest = Math.max(0, ...rows.map((row) => Buffer.byteLength(row[i]!)));
    const limited = style.maxColumnWidth > 0 ? Math.min(widest, style.maxColumnWidth) : widest;
    return style.headings ? Math.max(limited, heading.length) : limited;
  });
  const line = (cells: readonly string[]): string =>
    `${cells
      .map((cell, i) => cell.slice(0, widths[i]).padEnd(widths[i]!))
      .join(" ")
      .trimEnd()}\n`;
  const head = style.headings ? line(headings) + line(widths.map((width) => "-".repeat(width))) : "";
  return head + rows.map(line).join("");
}

function asList(headings: readonly string[], rows: readonly string[][], style: TableStyle): string {
  const line = (text: string, i: number): string =>
    `${style.headings ? `${headings[i]!.padEnd(LIST_WIDTH)}: ` : ""}${text}\n`;
  return rows.map((row) => row.map(line).join("")).join("\n");
}

function asHtml(
  { caption }: TextTable,
  headings: readonly string[],
  rows: readonly string[][],
  style: TableStyle,
): string {
  const escape = (text: string): string => text.replace(/[&<>"]/g, (letter) => HTML[letter]!);
  const linked = (text: string): string =>
    text
      .split(/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/)
      .map((part, i) => (i % 2 === 1 ? `<a href="#${part}">${part.slice(0, 8)}</a>` : escape(part)))
      .join("");
  const cell = (text: string, i: number): string =>
    headings[i] === "_uuid"
      ? `    <td><a name="${escape(text)}">${escape(text.slice(0, 8))}</a></td>\n`
      : `    <td>${linked(text)}</td>\n`;
  const head = style.headings
    ? `  <tr>\n${headings.map((each) => `    <th>${linked(each)}</th>\n`).join("")}  </tr>\n`
    : "";
  const body = rows.map((row) => `  <tr>\n${row.map(cell).join("")}  </tr>\n`).join("");
  return `<table border=1>\n${caption === undefined ? "" : `    <caption>${linked(caption)}</caption>\n`}${head}${body}</table>\n`;
}

function asCsv(headings: readonly string[], rows: readonly string[][], style: TableStyle): string {
  const cell = (text: string): string => (/[\n",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = style.headings ? [headings, ...rows] : rows;
  return lines.map((line) => `${line.map(cell).join(",")}\n`).join("");
}

/** A table as it is printed; `isFirst`: others are parted from those before them by an empty line. */
export function tableText(table: TextTable, style: TableStyle, isFirst: boolean): string {
  const { caption, headings, rows } = table;
  if (style.format === "json") {
    const data = rows.map((row) =>
      row.map((cell) => (typeof cell === "string" ? cell : datumJson(cell.datum, cell.type))),
    );
    return `${jsonText({ ...(caption === undefined ? {} : { caption }), headings, data }, style.pretty)}\n`;
  }
  const texts = rows.map((row) => row.map((cell) => cellText(cell, style)));
  if (style.format === "html") return asHtml(table, headings, texts, style);
  const make = { table: asTable, list: asList, csv: asCsv }[style.format];
  return `${isFirst ? "" : "\n"}${caption === undefined ? "" : `${caption}\n`}${make(headings, texts, style)}`;
}
