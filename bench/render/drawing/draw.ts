import { BarChart, LineChart } from "echarts/charts";
import { GraphicComponent, GridComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { Area } from "./labels.js";
import { type Colour, FONT, type Theme, type ThemeName, themes } from "./theme.js";

use([BarChart, LineChart, GridComponent, GraphicComponent, SVGRenderer]);

export const WIDTH = 840;
const MARGIN = 16;

/** An axis and a series as ECharts has them; `label` says what is written at a tick. */
export interface Axis {
  readonly [option: string]: unknown;
  readonly ticks?: readonly number[];
  readonly label?: (value: number) => string | undefined;
}
export type Series = Readonly<Record<string, unknown>>;

export interface Text {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly size?: number;
  readonly bold?: boolean;
  readonly colour: Colour;
  readonly align?: "left" | "right";
}

interface Line {
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  readonly colour: Colour;
}

interface Dot {
  readonly x: number;
  readonly y: number;
  readonly colour: Colour;
}

/** A part of a chart with axes of its own; texts, lines and dots are placed by pixel. */
export interface Panel {
  readonly area: Area;
  readonly x: Axis;
  readonly y: Axis;
  series(theme: Theme): readonly Series[];
  readonly texts: readonly Text[];
  readonly lines?: readonly Line[];
  readonly dots?: readonly Dot[];
}

export interface Drawing {
  /** In file names. */
  readonly name: string;
  readonly title: string;
  readonly subtitle: string;
  readonly footer: string;
  readonly height: number;
  readonly panels: readonly Panel[];
}

/** A chart as SVG text, the same for the same input. */
export function draw(chart: Drawing, themeName: ThemeName): string {
  const theme = themes[themeName];
  const { title, subtitle, footer, height, panels } = chart;
  const texts: Text[] = [
    { x: MARGIN, y: 24, text: title, size: 17, bold: true, colour: "text" },
    { x: MARGIN, y: 46, text: subtitle, size: 12.5, colour: "quiet" },
    { x: MARGIN, y: height - 14, text: footer, size: 10.5, colour: "quiet" },
    ...panels.flatMap(({ texts }) => texts),
  ];
  const drawing = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height });
  drawing.setOption({
    animation: false,
    silent: true,
    backgroundColor: theme.background,
    textStyle: { fontFamily: FONT },
    grid: panels.map(({ area: { left, right, top, bottom } }) => ({
      ...{ left, top, width: right - left, height: bottom - top, outerBoundsMode: "none" },
    })),
    xAxis: panels.map(({ x }, gridIndex) => axis({ ...x, gridIndex }, theme)),
    yAxis: panels.map(({ y }, gridIndex) => axis({ ...y, gridIndex }, theme)),
    series: panels.flatMap(({ series }, index) =>
      series(theme).map((one) => ({ ...one, xAxisIndex: index, yAxisIndex: index, silent: true })),
    ),
    graphic: [
      ...panels.flatMap(({ lines = [] }) => lines.map(line(theme))),
      ...panels.flatMap(({ dots = [] }) => dots.map(dot(theme))),
      ...texts.map(text(theme)),
    ],
  });
  const svg = drawing.renderToSVGString();
  drawing.dispose();
  return named(svg, title, subtitle);
}

/** An axis without a line; its ticks are the lines of the grid. */
function axis({ ticks, label, ...rest }: Axis, { grid, quiet }: Theme): Series {
  return {
    axisLine: { show: false },
    axisTick: { show: false, customValues: ticks },
    splitLine: { show: ticks !== undefined, lineStyle: { color: grid } },
    axisLabel: {
      ...{ show: label !== undefined, customValues: ticks, formatter: label },
      ...{ color: quiet, fontSize: 11, hideOverlap: false, showMinLabel: true, showMaxLabel: true },
    },
    ...rest,
  };
}

const text =
  (theme: Theme) =>
  ({ x, y, text, size = 12, bold = false, colour, align = "left" }: Text) => ({
    type: "text" as const,
    z: 20,
    silent: true,
    style: {
      ...{ x, y, text, align, verticalAlign: "middle" as const },
      ...{ font: `${bold ? "bold " : ""}${size}px ${FONT}`, fill: theme[colour] },
      ...{ stroke: theme.background, lineWidth: 3 },
    },
  });

const line =
  (theme: Theme) =>
  ({ from, to, colour }: Line) => ({
    type: "line" as const,
    z: 15,
    silent: true,
    shape: { x1: from[0], y1: from[1], x2: to[0], y2: to[1] },
    style: { stroke: theme[colour], lineWidth: 1 },
  });

const dot =
  (theme: Theme) =>
  ({ x, y, colour }: Dot) => ({
    ...{ type: "circle" as const, z: 15, silent: true },
    ...{ shape: { cx: x, cy: y, r: 2.5 }, style: { fill: theme[colour] } },
  });

/**
 * Without what only a page needs that answers to a pointer, and with a baseline that every renderer knows. Names that
 * are made here would count the drawings of the process; the last digits of a pixel may be another processor's.
 */
const plain = (svg: string): string =>
  svg
    .replace(/<style ?>.*?<\/style>\n?/gs, "")
    .replace(/\bzr\d+-c(?=\d)/g, "area-")
    .replace(/ (class="zr\d+-cls-\d+"|pointer-events="visible"|xml:space="preserve")/g, "")
    .replaceAll('dominant-baseline="central"', 'dy="0.35em"')
    .replace(/<[^>]+>/g, (tag) => tag.replace(/\d+\.\d{3,}/g, (pixels) => String(Number(Number(pixels).toFixed(2)))));

/** For who hears a chart instead of seeing it. */
function named(svg: string, title: string, subtitle: string): string {
  const names = `<title>${title}</title>\n<desc>${subtitle}</desc>\n`;
  return `${plain(svg).replace(/^<svg [^>]*>\n?/, (start) => start.replace("<svg ", '<svg role="img" ') + names)}\n`;
}
