import type { Participant } from "../../contenders/participant.js";
import { inTurn, withEntered, withPlace } from "../arena.js";
import { settle } from "../kernel-rest.js";
import { addTaps, bestWay } from "../work.js";
import type { Bench } from "../section.js";
import { cycle, type Times, warmUp } from "./cycle.js";

/** The id of a row. */
export type Id = (phase: string, count: number) => string;

const BRIDGES = Array.from({ length: 10 }, (_, i) => `br${i}`);
const PHASES: Readonly<Record<keyof Times, string>> = {
  create: "create",
  attach: "attach-batch",
  remove: "remove",
  total: "total",
};
const ONE_BY_ONE = "left out: one by one it takes minutes";
const PROCESSES = "left out: a process for each takes a minute";

/**
 * Ten thousand TAPs over ten bridges. The floor and linkwright do all of it in some rounds; the others create and attach,
 * once: removing one by one would take 160 s. Before that it is done once for nothing: the first ten thousand links since the
 * machine started are dearer, for the kernel has to get its memory together.
 */
export async function measureCrowd(bench: Bench, rounds: number, count: number, id: Id): Promise<void> {
  bench.progress(0.88, `${count} TAPs over ten bridges, for the kernel's memory`);
  await withPlace(async (host) => {
    await addTaps(host, 0, count);
  });
  await settle(count);
  for (let round = 0; round < rounds; round++)
    for (const contender of inTurn(bench.contenders, round).filter(({ own }) => own || round === 0)) {
      bench.progress(0.9 + (0.1 * round) / rounds, `${count} TAPs over ten bridges, ${contender.title}`);
      const why = obstacle(contender);
      if (why === undefined) await measure(bench, contender, count, id);
      else for (const phase of Object.values(PHASES)) bench.record.lack(id(phase, count), contender.name, why);
    }
}

function obstacle({ processes, lacks }: Participant): string | undefined {
  const way = bestWay({ lacks });
  return way === undefined ? lacks.batch : processes && way === "each" ? PROCESSES : undefined;
}

const measure = (bench: Bench, contender: Participant, count: number, id: Id): Promise<unknown> =>
  withEntered(
    bench,
    [contender],
    async ([entered]) =>
      entered &&
      bench.attempt(
        entered,
        async () => {
          await warmUp(entered, bench);
          const way = bestWay(entered);
          const times = await cycle(entered, count, { way, removes: entered.own, bridges: BRIDGES });
          for (const [phase, name] of Object.entries(PHASES)) {
            const time = times[phase as keyof Times];
            if (time !== undefined) bench.record.add(id(name, count), entered.name, time);
            else bench.record.lack(id(name, count), entered.name, entered.lacks[phase] ?? ONE_BY_ONE);
          }
        },
        Object.values(PHASES).map((name) => id(name, count)),
      ),
  );
