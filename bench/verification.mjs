import { clearAway, enter } from "./arena.mjs";
import { differenceOf, stateOf } from "./state.mjs";
import { makeBridges, makeTaps, WAYS } from "./work.mjs";

const TAPS = 10;

/**
 * Has every contender do the work once, and compares the links that it leaves with those of the first. Resolves with
 * { sound, failed }: contenders with `lacks`, that is why there is no time of theirs for a command or a way to attach,
 * be it that they cannot or that they do something else; and those that failed, { name, reason }.
 */
export async function verify(contenders, progress) {
  const sound = [];
  const failed = [];
  const states = {};
  for (const [i, contender] of contenders.entries()) {
    progress(i / contenders.length, contender.title);
    const lacks = {};
    try {
      await tryOut({ ...contender, lacks }, states);
      sound.push({ ...contender, lacks });
    } catch (error) {
      failed.push({ name: contender.name, reason: error.message });
    }
  }
  return { sound, failed };
}

async function tryOut(contender, states) {
  const entered = { ...(await enter(contender)), lacks: contender.lacks };
  try {
    for (const way of WAYS) await tryWay(entered, way, states);
    await tryRemoval(entered);
  } finally {
    await entered.leave();
  }
}

async function tryWay(contender, way, states) {
  const { ask, host, lacks } = contender;
  await makeBridges(contender, ["br0"]);
  await makeTaps(contender, 0, TAPS);
  lacks.create ??= differenceOf((states.created ??= await stateOf(host)), await stateOf(host));
  const { unsupported } = await ask("attach", 0, TAPS, "br0", way);
  lacks[way] = unsupported ?? differenceOf((states.attached ??= await stateOf(host)), await stateOf(host));
  for (const [key, why] of Object.entries(lacks)) if (why === undefined) delete lacks[key];
  await clearAway(host);
}

async function tryRemoval(contender) {
  const { ask, host, lacks } = contender;
  await makeBridges(contender, ["br0"]);
  await makeTaps(contender, 0, TAPS);
  const { unsupported } = await ask("remove", 0, TAPS, "br0");
  const left = (await host.links()).filter(({ linkInfo }) => linkInfo?.kind !== undefined);
  const why = unsupported ?? (left.length > 0 ? `it left ${left[0].name}` : undefined);
  if (why !== undefined) lacks.remove = why;
}
