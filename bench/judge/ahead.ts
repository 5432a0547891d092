import type { Row } from "../result.js";
import { isPeer, oursOf } from "./comparison.js";
import { reasonOf } from "./reasons.js";
import { changeOfMedian, median, ratios } from "./statistics.js";

export interface Lead {
  name: string;
  /** By how many times it is ahead: the median of the ratios, round by round, and the interval in which that lies (99 %). */
  times: number;
  low: number;
  high: number;
  rounds: number;
  /** Whether the rounds tell the two apart: three at least, and the whole interval above 1. */
  told: boolean;
}

const SECTIONS = ["latency", "throughput", "programs", "reading"];

/** Whether linkwright is to be ahead of everybody in a row. */
export const isCompared = ({ section }: Pick<Row, "section">): boolean => SECTIONS.includes(section);

/**
 * The note of a row in which peers are ahead, or may be: by how much, and why where that is known; and whom the rounds do not
 * tell apart from linkwright. Undefined where there is nobody.
 */
export function noteOf(row: Row): string | undefined {
  if (!isCompared(row)) return undefined;
  const peers = peersAhead(row);
  const byReason = new Map<string, string[]>();
  for (const { name, times } of peers.filter(({ told }) => told)) {
    const reason = reasonOf(row.id, name) ?? "not explained";
    byReason.set(reason, [...(byReason.get(reason) ?? []), `${name} by ${times.toFixed(2)} times`]);
  }
  const close = peers.filter(({ told, rounds }) => !told && rounds >= FEWEST);
  const few = peers.filter(({ rounds }) => rounds < FEWEST);
  const sentences = [...byReason].map(([reason, leads]) => `slower than ${leads.join(", ")}: ${reason}`);
  if (close.length > 0) sentences.push(`not to be told apart from ${close.map(spread).join(", ")}`);
  if (few.length > 0) sentences.push(`too few rounds to say whether slower than ${few.map(guess).join(", ")}`);
  return sentences.length > 0 ? sentences.join("; ") : undefined;
}

/** How linkwright stands in a row: ahead of every peer, not to be told apart from the quickest, or behind some. */
export type Standing = "ahead" | "tied" | "behind";
export const STANDINGS: readonly Standing[] = ["ahead", "tied", "behind"];

/** How linkwright stands in a row; undefined where it is not compared there, or took no part. */
export function standingIn(row: Row): Standing | undefined {
  if (!isCompared(row) || (row.samples[oursOf(row)] ?? []).length === 0) return undefined;
  const peers = peersAhead(row);
  return peers.length === 0 ? "ahead" : peers.some(({ told }) => told) ? "behind" : "tied";
}

/** In how many rows it stands so. */
export function countStandings(rows: readonly Row[]): Record<Standing, number> {
  const counts = { ahead: 0, tied: 0, behind: 0 };
  for (const standing of rows.map(standingIn)) if (standing !== undefined) counts[standing]++;
  return counts;
}

/** The quickest peer of a row, and how many times its time linkwright takes: the median of the ratios, round by round. */
export function quickestPeer(row: Row): { name: string; times: number } | undefined {
  const ours = row.samples[oursOf(row)] ?? [];
  return Object.keys(row.samples)
    .filter((name) => isPeer(row, name))
    .map((name) => ({ name, times: median(ratios(ours, row.samples[name]!)) }))
    .filter(({ times }) => Number.isFinite(times))
    .sort((a, b) => b.times - a.times)[0];
}

/** In how many rows linkwright is ahead of every peer, level, and behind, in words. */
export function standingOf(rows: readonly Row[]): string {
  const { ahead, tied, behind } = countStandings(rows);
  return [
    `Of ${ahead + tied + behind} rows, linkwright is ahead of every peer in ${ahead}`,
    ...(tied > 0 ? [`not to be told apart from the quickest in ${tied}`] : []),
    ...(behind > 0 ? [`behind some in ${behind}`] : []),
  ].join(", ");
}

const spread = ({ name, low, high }: Lead): string => `${name} (${low.toFixed(2)}–${high.toFixed(2)} times)`;

const guess = ({ name, times, rounds }: Lead): string =>
  `${name} (${times.toFixed(2)} times, in ${rounds === 1 ? "one round" : `${rounds} rounds`})`;

/** Peers whose median is ahead of linkwright's in a row; the floor is no peer. */
export function peersAhead(row: Row): Lead[] {
  const ours = row.samples[oursOf(row)] ?? [];
  return Object.keys(row.samples)
    .filter((name) => isPeer(row, name) && ours.length > 0)
    .map((name) => ({ name, ratios: ratios(ours, row.samples[name]!) }))
    .filter(({ ratios }) => median(ratios) > 1)
    .map(({ name, ratios }) => ({ name, ...lead(ratios) }));
}

/** Fewer rounds tell nobody apart. */
const FEWEST = 3;

/** By how many times it is ahead of us round by round, and whether that is more than nothing. */
function lead(ratios: readonly number[]): Omit<Lead, "name"> {
  const { low, high } = changeOfMedian([1], ratios);
  return { times: median(ratios), low, high, rounds: ratios.length, told: ratios.length >= FEWEST && low > 1 };
}
