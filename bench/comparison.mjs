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
  const floor = commonFloor(current, old) ?? commonFloor(old, current);
  const [before, after] = both.map((row) =>
    floor === undefined ? ownSamples(row) : ratios(ownSamples(row), row.samples[floor]),
  );
  const { change, low, high } = changeOfMedian(before, after);
  return {
    id: current.id,
    title: current.title,
    unit: current.unit,
    relative: floor !== undefined,
    before: median(before),
    after: median(after),
    change,
    low,
    high,
    verdict: Math.min(before.length, after.length) < FEWEST ? "too few rounds" : verdictOf(change, low, high, margin),
  };
}

/** The floor of one row, if the other has it too. */
function commonFloor(row, other) {
  const floor = floorOf(row);
  return [row, other].every(({ samples }) => samples[floor]?.length > 0) ? floor : undefined;
}

function verdictOf(change, low, high, margin) {
  if (change > margin && low > 1) return "slower";
  if (change < 1 / margin && high < 1) return "quicker";
  return "same";
}

export const oursOf = (row) => row.ours ?? "linkwright";
export const floorOf = (row) => row.floor ?? "floor";
export const isPeer = (row, name) => name !== oursOf(row) && name !== floorOf(row) && !(row.aside ?? []).includes(name);
const ownSamples = (row) => row.samples[oursOf(row)] ?? [];
