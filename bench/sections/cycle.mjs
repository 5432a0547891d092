import { clear } from "../arena.mjs";
import { settle } from "../kernel-rest.mjs";
import { attachTaps, bestWay, makeBridges, makeTaps } from "../work.mjs";

/** Rounds of a process that come before those that count. */
const WARM_UP = { own: 3, others: 1 };
const TAPS = 100;

/**
 * A process that is new does everything for the first time, one that serves does not: its code is compiled by then, its
 * memory there. Whoever starts a process for each operation pays for it, and is not warmed up.
 */
export async function warmUp(contender) {
  if (contender.processes) return;
  for (let i = 0; i < (contender.own ? WARM_UP.own : WARM_UP.others); i++) {
    await makeBridges(contender, ["br0"]);
    await makeTaps(contender, 0, TAPS);
    const ways = [bestWay(contender), "each"].filter((way) => way !== undefined && contender.lacks[way] === undefined);
    for (const [i, way] of ways.entries())
      await attachTaps(contender, (i * TAPS) / 2, ((i + 1) * TAPS) / 2, ["br0"], way);
    if (contender.own) await contender.ask("remove", 0, TAPS, "br0");
    else await clear(contender.host);
    await settle(TAPS);
  }
}

/**
 * From nothing to nothing: bridges, TAPs, attached, removed, by the contender itself if it `removes`. The milliseconds of
 * each phase, undefined for what was not its own.
 */
export async function cycle(contender, count, { way, removes, bridges = ["br0"] }) {
  const bridge = await makeBridges(contender, bridges);
  const create = await makeTaps(contender, 0, count);
  const attach = way && (await attachTaps(contender, 0, count, bridges, way)).milliseconds;
  if (way !== undefined) await checkPorts(contender, count);
  const remove = removes ? (await contender.ask("remove", 0, count, ...bridges)).milliseconds : undefined;
  if (!removes) await clear(contender.host);
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
