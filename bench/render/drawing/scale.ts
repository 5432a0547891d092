const STEPS = [1, 2, 5, 10];

/** Where values are on a chart. */
export interface LogScale {
  readonly min: number;
  readonly max: number;
  readonly ticks: number[];
  at(value: number): number;
}

/**
 * A logarithmic scale from the step below the least value to the step above the greatest (1, 2, 5, 10, …), over pixels from
 * `start` to `end`; `at` says at which of them a value is. Ticks are no nearer to each other than `room` pixels.
 */
export function logScale(values: readonly number[], start: number, end: number, room = 55): LogScale {
  const min = step(Math.min(...values), Math.floor);
  const max = step(Math.max(...values), Math.ceil);
  const decades = Math.log10(max / min);
  const at = (value: number): number => start + (Math.log10(value / min) / decades) * (end - start);
  const all = between(min, max);
  const perDecade = Math.abs(end - start) / decades;
  const steps = [[1, 2, 5], [1]].find((steps) => perDecade * Math.log10(steps[1] ?? 10) >= room) ?? [1];
  return { min, max, at, ticks: all.filter((value) => steps.includes(leading(value))) };
}

/** The next of 1, 2, 5, 10, … below or above. */
function step(value: number, round: (value: number) => number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const part = value / power;
  const found =
    round === Math.ceil ? STEPS.find((s) => s >= part - 1e-9) : [...STEPS].reverse().find((s) => s <= part + 1e-9);
  return exact((found ?? 10) * power);
}

function between(min: number, max: number): number[] {
  const values: number[] = [];
  for (let power = Math.floor(Math.log10(min)); power <= Math.ceil(Math.log10(max)); power++)
    for (const part of [1, 2, 5]) values.push(exact(part * 10 ** power));
  return values.filter((value) => value >= min && value <= max);
}

const leading = (value: number): number => Number(value.toExponential(6).split("e")[0]);
const exact = (value: number): number => Number(value.toPrecision(6));

export const powersOfTen = (ticks: readonly number[]): number[] => ticks.filter((value) => leading(value) === 1);

/** Of some ticks, from the last one on, as many as have `room` pixels each. */
export function sparse(ticks: readonly number[], at: (value: number) => number, room: number): number[] {
  const [first, second] = ticks;
  const apart = first === undefined || second === undefined ? room : Math.abs(at(second) - at(first));
  const every = Math.ceil(room / apart);
  return ticks.filter((_, index) => (ticks.length - 1 - index) % every === 0);
}
