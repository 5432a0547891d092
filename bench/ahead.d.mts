import type { Row } from "./result.mjs";

/** Peers that are ahead of linkwright in a row (the floor is no peer), by how many times round by round, and whether that may be noise. */
export function peersAhead(row: Row): { name: string; times: number; noise: boolean }[];

/** The note of a row in which peers are ahead: by how much, and why where that is known. Undefined where none is. */
export function noteOf(row: Row): string | undefined;
