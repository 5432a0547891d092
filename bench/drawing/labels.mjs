const HEIGHT = 15;
const GAPS = [8, 20, 32, 44, 56, 72, 88, 104, 120, 140, 160, 200];
/** What a label may cost: crossing a curve with its line, covering a curve, covering another label. */
const CROSSING = 45;
const COVERING = 400;
const COLLIDING = 3000;

/**
 * A place beside each rising curve where its label covers nothing, or as little as can be, joined to it by a short level line.
 * A curve is `{ width, x }`: the label's width, and the curve's pixel at a share from 0 to 1; the first are placed first.
 * The area is `{ left, right, top, bottom }`. Returns for each `{ x, y, align, from }`, with the line from `from` to `x`.
 */
export function besideCurves(curves, area) {
  const placed = [];
  for (const curve of curves) {
    const others = curves.filter((other) => other !== curve);
    let best;
    for (const candidate of candidates(curve, area)) {
      const cost = candidate.cost + costAmong(candidate, others, placed, area);
      if (best === undefined || cost < best.cost) best = { ...candidate, cost };
    }
    placed.push(best);
  }
  return placed.map(({ x, y, align, from }) => ({ x, y, align, from }));
}

function* candidates({ width, x: curve }, { left, right, top, bottom }) {
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

function costAmong({ share, from, x, y, box }, others, placed, { top, bottom }) {
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

const meet = (a, b, height) => Math.abs(a.y - b.y) < height + 1 && a.left < b.right + 6 && b.left < a.right + 6;

/** Labels in a column: the wished heights, moved apart as little as keeps their order and `top` to `bottom`. */
export function inColumn(wished, top, bottom, height = HEIGHT) {
  const order = wished.map((y, index) => ({ y, index })).sort((a, b) => a.y - b.y || a.index - b.index);
  const groups = [];
  const add = (members, wish) => {
    const reach = ((members.length - 1) * height) / 2;
    groups.push({ members, centre: Math.max(top + reach, Math.min(bottom - reach, wish)) });
  };
  for (const { y, index } of order) {
    add([index], y);
    while (groups.length > 1 && touching(groups.at(-2), groups.at(-1), height)) {
      const [upper, lower] = groups.splice(-2);
      const members = [...upper.members, ...lower.members];
      add(members, (upper.centre * upper.members.length + lower.centre * lower.members.length) / members.length);
    }
  }
  const result = [];
  for (const { members, centre } of groups)
    members.forEach((index, place) => (result[index] = centre + (place - (members.length - 1) / 2) * height));
  return result;
}

const touching = (upper, lower, height) =>
  lower.centre - upper.centre < ((upper.members.length + lower.members.length) * height) / 2;
