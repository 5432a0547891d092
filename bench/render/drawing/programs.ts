import type { Result } from "../../result.js";
import { median } from "../../judge/statistics.js";
import { barPanels, heightOfBars, linear, widthOfNames } from "./bars.js";
import { inOrder, titleOf } from "./contenders.js";
import type { Drawing } from "./draw.js";
import { machineOf } from "./words.js";

const TOP = 92;
const SPACE = 20;

/** The programs that QEMU starts for a device, each as a whole process, the quickest first. */
export function programsChart(result: Result): Drawing | undefined {
  const rows = result.rows.filter(({ section, samples }) => section === "programs" && Object.keys(samples).length > 0);
  if (rows.length === 0) return undefined;
  let top = TOP;
  const groups = rows.map(({ title, samples, ours, floor }) => {
    const values = Object.fromEntries(inOrder(result, samples).map((id) => [id, median(samples[id]!) * 1000]));
    const ids = Object.keys(values).sort((one, other) => values[one]! - values[other]!);
    const group = { ids, values, title, top, roles: { ours, floor } };
    top += heightOfBars(ids.length) + SPACE;
    return group;
  });
  const named = groups.map(({ ids }) => ids.map((id) => ({ id, title: titleOf(result, id) })));
  const names = widthOfNames(named.flat().map(({ title }) => title));
  const all = groups.flatMap(({ values }) => Object.values(values));
  return {
    name: "programs",
    title: "Time of a whole process that QEMU starts for a network device",
    subtitle: "Start of the program, its work and its end. Shorter is quicker.",
    footer: machineOf(result),
    height: top + 16,
    panels: groups.flatMap(({ values, title, top, roles }, index) =>
      barPanels({
        ...{ contenders: named[index]!, columns: [{ caption: title, values }], roles },
        ...{ top, names, scale: linear, all },
      }),
    ),
  };
}
