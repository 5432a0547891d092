import { monitorEventLoopDelay } from "node:perf_hooks";
import { Host, type Tap } from "../../../src/index.js";
import { settle } from "../kernel-rest.js";

/**
 * A service, in a process of its own: how long at most its event loop is kept while so many TAPs are created, attached and
 * removed, { create, attach, remove }, while the process does that for the first time, { first }, and while nothing is done
 * for a second, { idle }. Milliseconds beyond a timer of 1 ms; the worse of what that timer sees and what node's own
 * histogram does.
 */
const count = Number(process.argv[2]);
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function delayDuring(work: () => Promise<unknown>): Promise<number> {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  let last = performance.now();
  let worst = 0;
  const watch = (): void => {
    const now = performance.now();
    worst = Math.max(worst, now - last - 1);
    last = now;
  };
  histogram.enable();
  const timer = setInterval(watch, 1);
  await pause(20);
  await work();
  await pause(20);
  clearInterval(timer);
  histogram.disable();
  return Math.max(worst, histogram.max / 1e6 - 1);
}

/** All requests of a phase are made in one turn of the event loop. */
async function serve<T>(
  host: Host,
  count: number,
  watched: (work: () => Promise<unknown>) => Promise<T>,
): Promise<Record<"create" | "attach" | "remove", T>> {
  const bridge = await host.addBridge("br0", { up: true });
  const names = Array.from({ length: count }, (_, i) => `t${i}`);
  let taps: Tap[] = [];
  const create = await watched(async () => (taps = await Promise.all(names.map((name) => host.addTap(name)))));
  const attach = await watched(() => Promise.all(taps.map((tap) => host.attach(tap, bridge))));
  const remove = await watched(() => host.removeAll([...taps, bridge]));
  return { create, attach, remove };
}

/** A service has done this before: its code is compiled. What it was when it did it for the first time is told, too. */
const WARM_UP = [...Array.from({ length: 30 }, () => 100), count];
const host = await Host.open({ namespace: "new" });
const first = await serve(host, count, delayDuring);
for (const few of WARM_UP) await serve(host, few, (work) => work());
await settle(count);
const busy = await serve(host, count, delayDuring);
await host.close();
await settle(count);
console.log(JSON.stringify({ ...busy, first, idle: await delayDuring(() => pause(1000)) }));
