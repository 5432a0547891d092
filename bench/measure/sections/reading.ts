import type { Host } from "../../../src/index.js";
import type { Participant } from "../../contenders/participant.js";
import { inTurn, withEntered, withPlace, type Presence } from "../arena.js";
import { settle } from "../kernel-rest.js";
import { median } from "../../judge/statistics.js";
import type { Recorder } from "../recorder.js";
import type { Bench } from "../section.js";
import { addTaps } from "../work.js";

const LINKS = 1000;
const full = { rounds: 15 };
const quick = { rounds: 3 };
/** How often is read before it counts: until what reads has been compiled, by whoever compiles while it runs. */
const WARM_UP = { compiledLater: 30, others: 2, processes: 1 };
/** One link is read so often in a round; the median counts. */
const REPEATED = 11;

type Entered = Participant & Presence;

/** Something to be read, by a command of the contenders. */
interface Task {
  what: string;
  title: string;
  words: readonly [string, ...string[]];
  repeated: number;
}

const tasks = (links: number): readonly Task[] => [
  { what: "links", title: `name, kind, master, MAC, MTU, state of ${links} links`, words: ["links"], repeated: 1 },
  { what: "all", title: `all that is said of ${links} links`, words: ["all"], repeated: 1 },
  { what: "fdb", title: `list ${links} FDB entries`, words: ["fdb", "br1"], repeated: 1 },
  {
    what: "link",
    title: `the same of one link by name, of ${links}`,
    words: ["link", `t${links >> 1}`],
    repeated: REPEATED,
  },
];

/** All contenders read the same namespace. */
export async function run(bench: Bench): Promise<undefined> {
  const links = Math.min(LINKS, bench.most);
  const rounds = bench.rounds((bench.quick ? quick : full).rounds);
  const todo = tasks(links).map((task) => ({ ...task, id: `reading.${task.what}.${links}` }));
  for (const { id, title } of todo) bench.record.row({ section: "reading", id, title, unit: "ms" });
  await withPlace(async (host, place) => {
    await prepare(host, links);
    await withEntered(bench, bench.contenders, (entered) => readAll(bench, entered, todo, rounds), place);
  });
  await settle(links);
}

/** A bridge with ports, and one with a single port that has many entries. */
async function prepare(host: Host, links: number): Promise<void> {
  const [bridge, other] = [await host.addBridge("br0", { up: true }), await host.addBridge("br1", { up: true })];
  const taps = await addTaps(host, 0, links);
  await Promise.all(taps.slice(0, -1).map((tap) => host.attach(tap, bridge)));
  const port = taps.at(-1)!;
  await host.attach(port, other);
  await Promise.all(Array.from({ length: links }, (_, i) => host.fdb.add(port.name, macOf(i))));
}

const macOf = (number: number): string =>
  `02:00:00:00:${[number >> 8, number & 255].map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`;

async function readAll(
  bench: Bench,
  entered: readonly Entered[],
  todo: readonly (Task & { id: string })[],
  rounds: number,
): Promise<void> {
  const counts: Record<string, number | undefined> = {};
  for (const contender of entered) await bench.attempt(contender, () => warmUp(bench.record, contender, todo, counts));
  for (let round = 0; round < rounds; round++)
    for (const { id, title, words, repeated } of todo) {
      bench.progress(round / rounds, `round ${round + 1} of ${rounds}: ${title}`);
      for (const contender of inTurn(entered, round))
        await bench.attempt(contender, async () => {
          if (contender.lacks[words[0]] === undefined)
            bench.record.add(id, contender.name, await timeOf(contender, words, repeated));
        });
    }
}

/** Reads everything some times, and looks whether it is as much as the first contender finds. */
async function warmUp(
  record: Recorder,
  { name, ask, lacks, processes, compiledLater }: Entered,
  todo: readonly (Task & { id: string })[],
  counts: Record<string, number | undefined>,
): Promise<void> {
  const times = WARM_UP[processes ? "processes" : compiledLater ? "compiledLater" : "others"];
  for (const { id, what, words } of todo)
    for (let i = 0; i < times; i++) {
      const { unsupported, count } = await ask(...words);
      if (unsupported === undefined) counts[what] ??= count;
      const why = unsupported ?? (count === counts[what] ? undefined : `it found ${count} of ${counts[what]}`);
      if (why === undefined) continue;
      lacks[what] = why;
      record.lack(id, name, why);
      break;
    }
}

async function timeOf({ ask }: Entered, words: Task["words"], repeated: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < repeated; i++) times.push((await ask(...words)).milliseconds ?? NaN);
  return median(times);
}
