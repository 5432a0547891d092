/** A new process that imports the package and opens hosts: the milliseconds of each as JSON. */
const times = {};

async function timed(name, work) {
  const start = performance.now();
  const outcome = await work();
  times[name] = performance.now() - start;
  return outcome;
}

const { Host } = await timed("import", () => import("../../dist/index.js"));
const openings = { "open-first": {}, open: {}, "open-new": { namespace: "new" } };
for (const [name, options] of Object.entries(openings)) await (await timed(name, () => Host.open(options))).close();
console.log(JSON.stringify(times));
