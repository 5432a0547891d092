import { changeOfMedian, median, ratios } from "./statistics.mjs";

const FEWEST = 5;
export const MARGIN = 1.05;

export function compareResults(old, current, margin = MARGIN) {
  const before = new Map(old.rows.map((row) => [row.id, row]));
  const after = new Map(current.rows.map((row) => [row.id, row]));
  const common = current.rows.filter(({ id }) => before.has(id));
  return {
    rows: common.map((row) => compareRows(before.get(row.id), row, margin)).filter((row) => row !== undefined),
    missing: old.rows.map(({ id }) => id).filter((id) => !after.has(id)),
    added: current.rows.map(({ id }) => id).filter((id) => !before.has(id)),
  };
}

/** Undefined for a row in which linkwright took no part. */
function compareRows(old, current, margin) {
  const both = [old, current];
  if (both.some((row) => ownSamples(row).length === 0)) return undefined;
  const relative = both.every((row) => (row.samples[floorOf(row)] ?? []).length > 0);
  const [before, after] = both.map((row) =>
    relative ? ratios(ownSamples(row), row.samples[floorOf(row)]) : ownSamples(row),
  );
  const { change, low, high } = changeOfMedian(before, after);
  return {
    id: current.id,
    title: current.title,
    unit: current.unit,
    relative,
    before: median(before),
    after: median(after),
    change,
    low,
    high,
    verdict: Math.min(before.length, after.length) < FEWEST ? "too few rounds" : verdictOf(change, low, high, margin),
  };
}

function verdictOf(change, low, high, margin) {
  if (change > margin && low > 1) return "slower";
  if (change < 1 / margin && high < 1) return "quicker";
  return "same";
}

export const oursOf = (row) => row.ours ?? "linkwright";
export const floorOf = (row) => row.floor ?? "floor";
const ownSamples = (row) => row.samples[oursOf(row)] ?? [];
