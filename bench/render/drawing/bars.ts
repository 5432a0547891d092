import { colourOf, type Roles } from "./contenders.js";
import { type Axis, type Panel, type Series, type Text, WIDTH } from "./draw.js";
import { logScale, powersOfTen, sparse } from "./scale.js";
import { type Colour, type Theme, widthOf } from "./theme.js";
import { duration, tick } from "./words.js";

const ROW = 22;
const GAP = 22;
const SIZE = 12;
const EDGE = 16;
/** Pixels between labels of an axis, at least, and for the number that follows a bar. */
const LABEL = 46;
const NUMBER = widthOf("88.8 ms", SIZE, true) + 6;

/** An axis for bars, and the pixel of a value. */
export interface BarScale {
  readonly axis: Axis & { readonly min: number; readonly max: number; readonly ticks: number[] };
  at(value: number): number;
}

/** A scale for bars of some values that is so many pixels wide. */
type Scale = (values: readonly number[], width: number) => BarScale;

interface Row {
  readonly id: string;
  readonly title: string;
  readonly colour: Colour;
  readonly own: boolean;
  readonly y: number;
}

/** Microseconds, by contender. */
type Values = Readonly<Record<string, number | undefined>>;

/** Pixels from the top of the bars to where the next may stand. */
export const heightOfBars = (rows: number): number => rows * ROW + 28;

/** Pixels that names at the left of bars take. */
export const widthOfNames = (names: readonly string[]): number =>
  Math.max(...names.map((name) => widthOf(name, SIZE, true)));

/** An axis for bars that are this wide: from the step below the least, each line of the grid ten times the one before. */
export function logarithmic(values: readonly number[], width: number): BarScale {
  const scale = logScale(values, 0, width - NUMBER, 0);
  const ticks = powersOfTen(scale.ticks);
  const labelled = sparse(ticks, scale.at, LABEL);
  // The longest bar leaves room for its number.
  const max = scale.min * (scale.max / scale.min) ** (width / (width - NUMBER));
  const label = (value: number): string => (labelled.includes(value) ? tick(value) : "");
  return { axis: { type: "log", min: scale.min, max, ticks, label }, at: scale.at };
}

/** An axis for bars from nothing. */
export function linear(values: readonly number[], width: number): BarScale {
  const most = Math.max(...values);
  const max = (most * width) / (width - NUMBER);
  const power = 10 ** Math.floor(Math.log10(most));
  const step = power * ([1, 0.5, 0.2].find((part) => most >= 4 * power * part) ?? 1);
  const ticks = Array.from({ length: Math.floor(max / step) + 1 }, (_, index) => index * step);
  return {
    axis: { type: "value", min: 0, max, ticks, label: (value) => (value === 0 ? "0" : tick(value)) },
    at: (value) => (value / max) * width,
  };
}

/**
 * Panels of bars beside each other, on one scale (of the functions above, with its values): a line for each contender, named
 * at the left, and a panel for each column `{ caption, values: { id: µs } }`. `roles` says which is ours and which the floor.
 */
export function barPanels({
  contenders,
  columns,
  top,
  names,
  scale,
  all,
  roles,
}: {
  contenders: readonly { id: string; title: string }[];
  columns: readonly { caption: string; values: Values }[];
  top: number;
  names: number;
  scale: Scale;
  all: readonly number[];
  roles?: Roles;
}): Panel[] {
  const start = EDGE + names + 10;
  const width = (WIDTH - EDGE - start - GAP * (columns.length - 1)) / columns.length;
  const { axis, at } = scale(all, width);
  const rows = contenders.map(({ id, title }, row): Row => {
    const colour = colourOf(id, roles);
    return { id, title, colour, own: colour === "linkwright", y: top + (row + 0.5) * ROW };
  });
  return columns.map(({ caption, values }, index): Panel => {
    const left = start + index * (width + GAP);
    return {
      area: { left, right: left + width, top, bottom: top + rows.length * ROW },
      x: axis,
      y: { type: "category", inverse: true, data: rows.map(({ id }) => id) },
      series: (theme) => [bars(rows, values, axis.min, theme)],
      texts: [
        { x: left, y: top - 14, text: caption, size: SIZE, bold: true, colour: "text" },
        ...(index === 0 ? rows.map((row) => nameOf(row, left - 10)) : []),
        ...rows.map((row) => numberOf(row, values[row.id], left, at)),
      ],
    };
  });
}

const nameOf = ({ title, own, colour, y }: Row, x: number): Text => ({
  ...{ x, y, text: title, size: SIZE, bold: own, align: "right", colour: own ? colour : "text" },
});

function numberOf({ own, y }: Row, value: number | undefined, left: number, at: (value: number) => number): Text {
  if (value === undefined) return { x: left + 4, y, text: "–", size: SIZE, colour: "quiet" };
  return {
    x: left + at(value) + 5,
    y,
    text: duration(value),
    size: SIZE,
    bold: own,
    colour: own ? "linkwright" : "quiet",
  };
}

/** The floor is an outline. */
function bars(rows: readonly Row[], values: Values, min: number, theme: Theme): Series {
  return {
    type: "bar",
    barWidth: ROW * 0.62,
    data: rows.map(({ id, colour }) => {
      const outline = { color: "transparent", borderColor: theme[colour], borderWidth: 1.2, borderType: [4, 3] };
      if (values[id] === undefined) return { value: min, itemStyle: { color: "transparent" } };
      return { value: values[id], itemStyle: colour === "floor" ? outline : { color: theme[colour] } };
    }),
  };
}
