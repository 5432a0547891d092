import { monitorEventLoopDelay } from "node:perf_hooks";
import { Host } from "../../dist/index.js";

/**
 * A service, in a process of its own: how long at most its event loop is kept while so many TAPs are created, attached and
 * removed, { create, attach, remove }, and while nothing is done for a second, { idle }. Milliseconds beyond a timer of
 * 1 ms; the worse of what that timer sees and what node's own histogram does.
 */
const count = Number(process.argv[2]);
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function delayDuring(work) {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  let last = performance.now();
  let worst = 0;
  const watch = () => {
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
async function serve(host, watched) {
  const bridge = await host.addBridge("br0", { up: true });
  const names = Array.from({ length: count }, (_, i) => `t${i}`);
  let taps;
  const create = await watched(async () => (taps = await Promise.all(names.map((name) => host.addTap(name)))));
  const attach = await watched(() => Promise.all(taps.map((tap) => host.attach(tap, bridge))));
  const remove = await watched(() => host.removeAll([...taps, bridge]));
  return { create, attach, remove };
}

const WARM_UP = 3;
const host = await Host.open({ namespace: "new" });
for (let i = 0; i < WARM_UP; i++) await serve(host, (work) => work());
await pause(500);
const busy = await serve(host, delayDuring);
await host.close();
await pause(500);
console.log(JSON.stringify({ ...busy, idle: await delayDuring(() => pause(1000)) }));
