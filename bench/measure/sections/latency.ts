import type { Participant } from "../../contenders/participant.js";
import type { Tap } from "../../../src/index.js";
import { inTurn, withEntered, type Presence } from "../arena.js";
import { pause, settle } from "../kernel-rest.js";
import { median } from "../../judge/statistics.js";
import { addTaps, attachTaps, type Way, WAYS } from "../work.js";
import type { Recorder } from "../recorder.js";
import type { Bench } from "../section.js";
import { warmUp } from "./cycle.js";

/** Ports that are there already; and in how many rounds some are attached: a thousand in all. */
const full = { ports: [0, 100, 1000], each: 50, pipelined: 50, batch: 50 };
const quick = { ports: [0, 100], each: 3, pipelined: 3, batch: 3 };
/** A bridge has at most 1023 ports. */
const AT_ONCE = 20;
type Entered = Participant & Presence;

const MODES = { each: "awaited one by one", pipelined: "pipelined", batch: "in one batch" };

/**
 * One TAP into a bridge and up. Every contender has a namespace in which linkwright prepares the bridge with more and more
 * ports, and in each round fresh TAPs, which the contender attaches and linkwright removes; what the kernel has to do after
 * that is awaited before the next round.
 */
export async function run(bench: Bench): Promise<undefined> {
  const plan = bench.quick ? quick : full;
  const batches = bench.rounds(plan.each);
  const places = plan.ports.filter((ports) => ports <= bench.most);
  for (const ports of places) for (const mode of [...WAYS].reverse()) declare(bench, ports, mode);
  await withEntered(bench, bench.contenders, async (entered) => {
    for (const contender of entered) await bench.attempt(contender, () => warmUp(contender, bench));
    for (const contender of entered)
      await bench.attempt(contender, () => contender.host.addBridge("br0", { up: true }));
    for (const [place, ports] of places.entries()) {
      for (const contender of entered)
        await bench.attempt(contender, () => addPorts(contender, places[place - 1] ?? 0, ports));
      await settle(ports);
      for (let batch = 0; batch < batches; batch++) {
        const part = (place + batch / batches) / places.length;
        bench.progress(part, `${ports} ports already there, round ${batch + 1} of ${batches}`);
        for (const mode of WAYS.filter((mode) => batch < plan[mode]))
          await oneRound(bench, entered, ports, mode, batch);
      }
    }
  });
}

function declare({ record }: Bench, ports: number, mode: Way): void {
  const id = `latency.${mode}.${ports}`;
  const title = `attach one TAP, ${MODES[mode]}, with ${ports} ports there`;
  record.row({ section: "latency", id, title, count: 1, unit: "µs", ...(mode === "each" ? {} : { remark: REMARK }) });
  record.latency({ id, title, ports, mode, samples: {} });
}

const REMARK = `a sample is the mean of ${AT_ONCE} that are under way together`;

async function addPorts({ host }: Entered, from: number, to: number): Promise<void> {
  const taps = await addTaps(host, from, to);
  await Promise.all(taps.map((tap) => host.attach(tap, "br0")));
}

async function oneRound(
  bench: Bench,
  entered: readonly Entered[],
  ports: number,
  mode: Way,
  round: number,
): Promise<void> {
  const able = entered.filter(({ lacks }) => lacks[mode] === undefined);
  for (const { name, lacks } of entered)
    if (lacks[mode] !== undefined) bench.record.lack(`latency.${mode}.${ports}`, name, lacks[mode]);
  const fresh = new Map<Entered, Tap[]>();
  for (const contender of able)
    await bench.attempt(contender, async () =>
      fresh.set(contender, await addTaps(contender.host, ports, ports + AT_ONCE)),
    );
  await pause(2);
  for (const contender of inTurn(able, round))
    await bench.attempt(contender, () => measure(bench.record, contender, ports, mode));
  await Promise.all([...fresh].map(([{ host }, taps]) => host.removeAll(taps)));
  await pause(5 * able.length);
}

async function measure(record: Recorder, contender: Entered, ports: number, mode: Way): Promise<void> {
  const { milliseconds, each } = await attachTaps(contender, ports, ports + AT_ONCE, ["br0"], mode);
  const samples = mode === "each" ? each : [(milliseconds * 1000) / AT_ONCE];
  record.add(`latency.${mode}.${ports}`, contender.name, median(samples));
  record.addLatencies(`latency.${mode}.${ports}`, contender.name, samples);
}
