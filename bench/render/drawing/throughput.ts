import type { Result, Row } from "../../result.js";
import { median } from "../../judge/statistics.js";
import { barPanels, heightOfBars, logarithmic, widthOfNames } from "./bars.js";
import { drawn, inOrder, titleOf } from "./contenders.js";
import type { Drawing } from "./draw.js";
import { count, machineOf } from "./words.js";

const PHASES = {
  total: "all of it",
  create: "create",
  attach: "attach and up",
  remove: "remove",
};
const ROWS = ["total", "create", "attach-batch", "attach-each", "remove"];
const COUNT = 1000;
const TOP = 94;
/** For who did not do all of it. */
const LAST = Number.MAX_VALUE;

/** The time for 1000 TAPs from nothing to removed, by contender and phase, the quickest first. */
export function throughputChart(result: Result): Drawing | undefined {
  const row = (phase: string): Row | undefined => result.rows.find(({ id }) => id === `throughput.${phase}.${COUNT}`);
  const total = row("total");
  if (total === undefined) return undefined;
  const time = (row: Row | undefined, id: string): number | undefined => {
    const samples = row?.samples[id] ?? [];
    return samples.length > 0 ? median(samples) * 1000 : undefined;
  };
  const attach = (id: string): number | undefined => time(row("attach-batch"), id) ?? time(row("attach-each"), id);
  const all: Record<string, number[]> = {};
  for (const phase of ROWS) Object.assign(all, row(phase)?.samples);
  const ids = drawn(ROWS.map(row), inOrder(result, all)).sort(
    (one, other) => (time(total, one) ?? LAST) - (time(total, other) ?? LAST),
  );
  const columns = Object.entries(PHASES).map(([phase, caption]) => {
    const values: Record<string, number> = {};
    for (const id of ids) {
      const value = phase === "attach" ? attach(id) : time(row(phase), id);
      if (value !== undefined) values[id] = value;
    }
    return { caption, values };
  });
  const contenders = ids.map((id) => ({ id, title: titleOf(result, id) }));
  return {
    name: "throughput",
    title: `Time to create, attach and remove ${count(COUNT)} TAPs`,
    subtitle: "Logarithmic: each line of the grid is ten times the one before it. Shorter is quicker.",
    footer: machineOf(result),
    height: TOP + heightOfBars(ids.length) + 28,
    panels: barPanels({
      ...{ contenders, columns, top: TOP, names: widthOfNames(contenders.map(({ title }) => title)) },
      ...{ scale: logarithmic, all: columns.flatMap(({ values }) => Object.values(values)) },
    }),
  };
}
