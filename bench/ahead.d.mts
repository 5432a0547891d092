import type { Row } from "./result.mjs";

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

/** Whether linkwright is to be ahead of everybody in a row. */
export function isCompared(row: Pick<Row, "section">): boolean;

/** Peers whose median is ahead of linkwright's in a row; the floor is no peer. */
export function peersAhead(row: Row): Lead[];

/** In how many rows linkwright is ahead of every peer, level, and behind, in words. */
export function standingOf(rows: readonly Row[]): string;

/**
 * The note of a row in which peers are ahead, or may be: by how much, and why where that is known; and whom the rounds do not
 * tell apart from linkwright. Undefined where there is nobody.
 */
export function noteOf(row: Row): string | undefined;
