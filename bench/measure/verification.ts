import type { Lacks, Tried } from "../contenders/participant.js";
import { enter, type Presence } from "./arena.js";
import { pause } from "./kernel-rest.js";
import type { Host } from "../../src/index.js";
import { differenceOf, type State, stateOf } from "./state.js";
import { makeBridges, makeTaps, type Way, WAYS } from "./work.js";

/** So many are attached at once, which not every library stands, and so many are removed. */
const ATTACHED = 100;
const REMOVED = 10;

/** What the first contender left, at some moments. */
type States = Partial<Record<"created" | "attached", State>>;

/** A contender while it is tried out. */
type Trying = Tried & { readonly lacks: Lacks } & Presence;

/**
 * Has every contender do the work once, and compares the links that it leaves with those of the first. Resolves with
 * { sound, failed }: contenders with `lacks`, that is why there is no time of theirs for a command or a way to attach,
 * be it that they cannot or that they do something else; and those that failed, { name, reason }.
 */
export async function verify<T extends Tried>(
  contenders: readonly T[],
  progress: (part: number, text: string) => void,
): Promise<{ sound: (T & { lacks: Lacks })[]; failed: { name: string; reason: string }[] }> {
  const states: States = {};
  const [first, ...others] = contenders;
  if (first === undefined) return { sound: [], failed: [] };
  progress(0, first.title);
  const outcomes = [await tried(first, states)];
  progress(0.3, "all others at once");
  outcomes.push(...(await Promise.all(others.map((contender) => tried(contender, states)))));
  return {
    sound: outcomes.filter((outcome) => "lacks" in outcome),
    failed: outcomes.filter((outcome) => "reason" in outcome),
  };
}

async function tried<T extends Tried>(
  contender: T,
  states: States,
): Promise<(T & { lacks: Lacks }) | { name: string; reason: string }> {
  const lacks: Lacks = {};
  try {
    await tryOut({ ...contender, lacks }, states);
    return { ...contender, lacks };
  } catch (error) {
    return { name: contender.name, reason: (error as Error).message };
  }
}

async function tryOut(contender: Tried & { readonly lacks: Lacks }, states: States): Promise<void> {
  for (const way of WAYS) await inProcess(contender, (entered) => tryWay(entered, way, states));
  await inProcess(contender, tryRemoval);
  for (const [key, why] of Object.entries(contender.lacks)) if (why === undefined) delete contender.lacks[key];
}

/** In a process and a namespace of its own: who fails may end. */
async function inProcess<T extends Tried>(contender: T, work: (entered: T & Presence) => Promise<void>): Promise<void> {
  const entered = await enter(contender);
  try {
    await work(entered);
  } finally {
    await entered.leave();
  }
}

async function tryWay(contender: Trying, way: Way, states: States): Promise<void> {
  const { ask, host, lacks } = contender;
  await makeBridges(contender, ["br0"]);
  await makeTaps(contender, 0, ATTACHED);
  lacks.create ??= await differenceFrom(states, "created", host);
  try {
    const { unsupported } = await ask("attach", 0, ATTACHED, "br0", way);
    lacks[way] = unsupported ?? (await differenceFrom(states, "attached", host));
  } catch (error) {
    lacks[way] = (error as Error).message;
  }
}

/** The kernel brings some of the state about later: so long a difference may last. */
const PATIENCE = 2000;

/** In what the links differ from those that the first contender left; undefined when they come to be the same. */
async function differenceFrom(states: States, moment: keyof States, host: Host): Promise<string | undefined> {
  if (states[moment] === undefined) {
    await pause(PATIENCE / 2);
    states[moment] = await stateOf(host);
  }
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    const difference = differenceOf(states[moment], await stateOf(host));
    if (difference === undefined || performance.now() > deadline) return difference;
    await pause(20);
  }
}

async function tryRemoval(contender: Trying): Promise<void> {
  const { ask, host, lacks } = contender;
  await makeBridges(contender, ["br0"]);
  await makeTaps(contender, 0, REMOVED);
  const { unsupported } = await ask("remove", 0, REMOVED, "br0");
  const left = (await host.links()).find(({ linkInfo }) => linkInfo?.kind !== undefined);
  const why = unsupported ?? (left === undefined ? undefined : `it left ${left.name}`);
  if (why !== undefined) lacks.remove = why;
}
