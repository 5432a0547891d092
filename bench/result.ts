import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { run } from "../scripts/lib/run.mjs";

/** What one run of the benchmark found: machine, versions and every sample. Written by `npm run bench`, one file a run. */
export interface Result {
  /** Of this form; another number is refused. */
  format: 1;
  /** When the run ended, ISO 8601. */
  date: string;
  machine: Machine;
  /** Whether it was made with --quick: fewer rounds, fewer peers' removals. */
  quick: boolean;
  /** What --most and --rounds left of it. */
  limits?: { most?: number; rounds?: number };
  /** How long each part of the run took. */
  seconds?: Record<string, number>;
  /** Of programs and libraries, by name. */
  versions: Record<string, string>;
  /** Whoever took part, by the id that samples carry; in the order of tables. */
  contenders: Record<string, Contender>;
  /** Peers that this machine lacks, and why. */
  missing: { name: string; reason: string }[];
  /** Sections that did not run, and why. */
  skipped?: { section: string; reason: string; failed?: true }[];
  rows: Row[];
  latencies: Latency[];
  /** What the benchmark must show, checked against the samples. */
  verdicts: Verdict[];
}

export interface Machine {
  processors: number;
  model: string;
  /** Bytes. */
  memory: number;
  /** Release of the kernel. */
  kernel: string;
  /** The hypervisor that it runs under. */
  virtual?: string;
}

export interface Contender {
  title: string;
  version?: string;
  /** Each operation is a process, as its users have it: the start of the process counts. */
  processes?: boolean;
}

/** One line of the table: the same work by each contender, one sample a round. */
export interface Row {
  section: string;
  /**
   * Stable: latency.MODE.PORTS, throughput.PHASE.COUNT with phase create, attach-batch, attach-each, remove or total,
   * programs.PROGRAM, containers.WHAT, networks.WHAT.COUNT, openvswitch.WHAT.COUNT, reading.WHAT.COUNT, guest.WHAT, kinds.WHAT.COUNT.
   */
  id: string;
  title: string;
  /** How many operations a sample is for: operations a second are count / time. */
  count?: number;
  unit: "ms" | "µs" | "MB" | "bytes" | "events" | "links" | "processes";
  better: "less";
  /** The contender that is measured against the others; "linkwright" when left out. */
  ours?: string;
  /** The contender that the others are divided by; "floor" when left out. It may have no samples. */
  floor?: string;
  /** Contenders that nobody competes with, beside the floor. */
  aside?: string[];
  /**
   * By contender, one number a round. The samples at one place belong to one round; who has fewer took part in the first
   * rounds only.
   */
  samples: Record<string, number[]>;
  /** Contenders without samples, and why: the work is not to be had there, or what it left was not the same. */
  failed?: Record<string, string>;
  /** What is to be known to read the row. */
  remark?: string;
  /** Peers that are ahead here, by how much, and why. */
  note?: string;
}

/** The samples behind a curve: the time of one attach, in µs, in the order in which they were made. */
export interface Latency {
  /** As the row's: latency.MODE.PORTS. */
  id: string;
  title: string;
  /** Ports that the bridge had already. */
  ports: number;
  /** `each` is timed one by one; of the others a sample is the mean of those that were in flight together. */
  mode: "each" | "pipelined" | "batch";
  samples: Record<string, number[]>;
}

/** A limit, and what was found. */
export interface Verdict {
  id: string;
  title: string;
  value: number;
  limit: number;
  /** Whether the value is at most the limit. */
  holds: boolean;
}

export const FORMAT = 1;

/** A file that is no result, or cannot be read. */
export class ResultError extends Error {}

/** Reads a result; a ResultError names the file and what is wrong with it. */
export function readResult(path: string): Result {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new ResultError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`, { cause: error });
  }
  try {
    return checkResult(JSON.parse(text), path);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ResultError(`${path} is no JSON: ${error.message}`, { cause: error });
  }
}

/** Checks what was read; `name` is for the error. */
export function checkResult(value: unknown, name: string): Result {
  if (!isPlain(value) || !Array.isArray(value.rows)) throw new ResultError(`${name} is no result of the benchmark`);
  if (value.format !== FORMAT)
    throw new ResultError(
      `${name} has the format ${typeof value.format === "number" ? value.format : "of something else"}; known is ${FORMAT}`,
    );
  for (const part of ["machine", "versions", "contenders"])
    if (!isPlain(value[part])) throw new ResultError(`${name} is damaged: it has no ${part}`);
  for (const [i, row] of value.rows.entries())
    if (!isRow(row)) throw new ResultError(`${name} is damaged: row ${i + 1} of ${value.rows.length} is none`);
  if (!Array.isArray(value.latencies) || !value.latencies.every(hasSamples))
    throw new ResultError(`${name} is damaged: its latencies are none`);
  return value as unknown as Result;
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isRow = (row: unknown): boolean =>
  hasSamples(row) && isPlain(row) && ["section", "id", "title", "unit"].every((key) => typeof row[key] === "string");

const hasSamples = (entry: unknown): boolean =>
  isPlain(entry) &&
  isPlain(entry.samples) &&
  Object.values(entry.samples).every((list) => Array.isArray(list) && list.every((sample) => Number.isFinite(sample)));

/** Writes a result, a line for each row. */
export function writeResult(path: string, result: Result): void {
  writeFileSync(path, format(result));
}

/** JSON with a line for each entry of a list, so that two results can be compared by eye and kept under version control. */
function format(result: Result): string {
  const entries = Object.entries(result).map(([key, value]: [string, unknown]) => {
    if (!Array.isArray(value) || value.length === 0) return `${JSON.stringify(key)}: ${JSON.stringify(value)}`;
    return `${JSON.stringify(key)}: [\n${value.map((entry) => JSON.stringify(entry)).join(",\n")}\n]`;
  });
  return `{\n${entries.join(",\n")}\n}\n`;
}

/** Where a result goes that nobody named: `2026-11-21-2x-amd-epyc-linux-6.18.json`. */
export function resultName({ date, machine }: Pick<Result, "date" | "machine">): string {
  const model = machine.model.replace(/\b(processor|cpu|core|with|@).*$/i, "");
  const kernel = /^\d+\.\d+/.exec(machine.kernel)?.[0] ?? machine.kernel;
  const words = `${machine.processors}x ${model} linux ${kernel}`.toLowerCase();
  return `${date.slice(0, 10)}-${words.replace(/[^a-z0-9.]+/g, "-").replace(/^-|-$/g, "")}.json`;
}

/** This machine. */
export function thisMachine(): Machine {
  const virtual = hypervisor();
  return {
    processors: cpus().length,
    model: cpus()[0]!.model.trim(),
    memory: totalmem(),
    kernel: release(),
    ...(virtual === undefined ? {} : { virtual }),
  };
}

/** The maker of the hypervisor, as lscpu has it. */
function hypervisor(): string | undefined {
  const { stdout } = run("lscpu", [], { stdio: ["ignore", "pipe", "ignore"], env: { LC_ALL: "C" } });
  return /^Hypervisor vendor:\s*(.+)$/m.exec(stdout)?.[1];
}
