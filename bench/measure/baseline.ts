import { measure } from "./regression.js";
import { FORMAT, type Row, thisMachine, writeResult } from "../result.js";
import { findContenders, OWN } from "./run.js";
import { verify } from "./verification.js";

const TIMES = 3;

/**
 * Usage: node bench/baseline.mjs RESULT. Measures what the regression looks at, on this machine, and keeps it: how far linkwright is from the
 * floor differs from one machine to the next, so the regression compares with the results of several.
 */
async function main([path]: readonly string[]): Promise<void> {
  if (path === undefined) throw new Error("usage: node bench/baseline.mjs RESULT");
  const { sound, failed } = await verify(findContenders(OWN).found, () => {});
  if (failed[0] !== undefined) throw new Error(`${failed[0].name}: ${failed[0].reason}`);
  let rows: Row[] | undefined;
  for (let i = 0; i < TIMES; i++) {
    const measured = await measure(sound);
    if (measured.rows === undefined) throw new Error(measured.broken ?? "the machine is busy with other things");
    if (rows === undefined) rows = measured.rows;
    else
      for (const row of measured.rows)
        for (const [name, samples] of Object.entries(row.samples))
          rows.find(({ id }) => id === row.id)!.samples[name]!.push(...samples);
  }
  const about = {
    format: FORMAT as typeof FORMAT,
    date: new Date().toISOString(),
    machine: thisMachine(),
    versions: { node: process.versions.node },
  };
  const nothing = { quick: false, contenders: {}, missing: [], latencies: [], verdicts: [] };
  writeResult(path, { ...about, ...nothing, rows: rows ?? [] });
}

await main(process.argv.slice(2));
