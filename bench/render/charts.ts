import { costChart } from "./drawing/cost.js";
import { draw } from "./drawing/draw.js";
import { latencyByPortsChart, latencyChart } from "./drawing/latency.js";
import { programsChart } from "./drawing/programs.js";
import { throughputChart } from "./drawing/throughput.js";
import { themeNames } from "./drawing/theme.js";

import type { Result } from "../result.js";

/** A chart: its name in file names, and its title, for who cannot see it. */
export interface Chart {
  name: string;
  title: string;
  /** One for light and one for dark surroundings. */
  files: { name: string; svg: string }[];
}

const charts = [throughputChart, costChart, latencyChart, latencyByPortsChart, programsChart];

/** The charts that a result has the numbers for, as SVG text: the same text for the same result. */
export function drawCharts(result: Result): Chart[] {
  return charts
    .map((chart) => chart(result))
    .filter((chart) => chart !== undefined)
    .map((chart) => ({
      name: chart.name,
      title: chart.title,
      files: themeNames.map((theme) => ({ name: `${chart.name}-${theme}.svg`, svg: draw(chart, theme) })),
    }));
}
