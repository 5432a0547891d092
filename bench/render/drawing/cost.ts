import type { Result } from "../../result.js";
import { median } from "../../judge/statistics.js";
import { colourOf, drawn, inOrder, titleOf } from "./contenders.js";
import { type Drawing, type Panel, type Series, WIDTH } from "./draw.js";
import { inColumn } from "./labels.js";
import { logScale, powersOfTen, sparse } from "./scale.js";
import { type Colour, type Theme, widthOf } from "./theme.js";
import { count, machineOf, tick } from "./words.js";

const SIZE = 11.5;
const TOP = 96;
const HEIGHT = 270;
const EDGE = 16;
const AXIS = 44;

/** A contender's points: ports, and microseconds for one. */
interface Curve {
  readonly id: string;
  readonly title: string;
  readonly colour: Colour;
  readonly points: readonly [number, number][];
}

/** What one port costs, by how many are set up in one go: flat lines cost the same for each, rising ones more and more. */
export function costChart(result: Result): Drawing | undefined {
  const columns = [
    { caption: "attach and up", phases: ["attach-batch", "attach-each"] },
    { caption: "create, attach and remove", phases: ["total"] },
  ]
    .map(({ caption, phases }) => ({ caption, curves: curvesOf(result, phases) }))
    .filter(({ curves }) => curves.length > 0);
  if (columns.length === 0) return undefined;
  const width = (WIDTH - 2 * EDGE) / columns.length;
  return {
    name: "cost",
    title: "Cost of one port, by how many are set up in one go",
    subtitle:
      "Time for all, divided by their number; both scales logarithmic. Lower is cheaper; a level line does not grow.",
    footer: machineOf(result),
    height: TOP + HEIGHT + 66,
    panels: columns.map((column, index) => panel(column, EDGE + index * width, EDGE + (index + 1) * width - 8)),
  };
}

/** For each contender its points [ports, µs for one], for each number of ports by the first of the phases that it has. */
function curvesOf(result: Result, phases: readonly string[]): Curve[] {
  const rows = phases.flatMap((phase) => result.rows.filter(({ id }) => id.startsWith(`throughput.${phase}.`)));
  const counts = [...new Set(rows.map(({ count = 1 }) => count))].sort((one, other) => one - other);
  const pointsOf = (id: string): [number, number][] =>
    counts.flatMap((count): [number, number][] => {
      const row = rows.find((row) => row.count === count && (row.samples[id]?.length ?? 0) > 0);
      return row === undefined ? [] : [[count, (median(row.samples[id]!) * 1000) / count]];
    });
  const all: Record<string, number[]> = {};
  for (const { samples } of rows) Object.assign(all, samples);
  return drawn(rows, inOrder(result, all)).map((id) => ({
    ...{ id, title: titleOf(result, id), colour: colourOf(id), points: pointsOf(id) },
  }));
}

function panel({ caption, curves }: { caption: string; curves: readonly Curve[] }, left: number, right: number): Panel {
  const names = Math.max(...curves.map(({ title, id }) => widthOf(title, SIZE, id === "linkwright")));
  const area = { left: left + AXIS, right: right - names - 22, top: TOP, bottom: TOP + HEIGHT };
  const points = curves.flatMap(({ points }) => points);
  const x = logScale(
    points.map(([ports]) => ports),
    area.left,
    area.right,
    60,
  );
  const counts = powersOfTen(x.ticks);
  const labelled = sparse(counts, x.at, 44);
  const y = logScale(
    points.map(([, time]) => time),
    area.bottom,
    area.top,
    30,
  );
  const ends = curves.map(({ points }): [number, number] => [x.at(points.at(-1)![0]), y.at(points.at(-1)![1])]);
  const heights = inColumn(
    ends.map(([, y]) => y),
    TOP,
    TOP + HEIGHT,
  );
  return {
    area,
    x: {
      type: "log",
      min: x.min,
      max: x.max,
      ticks: counts,
      label: (ports: number) => (labelled.includes(ports) ? count(ports) : ""),
    },
    y: { type: "log", min: y.min, max: y.max, ticks: y.ticks, label: tick },
    series: (theme) => curves.map((one) => curve(one, theme)).reverse(),
    texts: [
      { x: left, y: TOP - 20, text: caption, size: 12, bold: true, colour: "text" },
      { x: area.right, y: area.bottom + 34, text: "ports", size: 11, align: "right", colour: "quiet" },
      ...curves.map(({ title, colour, id }, index) => ({
        ...{ x: area.right + 18, y: heights[index]!, text: title, size: SIZE, bold: id === "linkwright", colour },
      })),
    ],
    lines: curves.map(({ colour }, index) => ({ from: ends[index]!, to: [area.right + 15, heights[index]!], colour })),
  };
}

function curve({ id, colour, points }: Curve, theme: Theme): Series {
  const own = id === "linkwright";
  return {
    type: "line",
    z: id === "floor" ? 6 : own ? 5 : 3,
    symbol: "circle",
    symbolSize: own ? 7 : 4,
    data: points,
    itemStyle: { color: theme[colour] },
    lineStyle: { color: theme[colour], width: own ? 3.5 : 1.6, type: id === "floor" ? [5, 4] : "solid" },
  };
}
