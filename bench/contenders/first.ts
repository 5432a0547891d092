import { sourceOf } from "./builders.js";
import type { Tried } from "./participant.js";

/** Linkwright in a process that has done nothing before: it has a line of its own, and competes with nobody. */
export const FIRST = "linkwright-first";

/** The same contender, by a program that loads it when its time has started; undefined where it does not take part. */
export function firstOf<T extends Tried>(
  contenders: readonly T[],
): (T & { lacks: Record<string, string | undefined> }) | undefined {
  const ours = contenders.find(({ name }) => name === "linkwright");
  if (ours === undefined) return undefined;
  return {
    ...ours,
    name: FIRST,
    title: "linkwright, first in its process",
    version: undefined,
    lacks: {},
    command: [process.execPath, sourceOf("linkwright-first.mjs")],
  };
}
