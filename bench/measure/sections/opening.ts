import type { HostOptions } from "../../../src/index.js";

/** A new process that imports the package and opens hosts: the milliseconds of each as JSON. */
const times: Record<string, number> = {};

async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const outcome = await work();
  times[name] = performance.now() - start;
  return outcome;
}

const { Host } = await timed("import", () => import("../../../src/index.js"));
const openings: Record<string, HostOptions> = { "open-first": {}, open: {}, "open-new": { namespace: "new" } };
for (const [name, options] of Object.entries(openings)) await (await timed(name, () => Host.open(options))).close();
console.log(JSON.stringify(times));
