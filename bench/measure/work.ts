import type { Contender } from "../contenders/contender.js";
import type { Participant } from "../contenders/participant.js";
import type { Host, Tap } from "../../src/index.js";
import type { Presence } from "./arena.js";

/** The ways to attach, quickest first. */
export const WAYS = ["batch", "pipelined", "each"] as const;
export type Way = (typeof WAYS)[number];

type Working = Pick<Participant & Presence, "lacks" | "ask" | "host">;

/**
 * One command of a contender that has entered: the milliseconds that it took. What it cannot do (see verification.mjs) is
 * done for it by `instead`, and takes undefined.
 */
async function timed(
  { lacks, ask }: Working,
  command: string,
  words: readonly (string | number)[],
  instead: () => Promise<unknown>,
): Promise<number | undefined> {
  if (lacks[command] === undefined) {
    const { milliseconds, unsupported } = await ask(command, ...words);
    if (unsupported === undefined) return milliseconds;
    lacks[command] = unsupported;
  }
  await instead();
  return undefined;
}

/** Has a contender create bridges, set up. */
export async function makeBridges(contender: Working, names: readonly string[]): Promise<number | undefined> {
  let total = 0;
  for (const name of names)
    total += (await timed(contender, "bridge", [name], () => contender.host.addBridge(name, { up: true }))) ?? NaN;
  return Number.isNaN(total) ? undefined : total;
}

/** Has a contender create the TAPs from a number to below another. */
export const makeTaps = (contender: Working, from: number, to: number): Promise<number | undefined> =>
  timed(contender, "create", [from, to], () => addTaps(contender.host, from, to));

/** The same by linkwright, for whoever cannot, or has nothing to do with it. */
export const addTaps = (host: Host, from: number, to: number): Promise<Tap[]> =>
  Promise.all(Array.from({ length: to - from }, (_, i) => host.addTap(`t${from + i}`)));

/** Has a contender attach TAPs to bridges, to each as many, in a way that it has: milliseconds, and microseconds of each. */
export async function attachTaps(
  { ask }: Pick<Contender, "ask">,
  from: number,
  to: number,
  bridges: readonly string[],
  way: Way,
): Promise<{ milliseconds: number; each: number[] }> {
  const share = (to - from) / bridges.length;
  const answers = [];
  for (const [i, bridge] of bridges.entries())
    answers.push(await ask("attach", from + i * share, from + (i + 1) * share, bridge, way));
  return {
    milliseconds: answers.reduce((sum, { milliseconds = NaN }) => sum + milliseconds, 0),
    each: answers.flatMap(({ each = [] }) => each),
  };
}

/** The quickest way that a contender has. */
export const bestWay = ({ lacks }: Pick<Participant, "lacks">): Way | undefined =>
  WAYS.find((way) => lacks[way] === undefined);
