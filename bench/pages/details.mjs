import { count, machineOf } from "../drawing/words.mjs";
import { medianOf, missingFrom, partOf, picture, tableOf, takingPart } from "./markdown.mjs";

const CHARTS = ["latency", "latency-by-ports", "programs"];

/** The part of docs/benchmark.md that a result gives: the machine, the other charts, and every row. */
export function detailsOf(result, charts) {
  const others = charts.filter(({ name }) => CHARTS.includes(name));
  const sections = [...new Set(result.rows.map(({ section }) => section))];
  return [
    provenance(result),
    ...others.map((chart) => picture(chart, "../")),
    ...sections.flatMap((section) => sectionOf(result, section)),
    ...notes(result),
  ];
}

/** The machine, the versions, and who is missing. */
function provenance(result) {
  const versions = Object.entries(result.versions).map(([name, version]) => `${name} ${version}`);
  const contenders = Object.values(result.contenders)
    .filter(({ title, version }) => version !== undefined && !(title in result.versions))
    .map(({ title, version }) => `${title} (${version})`);
  const skipped = (result.skipped ?? []).map(({ section, reason }) => `- ${section} was skipped: ${reason}`);
  return [
    `- Measured on: ${machineOf(result)}${result.quick ? ", with `--quick`" : ""}`,
    `- Versions: ${versions.join(", ")}`,
    ...(contenders.length > 0 ? [`- Peers: ${contenders.join("; ")}`] : []),
    ...(result.missing.length > 0 ? [`- ${missingFrom(result)}`] : []),
    ...skipped,
  ].join("\n");
}

const titles = {
  latency: "Attach latency",
  throughput: "Set-up throughput",
  programs: "QEMU's programs",
  reading: "Reading",
  guest: "Being a good guest in a service",
  kinds: "VLANs, bonds and bridges, in the virtual machine",
};

function sectionOf(result, section) {
  const rows = result.rows.filter((row) => row.section === section);
  const lines = section === "latency" ? latencyLines(result) : rows.map(lineOf);
  const contenders = takingPart(
    result,
    lines.map(({ source }) => source),
  );
  const table = tableOf([
    ["", ...contenders.map(({ title }) => title)],
    ...lines.map(({ title, cell }) => [title, ...contenders.map(({ id }) => inCell(cell(id)))]),
  ]);
  return [`### ${titles[section] ?? section}`, table, ...remarks(result, rows)];
}

const lineOf = (row) => ({ title: titleOf(row), source: row, cell: (id) => medianOf(row, id) });

const latencyLines = ({ latencies }) =>
  latencies.flatMap((latency) =>
    [50, 95, 99].map((part) => ({
      title: `${latency.title}: p${part}`,
      source: latency,
      cell: (id) => partOf(latency, id, part / 100),
    })),
  );

const inCell = (cell) => (cell === undefined ? "–" : `${cell.value}${cell.ratio ? ` (${cell.ratio})` : ""}`);

const titleOf = ({ title, count: number = 1, section }) =>
  section === "throughput" ? `${title}, ${count(number)}` : title;

function remarks(result, rows) {
  const lines = rows.flatMap((row) => [
    ...(row.remark ? [`- ${titleOf(row)}: ${row.remark}`] : []),
    ...Object.entries(row.failed ?? {}).map(
      ([id, why]) => `- ${row.title}: ${result.contenders[id]?.title ?? id}: ${why}`,
    ),
  ]);
  return lines.length > 0 ? [[...new Set(lines)].join("\n")] : [];
}

function notes({ rows }) {
  const lines = rows.filter(({ note }) => note !== undefined).map((row) => `- ${titleOf(row)}: ${row.note}`);
  return ["### Where peers are ahead", lines.length > 0 ? lines.join("\n") : "Nowhere."];
}
