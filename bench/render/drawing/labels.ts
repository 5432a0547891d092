const HEIGHT = 15;
const GAPS = [8, 20, 32, 44, 56, 72, 88, 104, 120, 140, 160, 200];
/** What a label may cost: crossing a curve with its line, covering a curve, covering another label. */
const CROSSING = 45;
const COVERING = 400;
const COLLIDING = 3000;

/** Pixels. */
export interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A label's width, and the pixel of a curve at a share from 0 to 1. */
interface Curve {
  readonly width: number;
  x(share: number): number;
}

/** Something level. */
interface Level {
  readonly left: number;
  readonly right: number;
  readonly y: number;
}

/** Where a label is, and where its line begins. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly align: "left" | "right";
  readonly from: number;
}

interface Candidate extends Place {
  readonly share: number;
  readonly box: Level;
  readonly cost: number;
}

/**
 * A place beside each rising curve where its label covers nothing, or as little as can be, joined to it by a short level line.
 * The first are placed first.
 */
export function besideCurves(curves: readonly Curve[], area: Area): Place[] {
  const placed: Candidate[] = [];
  for (const curve of curves) {
    const others = curves.filter((other) => other !== curve);
    let best: Candidate | undefined;
    for (const candidate of candidates(curve, area)) {
      const cost = candidate.cost + costAmong(candidate, others, placed, area);
      if (best === undefined || cost < best.cost) best = { ...candidate, cost };
    }
    if (best !== undefined) placed.push(best);
  }
  return placed.map(({ x, y, align, from }) => ({ x, y, align, from }));
}

function* candidates({ width, x: curve }: Curve, { left, right, top, bottom }: Area): Generator<Candidate> {
  for (let share = 0.06; share < 0.95; share += 0.02) {
    const y = Math.round(bottom - share * (bottom - top));
    const from = curve(share);
    for (const gap of GAPS)
      for (const side of [1, -1]) {
        const x = from + side * gap;
        const box = { left: side > 0 ? x : x - width, right: side > 0 ? x + width : x, y };
        if (box.left < left + 2 || box.right > right) continue;
        const cost = gap + Math.abs(share - 0.5) * 60;
        yield { share, from, x, y, box, align: side > 0 ? "left" : "right", cost };
      }
  }
}

function costAmong(
  { share, from, x, y, box }: Candidate,
  others: readonly Curve[],
  placed: readonly Candidate[],
  { top, bottom }: Area,
): number {
  const half = HEIGHT / 2 / (bottom - top);
  const line = { left: Math.min(from, x), right: Math.max(from, x), y };
  let cost = 0;
  for (const { x: curve } of others) {
    const [low, high] = [curve(Math.max(0, share - half)), curve(Math.min(1, share + half))];
    if (low < box.right + 3 && high > box.left - 3) cost += COVERING;
    else if (high > line.left && low < line.right) cost += CROSSING;
  }
  for (const other of placed) {
    const otherLine = { left: Math.min(other.from, other.x), right: Math.max(other.from, other.x), y: other.y };
    if (meet(box, other.box, HEIGHT)) cost += COLLIDING;
    if (meet(line, other.box, HEIGHT / 2) || meet(box, otherLine, HEIGHT / 2)) cost += COLLIDING;
    if (meet(line, otherLine, 4)) cost += COLLIDING;
  }
  return cost;
}

const meet = (a: Level, b: Level, height: number): boolean =>
  Math.abs(a.y - b.y) < height + 1 && a.left < b.right + 6 && b.left < a.right + 6;

/** Labels that touch, by their places in the list, and the middle of them. */
interface Group {
  readonly members: readonly number[];
  readonly centre: number;
}

/** Labels in a column: the wished heights, moved apart as little as keeps their order and `top` to `bottom`. */
export function inColumn(wished: readonly number[], top: number, bottom: number, height = HEIGHT): number[] {
  const order = wished.map((y, index) => ({ y, index })).sort((a, b) => a.y - b.y || a.index - b.index);
  const groups: Group[] = [];
  const add = (members: readonly number[], wish: number): void => {
    const reach = ((members.length - 1) * height) / 2;
    groups.push({ members, centre: Math.max(top + reach, Math.min(bottom - reach, wish)) });
  };
  for (const { y, index } of order) {
    add([index], y);
    for (;;) {
      const [upper, lower] = groups.slice(-2);
      if (upper === undefined || lower === undefined || !touching(upper, lower, height)) break;
      groups.splice(-2);
      const members = [...upper.members, ...lower.members];
      add(members, (upper.centre * upper.members.length + lower.centre * lower.members.length) / members.length);
    }
  }
  const result: number[] = [];
  for (const { members, centre } of groups)
    members.forEach((index, place) => (result[index] = centre + (place - (members.length - 1) / 2) * height));
  return result;
}

const touching = (upper: Group, lower: Group, height: number): boolean =>
  lower.centre - upper.centre < ((upper.members.length + lower.members.length) * height) / 2;
