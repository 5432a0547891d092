import { inTurn, withEntered } from "../arena.mjs";
import { bestWay } from "../work.mjs";
import { measureCrowd } from "./crowd.mjs";
import { cycle, warmUp } from "./cycle.mjs";

export const title = "set-up throughput";

const PHASES = {
  create: "create",
  "attach-batch": "attach and up, all at once",
  "attach-each": "attach and up, one awaited at a time",
  remove: "remove all, and the bridge",
  total: "from nothing to removed",
};

const COUNTS = [1, 10, 100, 1000];
const CROWD = 10_000;
const id = (phase, count) => `throughput.${phase}.${count}`;

/**
 * Rounds: of the floor and linkwright; of the others, by count; and of those the ones in which they remove what they made,
 * which takes most of them some 16 ms a link.
 */
const full = { own: 9, others: { 1: 5, 10: 5, 100: 5, 1000: 3 }, removals: { 1: 5, 10: 5, 100: 3, 1000: 2 }, crowd: 3 };
const quick = {
  own: 5,
  others: { 1: 3, 10: 3, 100: 2, 1000: 1 },
  removals: { 1: 3, 10: 3, 100: 1, 1000: 0 },
  crowd: 0,
};

export async function run(bench) {
  const plan = bench.quick ? quick : full;
  const counts = COUNTS.filter((count) => count <= bench.most);
  const rounds = bench.rounds(plan.own);
  for (const count of counts) declare(bench, count, Object.keys(PHASES));
  for (let round = 0; round < rounds; round++) await oneRound(bench, plan, counts, round, rounds);
  if (plan.crowd === 0 || bench.most < CROWD) return;
  declare(bench, CROWD, ["create", "attach-batch", "remove", "total"], { remark: "over ten bridges" });
  await measureCrowd(bench, bench.rounds(plan.crowd), CROWD, id);
}

function declare(bench, count, phases, more = {}) {
  for (const phase of phases)
    bench.record.row({ section: "throughput", id: id(phase, count), title: PHASES[phase], count, unit: "ms", ...more });
}

async function oneRound(bench, plan, counts, round, rounds) {
  const takesPart = ({ own }, count) => own || round < plan.others[count];
  const contenders = bench.contenders.filter((one) => counts.some((count) => takesPart(one, count)));
  await withEntered(bench, contenders, async (entered) => {
    for (const contender of entered) await bench.attempt(contender, () => warmUp(contender));
    for (const count of counts)
      for (const contender of inTurn(entered, round).filter((one) => takesPart(one, count))) {
        bench.progress(round / rounds, `round ${round + 1} of ${rounds}, ${count} TAPs, ${contender.title}`);
        const removes = contender.own || round < plan.removals[count];
        await bench.attempt(contender, () => measure(bench.record, contender, count, removes));
      }
  });
}

/** All at once and one by one; who has but one way is measured by that. */
async function measure(record, contender, count, removes) {
  const { name, lacks } = contender;
  const note = (phase, time, why) => {
    if (time !== undefined) record.add(id(phase, count), name, time);
    else record.lack(id(phase, count), name, why ?? "left out: one by one it takes too long");
  };
  const best = bestWay(contender);
  const times = await cycle(contender, count, { way: best, removes: removes && lacks.remove === undefined });
  note("create", times.create, lacks.create);
  note("attach-batch", best === "each" ? undefined : times.attach, lacks.batch);
  note("remove", times.remove, lacks.remove);
  note("total", times.total, lacks.bridge ?? lacks.create ?? lacks[best] ?? lacks.remove);
  if (lacks.each !== undefined) return note("attach-each", undefined, lacks.each);
  const one = best === "each" ? times : await cycle(contender, count, { way: "each", removes: contender.own });
  note("attach-each", one.attach);
}
