/**
 * A new process that does nothing (bare), imports the package (import), or opens hosts (open): the milliseconds of each
 * opening as JSON.
 */
const what = process.argv[2];
const times = {};

async function timed(name, open) {
  const start = performance.now();
  const host = await open();
  times[name] = performance.now() - start;
  await host.close();
}

if (what !== "bare") {
  const { Host } = await import("../../dist/index.js");
  if (what === "open") {
    await timed("open-first", () => Host.open());
    await timed("open", () => Host.open());
    await timed("open-new", () => Host.open({ namespace: "new" }));
  }
}
console.log(JSON.stringify(times));
