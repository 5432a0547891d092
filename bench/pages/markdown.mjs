import { floorOf, oursOf } from "../comparison.mjs";
import { inOrder, titleOf } from "../drawing/contenders.mjs";
import { duration, threeDigits } from "../drawing/words.mjs";
import { median, quantile, ratios } from "../statistics.mjs";

/** Lines of cells as a table of Markdown; all columns but the first to the right. */
export function tableOf([head, ...lines]) {
  const row = (cells) => `| ${cells.join(" | ")} |`;
  return [row(head), row(head.map((_, column) => (column === 0 ? "---" : "---:"))), ...lines.map(row)].join("\n");
}

/** A number of a row in its own unit: "95.5 ms", "74.1 µs", "12.3 MB". */
export function amount(value, unit) {
  if (unit === "ms") return duration(value * 1000);
  return unit === "µs" ? duration(value) : `${threeDigits(value)} ${unit}`;
}

/** A ratio: "0.99", "1.10", "16.4". */
export const times = (ratio) => (ratio < 10 ? ratio.toFixed(2) : threeDigits(ratio));

/**
 * What a contender needed, in words, and the same divided by what the floor needed, round by round: `{ value, ratio? }`.
 * Undefined where it was not measured.
 */
export function medianOf(row, id) {
  const samples = row?.samples[id] ?? [];
  if (samples.length === 0) return undefined;
  const floor = row.samples[floorOf(row)] ?? [];
  const ratio = floor.length > 0 && id !== floorOf(row) ? { ratio: times(median(ratios(samples, floor))) } : {};
  return { value: amount(median(samples), row.unit), ...ratio };
}

/** The same of single attaches, for the part of them that took at most so long: 0.5 is the median. */
export function partOf(latency, id, part) {
  const samples = latency?.samples[id] ?? [];
  if (samples.length === 0) return undefined;
  const value = quantile(samples, part);
  const floor = latency.samples.floor ?? [];
  const ratio = floor.length > 0 && id !== "floor" ? { ratio: times(value / quantile(floor, part)) } : {};
  return { value: duration(value), ...ratio };
}

/**
 * Whoever has samples in one of the rows, as `{ id, title }`, ours in bold, and marked who starts a process for each operation;
 * in the order of the result.
 */
export function takingPart(result, rows) {
  const all = Object.assign({}, ...rows.map(({ samples }) => samples));
  const ours = rows.map(oursOf);
  return inOrder(result, all).map((id) => {
    const title = `${titleOf(result, id)}${result.contenders[id]?.processes ? MARK : ""}`;
    return { id, title: ours.includes(id) ? bold(title) : title };
  });
}

const MARK = " ¹";
export const MARKED = `${MARK.trim()} starts a process for each operation, as its users have it; the start counts.`;

export const bold = (text) => `**${text}**`;

/** A chart that follows the reader's choice of light or dark; `up` leads to the project's folder. */
export const picture = ({ name, title }, up) =>
  [
    "<picture>",
    `  <source media="(prefers-color-scheme: dark)" srcset="${up}bench/charts/${name}-dark.svg">`,
    `  <img alt="${title}" src="${up}bench/charts/${name}-light.svg">`,
    "</picture>",
  ].join("\n");

export function missingFrom({ missing }) {
  if (missing.length === 0) return "";
  return `Not on this machine: ${missing.map(({ name, reason }) => `${name} (${reason})`).join(", ")}.`;
}
