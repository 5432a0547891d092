import { standingOf } from "../../judge/ahead.js";
import type { Result, Row } from "../../result.js";
import type { Chart } from "../charts.js";
import { limitsOf, machineOf } from "../drawing/words.js";
import { MARKED, type Cell, bold, medianOf, missingFrom, partOf, picture, tableOf, takingPart } from "./markdown.js";

const CHARTS = ["throughput", "cost"];

function pictures(charts: readonly Chart[], names: readonly string[], folder: string): string[] {
  return charts.filter(({ name }) => names.includes(name)).map((chart) => picture(chart, folder));
}

/** The README's part: how long one attach takes, with its chart, in how many rows who is ahead, and what was promised and missed. */
export function summaryOf(result: Result, charts: readonly Chart[]): string[] {
  return [
    `Measured on ${machineOf(result)}${limitsOf(result)}.`,
    ...oneAttach(result),
    ...pictures(charts, ["latency"], ""),
    standing(result),
    kept(result),
  ];
}

/** What comes first of all rows: a table of ratios, two charts, what was promised and found, and what other machines' results say. */
export function overviewOf(result: Result, charts: readonly Chart[], others: readonly Result[] = []): string[] {
  return [...table(result), ...pictures(charts, CHARTS, "../"), promises(result), ...elsewhere(result, others)];
}

/** How long one attach takes, by contender. */
function oneAttach({ latencies, ...result }: Result): string[] {
  const latency = latencies.find(({ id }) => id === "latency.each.100");
  if (latency === undefined) return [];
  const lines = takingPart({ latencies, ...result }, [latency]).map(({ id, title }) => {
    const [half, most] = [partOf(latency, id, 0.5), partOf(latency, id, 0.99)];
    const cells = [half?.value, most?.value, half?.ratio ?? "1", most?.ratio ?? "1"].map((text = "–") => text);
    return [title, ...(id === "linkwright" ? cells.map(bold) : cells)];
  });
  return [
    `How long does one attach take? One TAP into a bridge that has 100 ports, and up, awaited before the next; half of them took at most the first time, 99 in 100 the second. ${MARKED}`,
    tableOf([["", "p50", "p99", "p50, times the floor", "p99, times the floor"], ...lines]),
  ];
}

/** The rows of other results, by how many times the floor linkwright took there. */
function elsewhere(result: Result, others: readonly Result[]): string[] {
  return others
    .filter(({ date }) => date !== result.date)
    .map((other) => {
      const rows = other.rows.flatMap((row) => {
        const ratio = medianOf(row, "linkwright")?.ratio;
        const here = medianOf(
          result.rows.find(({ id }) => id === row.id),
          "linkwright",
        )?.ratio;
        return ratio === undefined ? [] : [`${row.id} ${ratio}${here === undefined ? "" : ` (here ${here})`}`];
      });
      const { machine } = result;
      const isAlike = other.machine.model === machine.model && other.machine.kernel === machine.kernel;
      const where = isAlike ? "In another run on such a machine" : "On another machine";
      return `${where} (${machineOf(other)}), times the floor: ${rows.join(", ")}.`;
    });
}

interface Column {
  readonly title: string;
  readonly source: Row;
  cell(contender: string): Cell | undefined;
}

/** The columns of the table: what a row says of a contender. */
function columnsOf({ rows }: Result): Column[] {
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
  return work.flatMap(({ source, ...column }) => (source === undefined ? [] : [{ source, ...column }]));
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
    "The first line is what the work takes in C with nothing but system calls; the others are times that, side by side in each round.",
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

/** How many promises hold, and which do not. */
function kept({ verdicts }: Result): string {
  const missed = verdicts.filter(({ holds }) => !holds);
  const held = `${verdicts.length - missed.length} of ${verdicts.length} promises were kept`;
  const list = missed.map(({ title, value, limit }) => `${title}: ${value}, at most ${limit}`).join("; ");
  return `${held}${missed.length === 0 ? "" : `; ${bold("missed")}: ${list}`}.`;
}

/** In how many rows peers are ahead, and who is missing. */
function standing(result: Result): string {
  const where = "[by how much, and why](docs/benchmark.md#where-peers-are-ahead)";
  return `${standingOf(result.rows)}: ${where}. ${missingFrom(result)}`.trim();
}
