import { countStandings, isCompared, noteOf, quickestPeer, standingIn, standingOf, STANDINGS } from "../judge/ahead.js";
import { type Comparison, type ComparedRow, floorOf, oursOf } from "../judge/comparison.js";
import { limitsOf, tookOf } from "./drawing/words.js";
import { median, quantile, quartiles, ratios } from "../judge/statistics.js";
import { brief, table } from "./terminal.js";

import type { Result, Row } from "../result.js";

/** All that a result says, as text for a terminal. */
export function report(result: Result): string {
  return [
    head(result),
    ...latencyTables(result),
    ...[
      "throughput",
      "programs",
      "containers",
      "networks",
      "openvswitch",
      "reading",
      "guest",
      "watching",
      "kinds",
    ].flatMap((section) => sectionTables(result, section)),
    besideFloor(result),
    standingTable(result),
    aheadText(result),
    verdictText(result),
    absences(result),
  ]
    .filter((part) => part !== undefined && part !== "")
    .join("\n\n");
}

function head(result: Result): string {
  const { date, machine, versions, seconds } = result;
  const kind = `${machine.processors} × ${machine.model}${machine.virtual ? ` (${machine.virtual})` : ""}`;
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${date.slice(0, 10)}${limitsOf(result)}: ${kind}, Linux ${machine.kernel}`,
    programs.join(", "),
    ...(seconds === undefined ? [] : [tookOf(seconds)]),
    "Medians. With * a process is started for each operation, and its start counts.",
  ].join("\n");
}

const nameOf = ({ contenders }: Result, name: string): string =>
  `${contenders[name]?.title ?? name}${contenders[name]?.processes ? " *" : ""}`;

/** Those of the contenders, in their order, that have samples in some of these rows. */
function takingPart({ contenders }: Result, rows: readonly Pick<Row, "samples">[]): string[] {
  const names = new Set(rows.flatMap(({ samples }) => Object.keys(samples)));
  return [
    ...Object.keys(contenders).filter((name) => names.has(name)),
    ...[...names].filter((name) => !contenders[name]),
  ];
}

const cell = (
  samples: readonly number[] | undefined,
  value: (samples: readonly number[]) => number = median,
): string => (samples === undefined ? "–" : brief(value(samples)));

function latencyTables(result: Result): string[] {
  return [...groupBy(result.latencies, ({ mode }) => mode)].map(([mode, curves]) => {
    const columns = curves.flatMap((curve) => [50, 95, 99].map((percent) => ({ curve, percent })));
    const heads = columns.map(({ curve, percent }) => (percent === 50 ? `${curve.ports} ports: p50` : `p${percent}`));
    const body = takingPart(result, curves).map((name) => [
      nameOf(result, name),
      ...columns.map(({ curve, percent }) => cell(curve.samples[name], (list) => quantile(list, percent / 100))),
    ]);
    return table([[`attach one TAP, ${mode}, µs`, ...heads], ...body]);
  });
}

function groupBy<T, K>(list: readonly T[], key: (entry: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const entry of list) groups.set(key(entry), [...(groups.get(key(entry)) ?? []), entry]);
  return groups;
}

/** A table for each kind of work: who, and for how many. What hardly anybody takes part in is a line. */
function sectionTables(result: Result, section: string): string[] {
  const rows = result.rows.filter((row) => row.section === section);
  if (section === "throughput")
    return [...groupBy(rows, ({ id }) => id.split(".")[1]).values()].map((group) => growthTable(result, group));
  const many = rows.filter(({ samples }) => Object.keys(samples).length > 2);
  const few = rows.filter((row) => !many.includes(row));
  return [many.length > 0 ? plainTable(result, many) : "", few.map((row) => lineOf(result, row)).join("\n")].filter(
    (part) => part !== "",
  );
}

function plainTable(result: Result, rows: readonly Row[]): string {
  const body = takingPart(result, rows).map((name) => [
    nameOf(result, name),
    ...rows.map(({ samples }) => cell(samples[name])),
  ]);
  const legend = rows.map(({ id, title }) => `${afterSection(id)}: ${title}`);
  return `${table([[rows[0]?.section ?? "", ...rows.map(({ id, unit }) => `${afterSection(id)}, ${unit}`)], ...body])}\n${legend.join("\n")}`;
}

const afterSection = (id: string): string => id.slice(id.indexOf(".") + 1);

function lineOf(result: Result, { title, unit, samples }: Row): string {
  const times = Object.entries(samples).map(([name, list]) => `${nameOf(result, name)} ${brief(median(list))} ${unit}`);
  return `${title}: ${times.join(", ")}`;
}

/** Milliseconds for each count, operations a second at the largest, and what one costs there beside one of ten. */
function growthTable(result: Result, rows: readonly Row[]): string {
  const last = rows.at(-1)!;
  const body = takingPart(result, rows).map((name) => [
    nameOf(result, name),
    ...rows.map(({ samples }) => cell(samples[name])),
    ...rows.map(({ samples, count = NaN }) => cell(samples[name], (list) => (count * 1000) / median(list))),
    growthOf(rows, name),
  ]);
  const heads = [...rows.map(({ count }) => `${count}, ms`), ...rows.map(({ count }) => `${count}, 1/s`), "growth"];
  return `${table([[last.title, ...heads], ...body])}\ngrowth: the cost of one at the largest number beside that at 10`;
}

function growthOf(rows: readonly Row[], name: string): string {
  const costs = rows
    .filter(({ samples, count = 0 }) => samples[name] !== undefined && count >= 10)
    .map(({ samples, count = NaN }) => median(samples[name]!) / count);
  return costs.length < 2 ? "–" : brief(costs.at(-1)! / costs[0]!);
}

function spread(samples: readonly number[]): string {
  const [low, middle, high] = quartiles(samples).map(brief);
  return `${middle} (${low}–${high})`;
}

function besideFloor({ rows }: Result): string | undefined {
  const body = rows.flatMap((row) => {
    const [ours, floor] = [row.samples[oursOf(row)], row.samples[floorOf(row)]];
    return ours === undefined || floor === undefined
      ? []
      : [[row.id, spread(ours), spread(floor), spread(ratios(ours, floor))]];
  });
  if (body.length === 0) return undefined;
  return table([["median (quartiles)", "linkwright", "floor", "ratio, round by round"], ...body]);
}

/** How linkwright stands in each row that it is compared in, beside the quickest peer; `before`: how it stood in an older result. */
function standingTable({ rows }: Result, before?: Result): string | undefined {
  const body = rows.flatMap((row) => {
    const standing = standingIn(row);
    if (standing === undefined) return [];
    const { name, times } = quickestPeer(row) ?? { name: "–" };
    const old = before?.rows.find(({ id }) => id === row.id);
    const was = before === undefined ? [] : [(old && standingIn(old)) ?? "–"];
    return [[row.id, name, times === undefined ? "–" : times.toFixed(2), ...was, standing]];
  });
  if (body.length === 0) return undefined;
  const heads = before === undefined ? ["linkwright is"] : ["before", "after"];
  return table([["of the quickest peer's time", "peer", "times", ...heads], ...body]);
}

/** How linkwright stood and stands in each row, and in how many it is so, as text. */
export function standingsReport(before: Result, after: Result): string | undefined {
  const rows = standingTable(after, before);
  const [was, is] = [countStandings(before.rows), countStandings(after.rows)];
  const counts = STANDINGS.map((standing) => `${standing} ${was[standing]} → ${is[standing]}`).join(", ");
  return rows === undefined ? undefined : `${rows}\nIn rows: ${counts}.`;
}

function aheadText({ rows }: Result): string | undefined {
  const compared = rows.filter(isCompared);
  if (compared.length === 0) return undefined;
  const notes = compared.map((row) => ({ id: row.id, note: noteOf(row) })).filter(({ note }) => note !== undefined);
  return [`${standingOf(rows)}.`, ...notes.map(({ id, note }) => `  ${id}: ${note}`)].join("\n");
}

function verdictText({ verdicts }: Result): string | undefined {
  if (verdicts.length === 0) return undefined;
  return table([
    ["what must be shown", "found", "at most", ""],
    ...verdicts.map(({ title, value, limit, holds }) => [
      title,
      brief(value),
      brief(limit),
      holds ? "holds" : "does not",
    ]),
  ]);
}

function absences({ missing, skipped = [], rows }: Result): string {
  const failures = new Map<string, string[]>();
  for (const { id, failed = {} } of rows)
    for (const [name, why] of Object.entries(failed)) {
      const key = `${name}: ${why}`;
      failures.set(key, [...(failures.get(key) ?? []), id]);
    }
  return [
    ...missing.map(({ name, reason }) => `missing: ${name}: ${reason}`),
    ...skipped.map(({ section, reason }) => `skipped: ${section}: ${reason}`),
    ...[...failures].map(
      ([why, ids]) => `without time: ${why} (${ids.length > 2 ? `${ids.length} rows` : ids.join(", ")})`,
    ),
  ].join("\n");
}

/** What changed since an older result, as text. */
export function comparisonReport({ rows, missing, added, unlike }: Comparison): string {
  const number = (row: ComparedRow, value: number): string => `${brief(value)}${row.relative ? " ×" : ` ${row.unit}`}`;
  const changed = rows.filter(({ verdict }) => verdict === "slower" || verdict === "quicker");
  const body = changed.map((row) => [
    row.id,
    number(row, row.before),
    number(row, row.after),
    `${row.change.toFixed(2)} (${row.low.toFixed(2)}–${row.high.toFixed(2)})`,
    row.verdict,
  ]);
  const undecided = rows.filter(({ verdict }) => verdict === "too few rounds").length;
  return [
    body.length === 0 ? "Nothing became slower or quicker." : table([["", "before", "after", "change", ""], ...body]),
    `${rows.length - changed.length - undecided} rows are the same${undecided > 0 ? `, ${undecided} have too few rounds to say` : ""}. × is times the floor.`,
    ...(unlike.length > 0 ? [`Not of the same kind: the two runs differ in ${unlike.join(", ")}.`] : []),
    ...(missing.length > 0 ? [`Only in the old one: ${missing.join(", ")}`] : []),
    ...(added.length > 0 ? [`Only in the new one: ${added.join(", ")}`] : []),
  ].join("\n");
}
