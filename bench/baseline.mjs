import { measure } from "./regression.mjs";
import { FORMAT, thisMachine, writeResult } from "./result.mjs";
import { findContenders, OWN } from "./run.mjs";
import { verify } from "./verification.mjs";

const TIMES = 3;

/**
 * Usage: baseline.mjs RESULT. Measures what the regression looks at, on this machine, and keeps it: how far linkwright is from the
 * floor differs from one machine to the next, so the regression compares with the results of several.
 */
async function main([path]) {
  const { sound, failed } = await verify(findContenders(OWN).found, () => {});
  if (failed.length > 0) throw new Error(`${failed[0].name}: ${failed[0].reason}`);
  let rows;
  for (let i = 0; i < TIMES; i++) {
    const measured = await measure(sound);
    if (measured.rows === undefined) throw new Error(measured.broken ?? "the machine is busy with other things");
    if (rows === undefined) rows = measured.rows;
    else
      for (const row of measured.rows)
        for (const [name, samples] of Object.entries(row.samples))
          rows.find(({ id }) => id === row.id).samples[name].push(...samples);
  }
  const about = {
    format: FORMAT,
    date: new Date().toISOString(),
    machine: thisMachine(),
    versions: { node: process.versions.node },
  };
  writeResult(path, { ...about, contenders: {}, rows, latencies: [] });
}

await main(process.argv.slice(2));
