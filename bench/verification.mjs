import { enter } from "./arena.mjs";
import { pause } from "./kernel-rest.mjs";
import { differenceOf, stateOf } from "./state.mjs";
import { makeBridges, makeTaps, WAYS } from "./work.mjs";

/** So many are attached at once, which not every library stands, and so many are removed. */
const ATTACHED = 100;
const REMOVED = 10;

/**
 * Has every contender do the work once, and compares the links that it leaves with those of the first. Resolves with
 * { sound, failed }: contenders with `lacks`, that is why there is no time of theirs for a command or a way to attach,
 * be it that they cannot or that they do something else; and those that failed, { name, reason }.
 */
export async function verify(contenders, progress) {
  const states = {};
  const [first, ...others] = contenders;
  progress(0, first.title);
  const outcomes = [await tried(first, states)];
  progress(0.3, "all others at once");
  outcomes.push(...(await Promise.all(others.map((contender) => tried(contender, states)))));
  return {
    sound: outcomes.filter(({ lacks }) => lacks !== undefined),
    failed: outcomes.filter(({ reason }) => reason !== undefined),
  };
}

async function tried(contender, states) {
  const lacks = {};
  try {
    await tryOut({ ...contender, lacks }, states);
    return { ...contender, lacks };
  } catch (error) {
    return { name: contender.name, reason: error.message };
  }
}

async function tryOut(contender, states) {
  for (const way of WAYS) await inProcess(contender, (entered) => tryWay(entered, way, states));
  await inProcess(contender, tryRemoval);
  for (const [key, why] of Object.entries(contender.lacks)) if (why === undefined) delete contender.lacks[key];
}

/** In a process and a namespace of its own: who fails may end. */
async function inProcess(contender, work) {
  const entered = await enter(contender);
  try {
    await work(entered);
  } finally {
    await entered.leave();
  }
}

async function tryWay(contender, way, states) {
  const { ask, host, lacks } = contender;
  await makeBridges(contender, ["br0"]);
  await makeTaps(contender, 0, ATTACHED);
  lacks.create ??= await differenceFrom(states, "created", host);
  try {
    const { unsupported } = await ask("attach", 0, ATTACHED, "br0", way);
    lacks[way] = unsupported ?? (await differenceFrom(states, "attached", host));
  } catch (error) {
    lacks[way] = error.message;
  }
}

/** The kernel brings some of the state about later: so long a difference may last. */
const PATIENCE = 2000;

/** In what the links differ from those that the first contender left; undefined when they come to be the same. */
async function differenceFrom(states, moment, host) {
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

async function tryRemoval(contender) {
  const { ask, host, lacks } = contender;
  await makeBridges(contender, ["br0"]);
  await makeTaps(contender, 0, REMOVED);
  const { unsupported } = await ask("remove", 0, REMOVED, "br0");
  const left = (await host.links()).filter(({ linkInfo }) => linkInfo?.kind !== undefined);
  const why = unsupported ?? (left.length > 0 ? `it left ${left[0].name}` : undefined);
  if (why !== undefined) lacks.remove = why;
}
