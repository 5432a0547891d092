import type { Marks, Participant } from "../../contenders/participant.js";
import type { Row } from "../../result.js";
import { inTurn, withEntered, type Presence } from "../arena.js";
import { bestWay } from "../work.js";
import type { Recorder } from "../recorder.js";
import type { Bench } from "../section.js";
import { measureCrowd } from "./crowd.js";
import { FIRST } from "../../contenders/first.js";
import { cycle, warmUp } from "./cycle.js";
import { measureFirst } from "./first.js";

type Entered = Participant & Presence;

const PHASES: Readonly<Record<string, string>> = {
  create: "create",
  "attach-batch": "attach and up, all at once",
  "attach-each": "attach and up, one awaited at a time",
  remove: "remove all, and the bridge",
  total: "from nothing to removed",
};

const COUNTS = [1, 10, 100, 1000];
const CROWD = 10_000;
const REMARK = "over ten bridges; attached by each in the quickest way that it has";
const LEFT_OUT = "left out in a quick run";
const id = (phase: string, count: number): string => `throughput.${phase}.${count}`;

/** By count. */
type Rounds = Readonly<Record<number, number>>;

interface Plan {
  own: Rounds;
  others: Rounds;
  removals: Rounds;
  first: Rounds;
  crowd: number;
  inOneGo: boolean;
  /** From so many on, the others attach in their best way alone, and not at all by a process for each. */
  bestWayAlone?: number;
}

/**
 * Rounds, by count: of the floor and linkwright; of the others; and of those the ones in which the others remove what they
 * made, which takes most of them some 16 ms a link. In a full run every round has new processes in new namespaces.
 */
const full: Plan = {
  own: { 1: 15, 10: 15, 100: 15, 1000: 15 },
  others: { 1: 5, 10: 5, 100: 5, 1000: 3 },
  removals: { 1: 5, 10: 5, 100: 3, 1000: 1 },
  first: { 1: 5, 1000: 5 },
  crowd: 2,
  inOneGo: false,
};
const quick: Plan = {
  own: { 1: 5, 10: 5, 100: 5, 1000: 2 },
  others: { 1: 3, 10: 3, 100: 1, 1000: 1 },
  removals: { 1: 3, 10: 2, 100: 0, 1000: 0 },
  first: { 1: 3, 1000: 1 },
  crowd: 0,
  inOneGo: true,
  bestWayAlone: 1000,
};

export async function run(bench: Bench): Promise<undefined> {
  const plan = bench.quick ? quick : full;
  const counts = COUNTS.filter((count) => count <= bench.most);
  const rounds = bench.rounds(Math.max(...Object.values(plan.own)));
  for (const count of counts) declare(bench, count, Object.keys(PHASES));
  const numbers = Array.from({ length: rounds }, (_, i) => i);
  for (const session of plan.inOneGo ? [numbers] : numbers.map((number) => [number]))
    await oneSession(bench, plan, counts, session, rounds);
  if (plan.crowd === 0 || bench.most < CROWD) return;
  declare(bench, CROWD, ["create", "attach-batch", "remove", "total"], { remark: REMARK });
  await measureCrowd(bench, bench.rounds(plan.crowd), CROWD, id);
}

function declare(bench: Bench, count: number, phases: readonly string[], more: Pick<Row, "remark"> = {}): void {
  for (const phase of phases)
    bench.record.row({
      ...{ section: "throughput", id: id(phase, count), title: PHASES[phase]!, count, unit: "ms" },
      ...{ aside: [FIRST], ...more },
    });
}

/** Who starts a process for each removes a thousand but once. */
const removals = (plan: Plan, { processes }: Marks, count: number): number =>
  Math.min(plan.removals[count] ?? 0, processes ? 1000 / count : Infinity);

/** Some rounds by the same processes. */
async function oneSession(
  bench: Bench,
  plan: Plan,
  counts: readonly number[],
  session: readonly number[],
  rounds: number,
): Promise<void> {
  const takesPart = ({ own }: Marks, count: number, round: number): boolean =>
    round < ((own ? plan.own : plan.others)[count] ?? 0);
  const inSession = (one: Marks): boolean =>
    session.some((round) => counts.some((count) => takesPart(one, count, round)));
  await withEntered(bench, bench.contenders.filter(inSession), async (entered) => {
    for (const contender of entered) await bench.attempt(contender, () => warmUp(contender, bench));
    for (const round of session)
      for (const count of counts)
        for (const contender of inTurn(entered, round).filter((one) => takesPart(one, count, round))) {
          bench.progress(round / rounds, `round ${round + 1} of ${rounds}, ${count} TAPs, ${contender.title}`);
          const removes = contender.own || round < removals(plan, contender, count);
          // Who fails with so many is not tried with more.
          const rows = counts
            .filter((other) => other >= count)
            .flatMap((other) => Object.keys(PHASES).map((phase) => id(phase, other)));
          const alone = !contender.own && count >= (plan.bestWayAlone ?? Infinity);
          if (alone && contender.processes && bestWay(contender) === "each") {
            for (const phase of Object.keys(PHASES)) bench.record.lack(id(phase, count), contender.name, LEFT_OUT);
            continue;
          }
          await bench.attempt(contender, () => measure(bench.record, contender, count, { removes, alone }), rows);
        }
  });
  for (const round of session)
    for (const count of counts.filter((count) => round < (plan.first[count] ?? 0))) {
      bench.progress(round / rounds, `round ${round + 1} of ${rounds}, ${count} TAPs, linkwright in a new process`);
      await measureFirst(bench, count, ["batch", "each"], id);
    }
}

/** All at once and one by one; who has but one way, or is to use its best alone, is measured by that. */
async function measure(
  record: Recorder,
  contender: Entered,
  count: number,
  { removes, alone }: { removes: boolean; alone: boolean },
): Promise<void> {
  const { name, lacks } = contender;
  const note = (phase: string, time: number | undefined, why?: string): void => {
    if (time !== undefined) record.add(id(phase, count), name, time);
    else record.lack(id(phase, count), name, why ?? LEFT_OUT);
  };
  const best = bestWay(contender);
  const times = await cycle(contender, count, { way: best, removes: removes && lacks.remove === undefined });
  note("create", times.create, lacks.create);
  note("attach-batch", best === "each" ? undefined : times.attach, lacks.batch);
  note("remove", times.remove, lacks.remove);
  note("total", times.total, lacks.bridge ?? lacks.create ?? lacks[best ?? "batch"] ?? lacks.remove);
  if (lacks.each !== undefined) return note("attach-each", undefined, lacks.each);
  if (best === "each") return note("attach-each", times.attach);
  const one = alone ? undefined : await cycle(contender, count, { way: "each", removes: contender.own });
  note("attach-each", one?.attach);
}
