import type { Host } from "../src/index.js";

/** What links are like, by their names. */
export type State = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

export function stateOf(host: Pick<Host, "links">): Promise<State>;
export function differenceOf(expected: State, found: State): string | undefined;
