import { Host } from "../dist/index.js";

/** The kernel is busy for a while after many links have gone. */
export const settle = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Does work on a host in a namespace of its own. */
export async function inNewNamespace(work) {
  const host = await Host.open({ namespace: "new" });
  try {
    return await work(host);
  } finally {
    await host.close();
  }
}

async function timed(work) {
  const start = performance.now();
  const result = await work();
  return [performance.now() - start, result];
}

/** The floor's work by linkwright: the milliseconds of each phase. `mode` is batch, each or list. */
export const runEngine = (count, mode) => inNewNamespace((host) => work(host, count, mode));

async function work(host, count, mode) {
  const bridge = await host.addBridge("br0", { up: true });
  const names = Array.from({ length: count }, (_, i) => `t${i}`);
  const [create, taps] = await timed(() => Promise.all(names.map((name) => host.addTap(name))));
  const [attach] = await timed(async () => {
    if (mode === "each") for (const tap of taps) await host.attach(tap, bridge);
    else await Promise.all(taps.map((tap) => host.attach(tap, bridge)));
  });
  const lists = [];
  if (mode === "list") for (let i = 0; i < 10; i++) lists.push((await timed(() => host.links()))[0]);
  const [remove, removal] = await timed(() => host.removeAll([...taps, bridge]));
  if (removal.method !== "group") throw new Error("the kernel refused to remove them together");
  return { create, attach, remove, list: Math.min(...lists) };
}

/** Creates links and removes them one by one: the milliseconds for one. */
export const removeOneByOne = (count) =>
  inNewNamespace(async (host) => {
    const taps = await Promise.all(Array.from({ length: count }, (_, i) => host.addTap(`t${i}`)));
    const [took] = await timed(async () => {
      for (const tap of taps) await host.remove(tap);
    });
    return took / count;
  });
