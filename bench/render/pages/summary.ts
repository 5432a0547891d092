import { standingOf } from "../../judge/ahead.js";
import type { Latency, Result, Row } from "../../result.js";
import type { Chart } from "../charts.js";
import { limitsOf, machineOf } from "../drawing/words.js";
import { MARKED, type Cell, bold, medianOf, missingFrom, partOf, picture, tableOf, takingPart } from "./markdown.js";

const CHARTS = ["throughput", "cost"];

/** The README's part: a table of ratios, two charts, what was promised and found. */
export function summaryOf(result: Result, charts: readonly Chart[]): string[] {
  const foremost = charts.filter(({ name }) => CHARTS.includes(name));
  return [...table(result), ...foremost.map((chart) => picture(chart, "")), promises(result), standing(result)];
}

interface Column {
  readonly title: string;
  readonly source: Row | Latency;
  cell(contender: string): Cell | undefined;
}

/** The columns of the README's table: what a row, or a part of single attaches, says of a contender. */
function columnsOf({ rows, latencies }: Result): Column[] {
  const latency = latencies.find(({ id }) => id === "latency.each.100");
  const times = [
    { title: "attach one, p50", source: latency, cell: (id: string) => partOf(latency, id, 0.5) },
    { title: "attach one, p99", source: latency, cell: (id: string) => partOf(latency, id, 0.99) },
  ];
  const work = (
    [
      ["create 1000", "throughput.create.1000"],
      ["attach 1000, each awaited", "throughput.attach-each.1000"],
      ["attach 1000, one batch", "throughput.attach-batch.1000"],
      ["remove 1000", "throughput.remove.1000"],
      ["all of it, 1000", "throughput.total.1000"],
      ["list 1000 links", "reading.links.1000"],
    ] as const
  ).map(([title, id]) => {
    const row = rows.find((row) => row.id === id);
    return { title, source: row, cell: (contender: string) => medianOf(row, contender) };
  });
  return [...times, ...work].flatMap(({ source, ...column }) => (source === undefined ? [] : [{ source, ...column }]));
}

function table(result: Result): string[] {
  const columns = columnsOf(result);
  const contenders = takingPart(
    result,
    columns.map(({ source }) => source),
  );
  const lines = contenders.map(({ id, title }) => [
    title,
    ...columns.map(({ cell }) => {
      const { value, ratio }: Cell = cell(id) ?? { value: "–" };
      return id === "linkwright" ? bold(ratio ?? value) : (ratio ?? value);
    }),
  ]);
  return [
    `Measured on ${machineOf(result)}${limitsOf(result)}. The first line is what the work takes in C with nothing but system calls; the others are times that, side by side in each round. ${MARKED}`,
    ...(columns.length > 0 ? [tableOf([["", ...columns.map(({ title }) => title)], ...lines])] : []),
  ];
}

function promises({ verdicts }: Result): string {
  const lines = verdicts.map(({ title, value, limit, holds }) => {
    const text = `${title}: ${value}, at most ${limit}`;
    return holds ? `- ${text}` : `- ${bold("missed")}: ${text}`;
  });
  return ["What is promised, and what was found:\n", ...lines].join("\n");
}

/** In how many rows peers are ahead, and who is missing. */
function standing(result: Result): string {
  const where = "[by how much, and why](docs/benchmark.md#where-peers-are-ahead)";
  return `${standingOf(result.rows)}: ${where}. ${missingFrom(result)}`.trim();
}
