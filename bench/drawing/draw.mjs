import { BarChart, LineChart } from "echarts/charts";
import { GraphicComponent, GridComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { FONT, themes } from "./theme.mjs";

use([BarChart, LineChart, GridComponent, GraphicComponent, SVGRenderer]);

export const WIDTH = 840;
const MARGIN = 16;

/**
 * A chart as SVG text, the same for the same input. A chart is `{ title, subtitle, footer, height, panels }`; a panel is
 * `{ area: { left, right, top, bottom }, x, y, series, texts, lines, dots }`: axes and series as ECharts has them, and texts,
 * lines and dots by pixel, in which colours are keys of the theme.
 */
export function draw(chart, themeName) {
  const theme = themes[themeName];
  const { title, subtitle, footer, height, panels } = chart;
  const texts = [
    { x: MARGIN, y: 24, text: title, size: 17, bold: true, colour: "text" },
    { x: MARGIN, y: 46, text: subtitle, size: 12.5, colour: "quiet" },
    { x: MARGIN, y: height - 14, text: footer, size: 10.5, colour: "quiet" },
    ...panels.flatMap(({ texts = [] }) => texts),
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
function axis({ ticks, label, ...rest }, { grid, quiet }) {
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
  (theme) =>
  ({ x, y, text, size = 12, bold = false, colour, align = "left" }) => ({
    type: "text",
    z: 20,
    silent: true,
    style: {
      ...{ x, y, text, align, verticalAlign: "middle" },
      ...{ font: `${bold ? "bold " : ""}${size}px ${FONT}`, fill: theme[colour] },
      ...{ stroke: theme.background, lineWidth: 3 },
    },
  });

const line =
  (theme) =>
  ({ from, to, colour, dashed = false }) => ({
    type: "line",
    z: 15,
    silent: true,
    shape: { x1: from[0], y1: from[1], x2: to[0], y2: to[1] },
    style: { stroke: theme[colour], lineWidth: 1, lineDash: dashed ? [2, 2] : null },
  });

const dot =
  (theme) =>
  ({ x, y, colour }) => ({
    ...{ type: "circle", z: 15, silent: true },
    ...{ shape: { cx: x, cy: y, r: 2.5 }, style: { fill: theme[colour] } },
  });

/**
 * Without what only a page needs that answers to a pointer, and with a baseline that every renderer knows. Names that
 * are made here would count the drawings of the process; the last digits of a pixel may be another processor's.
 */
const plain = (svg) =>
  svg
    .replace(/<style ?>.*?<\/style>\n?/gs, "")
    .replace(/\bzr\d+-c(?=\d)/g, "area-")
    .replace(/ (class="zr\d+-cls-\d+"|pointer-events="visible"|xml:space="preserve")/g, "")
    .replaceAll('dominant-baseline="central"', 'dy="0.35em"')
    .replace(/<[^>]+>/g, (tag) => tag.replace(/\d+\.\d{3,}/g, (pixels) => String(Number(Number(pixels).toFixed(2)))));

/** For who hears a chart instead of seeing it. */
function named(svg, title, subtitle) {
  const names = `<title>${title}</title>\n<desc>${subtitle}</desc>\n`;
  return `${plain(svg).replace(/^<svg [^>]*>\n?/, (start) => start.replace("<svg ", '<svg role="img" ') + names)}\n`;
}
