import type { Marks, Participant, Tried } from "../contenders/participant.js";
import { type Findings, isNoisy, judge, type Measured, type Say } from "../judge/regression.js";
import type { Result } from "../result.js";
import { inTurn, type Presence, withEntered } from "./arena.js";
import { recorder } from "./recorder.js";
import { cycle, warmUp } from "./sections/cycle.js";
import { verify } from "./verification.js";

const COUNT = 1000;
const ROWS = {
  create: "throughput.create.1000",
  batch: "throughput.attach-batch.1000",
  each: "throughput.attach-each.1000",
  remove: "throughput.remove.1000",
  links: "reading.links.1000",
};
const ROUNDS = 7;
/** So many at most, where the rounds contradict each other. */
const MOST_ROUNDS = 21;

/** The references are results of one machine each: how far linkwright is from the floor depends on the machine, too. */
export async function findRegressions(
  contenders: readonly (Tried & Marks)[],
  references: readonly Result[],
  say: Say,
): Promise<Findings> {
  const { sound, failed } = await verify(contenders, () => {});
  if (failed[0] !== undefined) return { broken: `${failed[0].name}: ${failed[0].reason}` };
  const rows = references.map((reference) => reference.rows);
  return judge(rows, () => measure(sound), say);
}

/**
 * Neighbouring rounds of both in new processes: the rows, or what broke. There are more of them while they contradict each other, as
 * on a machine that others use, too: what slows both of a pair cancels, and what does not shows as noise.
 */
export async function measure(contenders: readonly Participant[]): Promise<Measured> {
  const record = recorder();
  for (const id of Object.values(ROWS)) record.row({ section: id.split(".", 1)[0]!, id, title: id, unit: "ms" });
  let broken: string | undefined;
  const attempt = ({ name }: Tried, work: () => Promise<unknown>): Promise<unknown> =>
    work().catch((error: Error) => (broken ??= `${name}: ${error.message}`));
  await withEntered({ attempt }, contenders, async (entered) => {
    for (const contender of entered) await attempt(contender, () => warmUp(contender));
    for (let round = 0; broken === undefined && round < MOST_ROUNDS; round++) {
      if (round >= ROUNDS && !record.rows().some(isNoisy)) break;
      const times = new Map<string, Times>();
      for (const contender of inTurn(entered, round))
        await attempt(contender, async () => times.set(contender.name, await oneRound(contender)));
      for (const [name, list] of times)
        for (const [key, id] of Object.entries(ROWS)) record.add(id, name, list[key as keyof Times]!);
    }
  });
  return broken === undefined ? { rows: record.rows() } : { broken };
}

/** Milliseconds. */
type Times = Record<keyof typeof ROWS, number | undefined>;

async function oneRound(contender: Participant & Presence): Promise<Times> {
  let links: number | undefined;
  const listing = async (): Promise<void> => {
    links = (await contender.ask("links")).milliseconds;
  };
  const first = await cycle(contender, COUNT, { way: "batch", removes: true, whileThere: listing });
  const second = await cycle(contender, COUNT, { way: "each", removes: true });
  return { links, create: first.create, batch: first.attach, each: second.attach, remove: first.remove };
}
