import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Participant } from "../../contenders/participant.js";
import type { Row } from "../../result.js";
import { clear, inTurn, withEntered, withPlace, type Presence } from "../arena.js";
import { watchOthers } from "../disturbance.js";
import { settle } from "../kernel-rest.js";
import { root, run as runProgram } from "../../../scripts/lib/run.mjs";
import type { Bench } from "../section.js";
import { addTaps, attachTaps, bestWay, makeBridges, makeTaps } from "../work.js";
import { warmUp } from "./cycle.js";

const full = { delays: 7, opens: 21, cpu: 3, memory: 3, crowds: [0, 1000, 10_000] };
const quick = { delays: 1, opens: 3, cpu: 0, memory: 1, crowds: [1000] };
const LINKS = 1000;
/** For the processor time of one, of which there are several samples. */
const FEWER = 250;

/** More of a processor than this for others, and a delay says more of them than of linkwright: it is measured again. */
const QUIET = 0.25;
/** So often in a run, at most. */
const MOST_AGAIN = 5;

/** What linkwright costs the process that it lives in, and what the others cost theirs. */
export async function run(bench: Bench): Promise<undefined> {
  const plan = bench.quick ? quick : full;
  const links = Math.min(LINKS, bench.most);
  await measureDelays(bench, links, bench.rounds(plan.delays));
  measureOpening(bench, bench.rounds(plan.opens));
  await measureProcessorTime(bench, Math.min(FEWER, links), bench.rounds(plan.cpu));
  await measureMemory(
    bench,
    plan.crowds.filter((count) => count <= bench.most),
    bench.rounds(plan.memory),
  );
}

const declare = (
  { record }: Bench,
  id: string,
  title: string,
  unit: Row["unit"],
  more: Pick<Row, "count"> = {},
): void => record.row({ section: "guest", id: `guest.${id}`, title, unit, ...more });

/** Runs one of the programs beside this file, as it was built; what it printed. */
function program(name: string, ...words: readonly (string | number)[]): unknown {
  const path = join(root, "build/bench", `${name}.mjs`);
  const { status, stdout, stderr } = runProgram(process.execPath, [path, ...words.map(String)], { stdio: "pipe" });
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

const NOTHING = "nothing";

const WORK = { create: "created", attach: "attached", remove: "removed" };

/** Milliseconds: see service.ts. */
type Busy = Record<keyof typeof WORK, number>;

async function measureDelays(bench: Bench, links: number, rounds: number): Promise<void> {
  bench.describe(NOTHING, { title: "node with nothing to do" });
  const id = `delay.${links}`;
  declare(bench, id, `longest delay of the event loop while ${links} ports come and go`, "ms");
  for (const [phase, word] of Object.entries(WORK))
    declare(
      bench,
      `delay-${phase}.${links}`,
      `longest delay of the event loop while ${links} are ${word} at once`,
      "ms",
    );
  declare(bench, `delay-first.${links}`, `the same, of all three, when a process does it for the first time`, "ms");
  declare(bench, `delay-disturbed.${links}`, `the same, of all three, while others had the processors`, "ms");
  let again = 0;
  for (let round = 0; round < rounds; round++) {
    bench.progress((0.3 * round) / rounds, "delays of the event loop");
    const others = watchOthers([]);
    const { idle, first, ...busy } = program("service", links) as Busy & { idle: number; first: Busy };
    await settle(links);
    if (others() > QUIET && again < MOST_AGAIN) {
      bench.record.add(`guest.delay-disturbed.${links}`, "linkwright", Math.max(...Object.values(busy)));
      again++;
      round--;
      continue;
    }
    for (const [phase, delay] of Object.entries(busy))
      bench.record.add(`guest.delay-${phase}.${links}`, "linkwright", delay);
    bench.record.add(`guest.${id}`, "linkwright", Math.max(...Object.values(busy)));
    bench.record.add(`guest.delay-first.${links}`, "linkwright", Math.max(...Object.values(first)));
    bench.record.add(`guest.${id}`, NOTHING, idle);
  }
}

function measureOpening(bench: Bench, rounds: number): void {
  declare(bench, "import", "import of the package, in a process that is running", "ms");
  declare(bench, "open-first", "the first host of a process", "ms");
  declare(bench, "open", "a further host", "ms");
  declare(bench, "open-new", "a host in a new namespace", "ms");
  for (let round = 0; round < rounds; round++) {
    bench.progress(0.3 + (0.1 * round) / rounds, "import and open");
    for (const [id, time] of Object.entries(program("opening") as Record<string, number>))
      bench.record.add(`guest.${id}`, "linkwright", time);
  }
}

/** Processor time of a contender and its children, in the kernel and out of it; the kernel's own threads are not in it. */
async function measureProcessorTime(bench: Bench, links: number, rounds: number): Promise<void> {
  const phases = { create: "create a TAP", attach: "attach a TAP and set it up" };
  if (rounds === 0) return;
  for (const [phase, title] of Object.entries(phases))
    declare(bench, `cpu-${phase}.${links}`, `processor time to ${title}, of ${links}`, "µs", { count: 1 });
  await withEntered(bench, bench.contenders, async (entered) => {
    for (const contender of entered) await bench.attempt(contender, () => warmUp(contender, bench));
    for (let round = 0; round < rounds; round++)
      for (const contender of inTurn(entered, round)) {
        bench.progress(0.4 + (0.4 * round) / rounds, `processor time: ${contender.title}`);
        await bench.attempt(contender, async () => {
          for (const [phase, time] of Object.entries(await processorTimes(contender, links))) {
            const id = `guest.cpu-${phase}.${links}`;
            if (time === undefined)
              bench.record.lack(id, contender.name, contender.lacks[phase] ?? contender.lacks.batch ?? "");
            else bench.record.add(id, contender.name, (time / links) * 1000);
          }
        });
      }
  });
}

/** Milliseconds for all links. */
async function processorTimes(
  contender: Participant & Presence,
  links: number,
): Promise<Record<"create" | "attach", number | undefined>> {
  await makeBridges(contender, ["br0"]);
  const way = bestWay(contender);
  const start = processorTime(contender.pid);
  const created = await makeTaps(contender, 0, links);
  const between = processorTime(contender.pid);
  if (way !== undefined) await attachTaps(contender, 0, links, ["br0"], way);
  const end = processorTime(contender.pid);
  await clear(contender.host);
  await settle(links);
  return {
    create: created === undefined ? undefined : between - start,
    attach: way === undefined ? undefined : end - between,
  };
}

/** Milliseconds of a process's threads, to the nanosecond, and of the children that it has waited for, in ticks of 10. */
export function processorTime(pid: number): number {
  const [waited = 0, waitedKernel = 0] = readFileSync(`/proc/${pid}/stat`, "utf8")
    .split(") ")[1]!
    .split(" ")
    .slice(13, 15)
    .map(Number);
  let own = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`))
    own += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) / 1e6;
  return own + (waited + waitedKernel) * 10;
}

/** What is resident at most of new processes that list so many links, once each. */
async function measureMemory(bench: Bench, counts: readonly number[], rounds: number): Promise<void> {
  const libraries = bench.contenders.filter(({ processes }) => !processes);
  for (const count of counts) {
    declare(bench, `memory.${count}`, `memory of a process that lists ${count} links`, "MB");
    await withPlace(async (host, place) => {
      await addTaps(host, 0, count);
      for (let round = 0; round < rounds; round++)
        for (const contender of inTurn(libraries, round)) {
          bench.progress(0.8 + 0.2 * (counts.indexOf(count) / counts.length), `memory: ${contender.title}`);
          await withEntered(
            bench,
            [contender],
            async ([entered]) =>
              entered && bench.attempt(entered, () => memoryOf(bench, entered, count), [`guest.memory.${count}`]),
            place,
          );
        }
    });
    await settle(count);
  }
}

async function memoryOf(bench: Bench, { name, pid, ask }: Participant & Presence, count: number): Promise<void> {
  const { unsupported } = await ask("links");
  if (unsupported !== undefined) return bench.record.lack(`guest.memory.${count}`, name, unsupported);
  const kilobytes = Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  bench.record.add(`guest.memory.${count}`, name, kilobytes / 1024);
}
