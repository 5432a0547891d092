import { changeOfMedian, median, ratios } from "./statistics.mjs";

const FEWEST = 5;
const MARGIN = 1.05;

export function compareResults(old, current) {
  const idsOf = ({ rows }) => rows.map(({ id }) => id);
  return {
    rows: compareRows(old.rows, current.rows, MARGIN),
    missing: idsOf(old).filter((id) => !idsOf(current).includes(id)),
    added: idsOf(current).filter((id) => !idsOf(old).includes(id)),
    unlike: unlike(old, current),
  };
}

export function compareRows(old, current, margin) {
  const before = new Map(old.map((row) => [row.id, row]));
  return current
    .filter(({ id }) => before.has(id))
    .map((row) => compareRow(before.get(row.id), row, margin))
    .filter((row) => row !== undefined);
}

/** In what the runs differ, beside the code. */
function unlike(old, current) {
  const kinds = {
    options: ({ quick, limits = {} }) => [quick, limits.most, limits.rounds],
    machine: ({ machine: { processors, model } }) => [processors, model],
    kernel: ({ machine }) => machine.kernel,
    Node: ({ versions }) => versions.node,
  };
  const differs = (of) => JSON.stringify(of(old)) !== JSON.stringify(of(current));
  return Object.keys(kinds).filter((name) => differs(kinds[name]));
}

/** Undefined for a row in which linkwright took no part. */
function compareRow(old, current, margin) {
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
