import { clear } from "../arena.mjs";
import { settle } from "../kernel-rest.mjs";
import { attachTaps, bestWay, makeBridges, makeTaps } from "../work.mjs";

/**
 * What a new process does before its time counts, by how its code comes to be: what is compiled while it runs, linkwright
 * and npm's, has to run often for that; half as often in a quick run. Whoever starts a process for each operation pays for
 * its start, and is not warmed up.
 */
const warmUps = {
  compiledLater: { rounds: 4, quickRounds: 2, taps: 1000 },
  others: { rounds: 1, quickRounds: 1, taps: 100 },
};

/** A process that serves has done everything before: so each does it some times, in its best way and one by one. */
export async function warmUp(contender, { quick = false } = {}) {
  if (contender.processes) return;
  const { rounds, quickRounds, taps } = warmUps[contender.compiledLater ? "compiledLater" : "others"];
  for (let i = 0; i < (quick ? quickRounds : rounds); i++) {
    await makeBridges(contender, ["br0"]);
    await makeTaps(contender, 0, taps);
    const ways = [bestWay(contender), "each"].filter((way) => way !== undefined && contender.lacks[way] === undefined);
    for (const [i, way] of ways.entries())
      await attachTaps(contender, (i * taps) / 2, ((i + 1) * taps) / 2, ["br0"], way);
    if (contender.own) await contender.ask("remove", 0, taps, "br0");
    else await clear(contender.host);
  }
  await settle(taps);
}

/**
 * From nothing to nothing: bridges, TAPs, attached, removed, by the contender itself if it `removes`. The milliseconds of
 * each phase, undefined for what was not its own. `whileThere` is done while they are attached.
 */
export async function cycle(contender, count, { way, removes, bridges = ["br0"], whileThere }) {
  const bridge = await makeBridges(contender, bridges);
  const create = await makeTaps(contender, 0, count);
  const attach = way && (await attachTaps(contender, 0, count, bridges, way)).milliseconds;
  if (way !== undefined) await checkPorts(contender, count);
  await whileThere?.();
  const remove = removes ? (await contender.ask("remove", 0, count, ...bridges)).milliseconds : undefined;
  if (removes) await checkGone(contender);
  else await clear(contender.host);
  await settle(count);
  const parts = [bridge, create, attach, remove];
  const total = parts.includes(undefined) ? undefined : parts.reduce((sum, part) => sum + part, 0);
  return { create, attach, remove, total };
}

/** What the state is was compared before; whether it is all there is looked at every time. */
async function checkPorts({ host }, count) {
  const ports = (await host.links()).filter(({ master, up }) => master !== undefined && up);
  if (ports.length !== count) throw new Error(`${ports.length} of ${count} ports are attached and up`);
}

async function checkGone({ host }) {
  const left = (await host.links()).filter(({ linkInfo }) => linkInfo?.kind !== undefined);
  if (left.length > 0) throw new Error(`${left.length} links are left, ${left[0].name} among them`);
}
