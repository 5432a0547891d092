import type { Host } from "../host/host.js";

/** What tells of packets that a link loses. */
const LOSSES = ["rxDropped", "txDropped", "rxErrors", "txErrors"] as const;

/** How many packets a link has lost, or how many more than before. */
export type Growth = Readonly<Record<(typeof LOSSES)[number], number>>;

/** The losses of every link, by its index. */
export async function lossesOf(host: Host): Promise<Map<number, Growth>> {
  const all = await host.counters();
  return new Map(
    all.map(({ index, link }) => [
      index,
      Object.fromEntries(LOSSES.map((name) => [name, Number(link[name])])) as Growth,
    ]),
  );
}

/** What grew from one reading to the next; a device that is new, or began anew, has grown by nothing. */
export function grownSince(
  before: ReadonlyMap<number, Growth>,
  after: ReadonlyMap<number, Growth>,
): Map<number, Growth> {
  return new Map(
    [...after].map(([index, now]) => {
      const then = before.get(index) ?? now;
      return [index, Object.fromEntries(LOSSES.map((name) => [name, Math.max(0, now[name] - then[name])])) as Growth];
    }),
  );
}

/** What of it grew, in words: "txDropped grew by 3". */
export function spelledGrowth(growth: Growth | undefined): string[] {
  return Object.entries(growth ?? {}).flatMap(([name, count]) => (count > 0 ? [`${name} grew by ${count}`] : []));
}
