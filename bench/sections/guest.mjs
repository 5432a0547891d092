import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { clear, inTurn, withEntered, withPlace } from "../arena.mjs";
import { watchOthers } from "../disturbance.mjs";
import { settle } from "../kernel-rest.mjs";
import { run as runProgram } from "../../scripts/lib/run.mjs";
import { addTaps, attachTaps, bestWay, makeBridges, makeTaps } from "../work.mjs";
import { warmUp } from "./cycle.mjs";

export const title = "a guest in a service";

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
export async function run(bench) {
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

const declare = ({ record }, id, title, unit, more = {}) =>
  record.row({ section: "guest", id: `guest.${id}`, title, unit, ...more });

/** Runs one of the programs beside this file; what it printed. */
function program(name, ...words) {
  const path = fileURLToPath(new URL(name, import.meta.url));
  const { status, stdout, stderr } = runProgram(process.execPath, [path, ...words.map(String)], { stdio: "pipe" });
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

const NOTHING = "nothing";

const WORK = { create: "created", attach: "attached", remove: "removed" };

async function measureDelays(bench, links, rounds) {
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
    const { idle, first, ...busy } = program("service.mjs", links);
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

function measureOpening(bench, rounds) {
  declare(bench, "import", "import of the package, in a process that is running", "ms");
  declare(bench, "open-first", "the first host of a process", "ms");
  declare(bench, "open", "a further host", "ms");
  declare(bench, "open-new", "a host in a new namespace", "ms");
  for (let round = 0; round < rounds; round++) {
    bench.progress(0.3 + (0.1 * round) / rounds, "import and open");
    for (const [id, time] of Object.entries(program("opening.mjs")))
      bench.record.add(`guest.${id}`, "linkwright", time);
  }
}

/** Processor time of a contender and its children, in the kernel and out of it; the kernel's own threads are not in it. */
async function measureProcessorTime(bench, links, rounds) {
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
              bench.record.lack(id, contender.name, contender.lacks[phase] ?? contender.lacks.batch);
            else bench.record.add(id, contender.name, (time / links) * 1000);
          }
        });
      }
  });
}

/** Milliseconds for all links. */
async function processorTimes(contender, links) {
  await makeBridges(contender, ["br0"]);
  const way = bestWay(contender);
  const spent = [processorTime(contender.pid)];
  const created = await makeTaps(contender, 0, links);
  spent.push(processorTime(contender.pid));
  if (way !== undefined) await attachTaps(contender, 0, links, ["br0"], way);
  spent.push(processorTime(contender.pid));
  await clear(contender.host);
  await settle(links);
  return {
    create: created === undefined ? undefined : spent[1] - spent[0],
    attach: way === undefined ? undefined : spent[2] - spent[1],
  };
}

/** Milliseconds of a process's threads, to the nanosecond, and of the children that it has waited for, in ticks of 10. */
function processorTime(pid) {
  const [waited, waitedKernel] = readFileSync(`/proc/${pid}/stat`, "utf8")
    .split(") ")[1]
    .split(" ")
    .slice(13, 15)
    .map(Number);
  let own = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`))
    own += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) / 1e6;
  return own + (waited + waitedKernel) * 10;
}

/** What is resident at most of new processes that list so many links, once each. */
async function measureMemory(bench, counts, rounds) {
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
            ([entered]) => bench.attempt(entered, () => memoryOf(bench, entered, count), [`guest.memory.${count}`]),
            place,
          );
        }
    });
    await settle(count);
  }
}

async function memoryOf(bench, { name, pid, ask }, count) {
  const { unsupported } = await ask("links");
  if (unsupported !== undefined) return bench.record.lack(`guest.memory.${count}`, name, unsupported);
  const kilobytes = Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
  bench.record.add(`guest.memory.${count}`, name, kilobytes / 1024);
}
