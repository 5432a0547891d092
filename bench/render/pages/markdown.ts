import { floorOf, oursOf } from "../../judge/comparison.js";
import type { Chart } from "../charts.js";
import type { Latency, Result, Row } from "../../result.js";
import { inOrder, titleOf } from "../drawing/contenders.js";
import { duration, threeDigits } from "../drawing/words.js";
import { median, quantile, ratios } from "../../judge/statistics.js";

/** Lines of cells as a table of Markdown; all columns but the first to the right. */
export function tableOf([head = [], ...lines]: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [row(head), row(head.map((_, column) => (column === 0 ? "---" : "---:"))), ...lines.map(row)].join("\n");
}

/** A number of a row in its own unit: "95.5 ms", "74.1 µs", "12.3 MB". */
export function amount(value: number, unit: Row["unit"]): string {
  if (unit === "ms") return duration(value * 1000);
  return unit === "µs" ? duration(value) : `${threeDigits(value)} ${unit}`;
}

/** A ratio: "0.99", "1.10", "16.4". */
export const times = (ratio: number): string => (ratio < 10 ? ratio.toFixed(2) : threeDigits(ratio));

/** What a contender needed, in words, and the same divided by what the floor needed. */
export interface Cell {
  readonly value: string;
  readonly ratio?: string;
}

/**
 * What a contender needed, in words, and the same divided by what the floor needed, round by round: `{ value, ratio? }`.
 * Undefined where it was not measured.
 */
export function medianOf(row: Row | undefined, id: string): Cell | undefined {
  const samples = row?.samples[id] ?? [];
  if (row === undefined || samples.length === 0) return undefined;
  const floor = row.samples[floorOf(row)] ?? [];
  const ratio = floor.length > 0 && id !== floorOf(row) ? { ratio: times(median(ratios(samples, floor))) } : {};
  return { value: amount(median(samples), row.unit), ...ratio };
}

/** The same of single attaches, for the part of them that took at most so long: 0.5 is the median. */
export function partOf(latency: Latency | undefined, id: string, part: number): Cell | undefined {
  const samples = latency?.samples[id] ?? [];
  if (latency === undefined || samples.length === 0) return undefined;
  const value = quantile(samples, part);
  const floor = latency.samples.floor ?? [];
  const ratio = floor.length > 0 && id !== "floor" ? { ratio: times(value / quantile(floor, part)) } : {};
  return { value: duration(value), ...ratio };
}

/**
 * Whoever has samples in one of the rows, as `{ id, title }`, ours in bold, and marked who starts a process for each operation;
 * in the order of the result.
 */
export function takingPart(result: Result, rows: readonly (Row | Latency)[]): { id: string; title: string }[] {
  const all: Record<string, number[]> = {};
  for (const { samples } of rows) Object.assign(all, samples);
  const ours = rows.map((row) => oursOf(row as Pick<Row, "ours">));
  return inOrder(result, all).map((id) => {
    const title = `${titleOf(result, id)}${result.contenders[id]?.processes ? MARK : ""}`;
    return { id, title: ours.includes(id) ? bold(title) : title };
  });
}

const MARK = " ¹";
export const MARKED = `${MARK.trim()} starts a process for each operation, as its users have it; the start counts.`;

export const bold = (text: string): string => `**${text}**`;

/** A chart that follows the reader's choice of light or dark; `up` leads to the project's folder. */
export const picture = ({ name, title }: Chart, up: string): string =>
  [
    "<picture>",
    `  <source media="(prefers-color-scheme: dark)" srcset="${up}bench/charts/${name}-dark.svg">`,
    `  <img alt="${title}" src="${up}bench/charts/${name}-light.svg">`,
    "</picture>",
  ].join("\n");

export function missingFrom({ missing }: Result): string {
  if (missing.length === 0) return "";
  return `Not on this machine: ${missing.map(({ name, reason }) => `${name} (${reason})`).join(", ")}.`;
}
