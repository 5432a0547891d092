import type { Participant } from "../../contenders/participant.js";
import { clear, type Presence } from "../arena.js";
import { settle } from "../kernel-rest.js";
import { attachTaps, bestWay, makeBridges, makeTaps, type Way } from "../work.js";

type Entered = Participant & Presence;

/** The milliseconds of each phase, undefined for what was not a contender's own. */
export type Times = Record<"create" | "attach" | "remove" | "total", number | undefined>;

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
export async function warmUp(contender: Entered, { quick = false }: { readonly quick?: boolean } = {}): Promise<void> {
  if (contender.processes) return;
  const { rounds, quickRounds, taps } = warmUps[contender.compiledLater ? "compiledLater" : "others"];
  for (let i = 0; i < (quick ? quickRounds : rounds); i++) {
    await makeBridges(contender, ["br0"]);
    await makeTaps(contender, 0, taps);
    const ways = [bestWay(contender), "each" as const].filter(
      (way): way is Way => way !== undefined && contender.lacks[way] === undefined,
    );
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
export async function cycle(
  contender: Entered,
  count: number,
  {
    way,
    removes,
    bridges = ["br0"],
    whileThere,
  }: {
    way: Way | undefined;
    removes: boolean;
    bridges?: readonly string[];
    whileThere?: () => Promise<void>;
  },
): Promise<Times> {
  const bridge = await makeBridges(contender, bridges);
  const create = await makeTaps(contender, 0, count);
  const attach = way === undefined ? undefined : (await attachTaps(contender, 0, count, bridges, way)).milliseconds;
  if (way !== undefined) await checkPorts(contender, count);
  await whileThere?.();
  const remove = removes ? (await contender.ask("remove", 0, count, ...bridges)).milliseconds : undefined;
  if (removes) await checkGone(contender);
  else await clear(contender.host);
  await settle(count);
  const parts = [bridge, create, attach, remove];
  const own = parts.filter((part) => part !== undefined);
  const total = own.length < parts.length ? undefined : own.reduce((sum, part) => sum + part, 0);
  return { create, attach, remove, total };
}

/** What the state is was compared before; whether it is all there is looked at every time. */
async function checkPorts({ host }: Entered, count: number): Promise<void> {
  const ports = (await host.links()).filter(({ master, up }) => master !== undefined && up);
  if (ports.length !== count) throw new Error(`${ports.length} of ${count} ports are attached and up`);
}

async function checkGone({ host }: Entered): Promise<void> {
  const left = (await host.links()).filter(({ linkInfo }) => linkInfo?.kind !== undefined);
  if (left[0] !== undefined) throw new Error(`${left.length} links are left, ${left[0].name} among them`);
}
