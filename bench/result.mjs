import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { run } from "../scripts/lib/run.mjs";

export const FORMAT = 1;

export class ResultError extends Error {}

export function readResult(path) {
  let text;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new ResultError(`${path} cannot be read (${error.code})`, { cause: error });
  }
  try {
    return checkResult(JSON.parse(text), path);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ResultError(`${path} is no JSON: ${error.message}`, { cause: error });
  }
}

export function checkResult(value, name) {
  if (typeof value !== "object" || value === null || !Array.isArray(value.rows))
    throw new ResultError(`${name} is no result of the benchmark`);
  if (value.format !== FORMAT)
    throw new ResultError(`${name} has the format ${value.format ?? "of something else"}; known is ${FORMAT}`);
  for (const part of ["machine", "versions", "contenders"])
    if (!isPlain(value[part])) throw new ResultError(`${name} is damaged: it has no ${part}`);
  for (const [i, row] of value.rows.entries())
    if (!isRow(row)) throw new ResultError(`${name} is damaged: row ${i + 1} of ${value.rows.length} is none`);
  if (!Array.isArray(value.latencies) || !value.latencies.every(hasSamples))
    throw new ResultError(`${name} is damaged: its latencies are none`);
  return value;
}

const isPlain = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

const isRow = (row) =>
  hasSamples(row) && ["section", "id", "title", "unit"].every((key) => typeof row[key] === "string");

const hasSamples = (entry) =>
  isPlain(entry?.samples) &&
  Object.values(entry.samples).every((list) => Array.isArray(list) && list.every((sample) => Number.isFinite(sample)));

export function writeResult(path, result) {
  writeFileSync(path, format(result));
}

/** JSON with a line for each entry of a list, so that two results can be compared by eye and kept under version control. */
function format(result) {
  const entries = Object.entries(result).map(([key, value]) => {
    if (!Array.isArray(value) || value.length === 0) return `${JSON.stringify(key)}: ${JSON.stringify(value)}`;
    return `${JSON.stringify(key)}: [\n${value.map((entry) => JSON.stringify(entry)).join(",\n")}\n]`;
  });
  return `{\n${entries.join(",\n")}\n}\n`;
}

export function resultName({ date, machine }) {
  const model = machine.model.replace(/\b(processor|cpu|core|with|@).*$/i, "");
  const kernel = /^\d+\.\d+/.exec(machine.kernel)?.[0] ?? machine.kernel;
  const words = `${machine.processors}x ${model} linux ${kernel}`.toLowerCase();
  return `${date.slice(0, 10)}-${words.replace(/[^a-z0-9.]+/g, "-").replace(/^-|-$/g, "")}.json`;
}

export function thisMachine() {
  const virtual = hypervisor();
  return {
    processors: cpus().length,
    model: cpus()[0].model.trim(),
    memory: totalmem(),
    kernel: release(),
    ...(virtual === undefined ? {} : { virtual }),
  };
}

/** The maker of the hypervisor, as lscpu has it. */
function hypervisor() {
  const { stdout } = run("lscpu", [], { stdio: ["ignore", "pipe", "ignore"], env: { LC_ALL: "C" } });
  return /^Hypervisor vendor:\s*(.+)$/m.exec(stdout)?.[1];
}
