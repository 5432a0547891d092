import { monitorEventLoopDelay } from "node:perf_hooks";
import { Host } from "../../dist/index.js";

/**
 * A service, in a process of its own: how long at most its event loop is kept while so many TAPs are created, attached and
 * removed, { busy }, and while nothing is done as long, { idle }. Milliseconds beyond a timer of 1 ms; the worse of what
 * that timer sees and what node's own histogram does.
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

async function serve(host) {
  const bridge = await host.addBridge("br0", { up: true });
  const taps = await Promise.all(Array.from({ length: count }, (_, i) => host.addTap(`t${i}`)));
  await Promise.all(taps.map((tap) => host.attach(tap, bridge)));
  await host.removeAll([...taps, bridge]);
}

const host = await Host.open({ namespace: "new" });
await serve(host);
await pause(1000);
const start = performance.now();
const busy = await delayDuring(() => serve(host));
const took = performance.now() - start;
await host.close();
await pause(1000);
const idle = await delayDuring(() => pause(took));
console.log(JSON.stringify({ busy, idle }));
