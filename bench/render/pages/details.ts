import { noteOf } from "../../judge/ahead.js";
import { floorOf, oursOf } from "../../judge/comparison.js";
import type { Latency, Result, Row } from "../../result.js";
import type { Chart } from "../charts.js";
import { titleOf } from "../drawing/contenders.js";
import { count, limitsOf, machineOf, tookOf } from "../drawing/words.js";
import { quartiles, ratios } from "../../judge/statistics.js";
import {
  type Cell,
  MARKED,
  amount,
  bold,
  medianOf,
  missingFrom,
  partOf,
  picture,
  tableOf,
  takingPart,
  times,
} from "./markdown.js";
import { overviewOf } from "./summary.js";

const CHARTS = ["latency", "latency-by-ports", "programs"];

/** The part of docs/benchmark.md that a result gives: the machine, what comes first of all rows, the other charts, and every row. */
export function detailsOf(result: Result, charts: readonly Chart[], elsewhere: readonly Result[] = []): string[] {
  const others = charts.filter(({ name }) => CHARTS.includes(name));
  const sections = [...new Set(result.rows.map(({ section }) => section))];
  return [
    provenance(result),
    ...overviewOf(result, charts, elsewhere),
    ...others.map((chart) => picture(chart, "../")),
    ...sections.flatMap((section) => sectionOf(result, section)),
    ...besideTheFloor(result),
    ...behind(result),
    ...untimed(result),
  ];
}

/** The machine, the versions, and who is missing. */
function provenance(result: Result): string {
  const programs = Object.entries(result.versions).map(([name, version]) => `${name} ${version}`);
  const peers = Object.entries(result.contenders)
    .filter(([id, { version }]) => version !== undefined && !(id in result.versions))
    .map(([, { title, version }]) => `${title} (${version})`);
  return [
    `- Measured on: ${machineOf(result)}${limitsOf(result)}`,
    `- Versions: ${[programs.join(", "), ...peers].join("; ")}`,
    ...(result.seconds === undefined ? [] : [`- ${tookOf(result.seconds)}`]),
    "- Medians; in parentheses, times the floor, round by round.",
    `- ${MARKED}`,
    ...(result.missing.length > 0 ? [`- ${missingFrom(result)}`] : []),
    ...(result.skipped ?? []).map(({ section, reason }) => `- ${section} was skipped: ${reason}`),
  ].join("\n");
}

const titles: Readonly<Record<string, string>> = {
  latency: "Attach latency",
  throughput: "Set-up throughput",
  programs: "QEMU's programs",
  reading: "Reading",
  guest: "Being a good guest in a service",
  watching: "Watching",
  kinds: "VLANs, bonds and bridges, in the virtual machine",
};

/** A line of a table: what a row, or a part of single attaches, says of a contender. */
interface Entry {
  readonly title: string;
  readonly source: Row | Latency;
  cell(contender: string): Cell | undefined;
}

/** Contenders are the columns, unless there are more of them than rows. */
export function sectionOf(result: Result, section: string): string[] {
  const rows = result.rows.filter((row) => row.section === section);
  const entries = section === "latency" ? latencyEntries(result) : rows.map(entryOf);
  const contenders = takingPart(
    result,
    entries.map(({ source }) => source),
  );
  const cells = [
    ["", ...contenders.map(({ title }) => title)],
    ...entries.map(({ title, cell }) => [title, ...contenders.map(({ id }) => inWords(cell(id)))]),
  ];
  const remarks = [
    ...(section === "latency" ? samplesOf(result.latencies) : []),
    ...[...new Set(rows.map(({ remark }) => remark))]
      .filter((remark) => remark !== undefined)
      .map(
        (remark) =>
          `- ${rows
            .filter((row) => row.remark === remark)
            .map(nameOf)
            .join("; ")}: ${remark}`,
      ),
  ];
  return [
    `### ${titles[section] ?? section}`,
    ...(contenders.length > 0 ? [tableOf(contenders.length > entries.length ? turned(cells) : cells)] : []),
    ...(remarks.length > 0 ? [remarks.join("\n")] : []),
  ];
}

/** Of how many single attaches a percentile is. */
function samplesOf(latencies: readonly Latency[]): string[] {
  const numbers = latencies
    .filter(({ mode }) => mode === "each")
    .flatMap(({ samples }) => Object.values(samples).map((list) => list.length));
  if (numbers.length === 0) return [];
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  return [`- awaited one by one: of ${least === most ? most : `${least} to ${most}`} attaches by each`];
}

const turned = (rows: readonly (readonly string[])[]): string[][] =>
  rows[0]!.map((_, column) => rows.map((row) => row[column]!));

const entryOf = (row: Row): Entry => ({ title: nameOf(row), source: row, cell: (id) => medianOf(row, id) });

const latencyEntries = ({ latencies }: Result): Entry[] =>
  latencies.flatMap((latency) =>
    [50, 95, 99].map((part) => ({
      title: `${latency.title}: p${part}`,
      source: latency,
      cell: (id) => partOf(latency, id, part / 100),
    })),
  );

const inWords = (cell: Cell | undefined): string =>
  cell === undefined ? "–" : `${cell.value}${cell.ratio ? ` (${cell.ratio})` : ""}`;

const nameOf = ({ title, count: number = 1, section }: Row): string =>
  section === "throughput" ? `${title}, ${count(number)}` : title;

/** Medians and quartiles of linkwright and of the floor, and of their ratios. */
function besideTheFloor(result: Result): string[] {
  const lines = result.rows.flatMap((row) => {
    const [ours, floor] = [row.samples[oursOf(row)], row.samples[floorOf(row)]];
    if (ours === undefined || floor === undefined) return [];
    const inUnit = (value: number): string => amount(value, row.unit);
    return [
      [
        nameOf(row),
        spread(ours, inUnit),
        perSecond(row, ours),
        spread(floor, inUnit),
        spread(ratios(ours, floor), times),
      ],
    ];
  });
  if (lines.length === 0) return [];
  const head = ["median (quartiles)", bold("linkwright"), "in a second", "floor", "ratio, round by round"];
  return ["### linkwright beside the floor", tableOf([head, ...lines])];
}

function spread(samples: readonly number[], inWords: (value: number) => string): string {
  const [low, middle, high] = quartiles(samples).map(inWords);
  return `${middle} (${low}–${high})`;
}

/** Operations of linkwright, for rows that are made of some. */
function perSecond({ count: number, unit, section }: Row, ours: readonly number[]): string {
  if (number === undefined || section === "guest") return "";
  const seconds = quartiles(ours)[1] / (unit === "µs" ? 1e6 : 1e3);
  return Math.round(number / seconds).toLocaleString("en");
}

function behind({ rows }: Result): string[] {
  const notes = rows.map((row) => ({ row, note: noteOf(row) })).filter(({ note }) => note !== undefined);
  const lines = notes.map(({ row, note }) => `- ${nameOf(row)}: ${note}`);
  return ["### Where peers are ahead", lines.length > 0 ? lines.join("\n") : "Nowhere."];
}

/** Who has no time, why, and in which rows. */
function untimed(result: Result): string[] {
  const found = new Map<string, string[]>();
  for (const row of result.rows)
    for (const [id, why] of Object.entries(row.failed ?? {})) {
      const key = `${titleOf(result, id)}: ${why}`;
      found.set(key, [...(found.get(key) ?? []), nameOf(row)]);
    }
  const lines = [...found].map(
    ([key, names]) => `- ${key} (${names.length > 3 ? `${names.length} rows` : names.join("; ")})`,
  );
  return lines.length > 0 ? ["### Without a time", lines.join("\n")] : [];
}
