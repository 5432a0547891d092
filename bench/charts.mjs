import { costChart } from "./drawing/cost.mjs";
import { draw } from "./drawing/draw.mjs";
import { latencyByPortsChart, latencyChart } from "./drawing/latency.mjs";
import { programsChart } from "./drawing/programs.mjs";
import { throughputChart } from "./drawing/throughput.mjs";
import { themes } from "./drawing/theme.mjs";

const charts = [throughputChart, costChart, latencyChart, latencyByPortsChart, programsChart];

export function drawCharts(result) {
  return charts
    .map((chart) => chart(result))
    .filter((chart) => chart !== undefined)
    .map((chart) => ({
      name: chart.name,
      title: chart.title,
      files: Object.keys(themes).map((theme) => ({ name: `${chart.name}-${theme}.svg`, svg: draw(chart, theme) })),
    }));
}
