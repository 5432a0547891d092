/** An axis for bars from nothing, so many pixels wide: its ticks, and the pixel of a value. */
export function linear(
  values: readonly number[],
  width: number,
): { axis: { min: number; max: number; ticks: number[] }; at: (value: number) => number };
