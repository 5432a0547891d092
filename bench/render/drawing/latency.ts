import type { Latency, Result } from "../../result.js";
import { median, quantile } from "../../judge/statistics.js";
import { colourOf, inOrder, titleOf } from "./contenders.js";
import { type Drawing, type Panel, type Series, type Text, WIDTH } from "./draw.js";
import { type Area, besideCurves } from "./labels.js";
import { type LogScale, logScale } from "./scale.js";
import { type Theme, widthOf } from "./theme.js";
import { duration, machineOf, tick } from "./words.js";

const SIZE = 12;
const LEFT = 64;
const RIGHT = WIDTH - 32;
const QUICK = ["floor", "linkwright"];
/** A curve has a point for each half percent. */
const STEPS = 200;
const LEVELS: Readonly<Record<number, string>> = { 0: "0 %", 50: "p50", 95: "p95", 99: "p99" };
/** Where the last two lines are too near to each other for a name each. */
const LOW_LEVELS: Readonly<Record<number, string>> = { ...LEVELS, 95: "", 99: "p95, p99" };

/** Cumulative curves: the share of attaches that took at most so long, awaited one by one, with 100 ports already there. */
export function latencyChart(result: Result): Drawing | undefined {
  const latencies = awaited(result).filter(({ ports }) => ports === 100);
  if (latencies.length === 0) return undefined;
  return {
    name: "latency",
    title: "Time until one TAP is attached and up, on a bridge with 100 ports",
    subtitle:
      "Share of attaches, awaited one by one, that took at most so long; with the median. Further left is quicker.",
    footer: machineOf(result),
    height: 470,
    panels: panels(result, latencies, 72, 340),
  };
}

/** The same for each number of ports, one above the other. */
export function latencyByPortsChart(result: Result): Drawing | undefined {
  const latencies = awaited(result);
  if (latencies.length < 2) return undefined;
  const list = panels(result, latencies, 90, 220);
  const captions = latencies.map(({ ports }, index): Text => ({
    ...{ x: LEFT, y: list[index]!.area.top - 14, bold: true, colour: "text" },
    text: ports === 0 ? "no port yet" : `${ports} ports already there`,
  }));
  return {
    name: "latency-by-ports",
    title: "Time until one TAP is attached and up, by the number of ports already there",
    subtitle:
      "Share of attaches, awaited one by one, that took at most so long; with the median. Further left is quicker.",
    footer: machineOf(result),
    height: list.at(-1)!.area.bottom + 56,
    panels: list.map((panel, index) => ({ ...panel, texts: [...panel.texts, captions[index]!] })),
  };
}

const awaited = ({ latencies }: Result): Latency[] =>
  latencies.filter(({ mode }) => mode === "each").sort((one, other) => one.ports - other.ports);

/** All on the same scale, each `height` pixels high. */
function panels(result: Result, latencies: readonly Latency[], top: number, height: number): Panel[] {
  const scale = roomy(
    latencies.flatMap(({ samples }) => Object.values(samples).flat()),
    Math.max(...QUICK.filter((id) => id in result.contenders).map((id) => widthOf(nameOf(result, id, [100]), SIZE))),
  );
  return latencies.map(({ samples }, index) => {
    const start = top + index * (height + 62);
    return panel(result, samples, scale, { left: LEFT, right: RIGHT, top: start, bottom: start + height });
  });
}

/** A scale that begins early enough for names at the left of the quickest. */
function roomy(values: readonly number[], width: number): LogScale {
  const least = Math.min(...values);
  const scales = [1, 2, 5, 10, 20, 50].map((times) => logScale([...values, least / times], LEFT, RIGHT));
  return scales.find((scale) => scale.at(least) - LEFT > width + 12) ?? scales[0]!;
}

const nameOf = (result: Result, id: string, samples: readonly number[]): string =>
  `${titleOf(result, id)} ${duration(median(samples))}`;

function panel(result: Result, samples: Latency["samples"], scale: LogScale, area: Area): Panel {
  const ids = inOrder(result, samples);
  const levels = area.bottom - area.top < 300 ? LOW_LEVELS : LEVELS;
  const names = ids.map((id) => ({
    ...{ text: nameOf(result, id, samples[id]!), bold: id === "linkwright", size: SIZE },
    colour: colourOf(id),
  }));
  const curves = ids.map((id) => pointsOf(samples[id]!));
  const places = besideCurves(
    curves.map((points, index) => ({
      width: widthOf(names[index]!.text, SIZE, names[index]!.bold),
      x: (share: number) => scale.at(points[Math.round(share * STEPS)]![0]),
    })),
    { ...area, right: WIDTH - 8 },
  );
  return {
    area,
    x: { type: "log", min: scale.min, max: scale.max, ticks: scale.ticks, label: tick },
    y: { type: "value", min: 0, max: 100, ticks: Object.keys(LEVELS).map(Number), label: (value) => levels[value] },
    series: (theme) => ids.map((id, index) => curve(id, curves[index]!, theme)).reverse(),
    texts: names.map((name, index): Text => {
      const { x, y, align } = places[index]!;
      return { ...name, x, y, align };
    }),
    lines: places.map(({ from, x, y }, index) => ({ from: [from, y], to: [x, y], colour: colourOf(ids[index]!) })),
    dots: places.map(({ from, y }, index) => ({ x: from, y, colour: colourOf(ids[index]!) })),
  };
}

/** [µs, percent] from the quickest to the slowest. */
function pointsOf(samples: readonly number[]): [number, number][] {
  const sorted = [...samples].sort((a, b) => a - b);
  return Array.from({ length: STEPS + 1 }, (_, step) => [quantile(sorted, step / STEPS), (step * 100) / STEPS]);
}

function curve(id: string, points: readonly [number, number][], theme: Theme): Series {
  const own = id === "linkwright";
  return {
    type: "line",
    z: id === "floor" ? 6 : own ? 5 : 3,
    showSymbol: false,
    data: points,
    lineStyle: {
      color: theme[colourOf(id)],
      width: own ? 3.5 : 1.6,
      type: id === "floor" ? [5, 4] : "solid",
    },
  };
}
