import { inTurn, withEntered } from "./arena.mjs";
import { compareRows } from "./comparison.mjs";
import { watchOthers } from "./disturbance.mjs";
import { recorder } from "./recorder.mjs";
import { cycle, warmUp } from "./sections/cycle.mjs";
import { verify } from "./verification.mjs";

const COUNT = 1000;
const ROWS = {
  create: "throughput.create.1000",
  batch: "throughput.attach-batch.1000",
  each: "throughput.attach-each.1000",
  remove: "throughput.remove.1000",
  links: "reading.links.1000",
};
const ROUNDS = 7;
const TRIES = 3;

/** More of a processor than this for others, and a round says more of them than of us. */
const QUIET = 0.25;
/** Rounds that were disturbed, after which nothing is said. */
const MOST_DISTURBED = 7;
/**
 * What one process may be worse than another without any change of the code: its code is compiled while it runs, and lies
 * elsewhere in memory.
 */
const MARGIN = 1.25;

/** The references are results of one machine each: how far linkwright is from the floor depends on the machine, too. */
export async function findRegressions(contenders, references, say) {
  const { sound, failed } = await verify(contenders, () => {});
  if (failed.length > 0) return { broken: `${failed[0].name}: ${failed[0].reason}` };
  const rows = references.map((reference) => reference.rows);
  return judge(rows, () => measure(sound), say);
}

/** What was measured, beside the reference in which linkwright is furthest from the floor: slower than that is slower than all. */
function compareWithEach(references, rows) {
  const all = references.flatMap((reference) => compareRows(reference, rows, MARGIN));
  return rows.flatMap(({ id }) =>
    all
      .filter((row) => row.id === id)
      .sort((a, b) => a.change - b.change)
      .slice(0, 1),
  );
}

export async function judge(references, measure, say) {
  let suspects;
  for (let i = 1; i <= TRIES; i++) {
    const { rows, broken, busy } = await measure();
    if (rows === undefined) return { broken, busy };
    const compared = compareWithEach(references, rows);
    say(`try ${i}, times the floor (in the reference): ${compared.map(describe).join(", ")}`);
    suspects = compared.filter(({ id, verdict }) => verdict === "slower" && (suspects?.has(id) ?? true));
    if (suspects.length === 0) return { slower: [] };
    if (i === TRIES) return { slower: suspects };
    suspects = new Set(suspects.map(({ id }) => id));
  }
}

const describe = ({ id, before, after }) => `${id} ${after.toFixed(2)} (${before.toFixed(2)})`;

/** Neighbouring rounds of both in new processes: the rows, or what broke, or that the machine is busy. */
export async function measure(contenders) {
  const record = recorder();
  for (const id of Object.values(ROWS)) record.row({ section: id.split(".")[0], id, title: id, unit: "ms" });
  let broken;
  const attempt = ({ name }, work) => work().catch((error) => (broken ??= `${name}: ${error.message}`));
  const busy = await withEntered({ attempt }, contenders, async (entered) => {
    for (const contender of entered) await attempt(contender, () => warmUp(contender));
    let disturbed = 0;
    for (let round = 0; broken === undefined && round < ROUNDS + disturbed; round++) {
      if (disturbed > MOST_DISTURBED) return true;
      const others = watchOthers(entered.map(({ pid }) => pid));
      const times = new Map();
      for (const contender of inTurn(entered, round))
        await attempt(contender, async () => times.set(contender.name, await oneRound(contender)));
      if (others() > QUIET) disturbed++;
      else
        for (const [name, list] of times) for (const [key, id] of Object.entries(ROWS)) record.add(id, name, list[key]);
    }
    return false;
  });
  return busy || broken !== undefined ? { busy, broken } : { rows: record.rows() };
}

async function oneRound(contender) {
  const times = {};
  const listing = async () => (times.links = (await contender.ask("links")).milliseconds);
  const first = await cycle(contender, COUNT, { way: "batch", removes: true, whileThere: listing });
  const second = await cycle(contender, COUNT, { way: "each", removes: true });
  return { ...times, create: first.create, batch: first.attach, each: second.attach, remove: first.remove };
}
