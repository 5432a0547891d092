import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { searchPath } from "../../scripts/lib/run.mjs";

/** What a contender answers to a command. */
export interface Answer {
  readonly milliseconds?: number;
  /** Microseconds. */
  readonly each?: readonly number[];
  readonly count?: number;
  /** Whose processor time counts, where that is another process. */
  readonly pid?: number;
  /** Of a watch: the MTUs of links as it knows them, by their indexes, and what it says of what it lost. */
  readonly known?: Readonly<Record<string, number>>;
  readonly said?: string;
  /** When it was, in milliseconds of CLOCK_MONOTONIC. */
  readonly at?: number;
  /** Why it did nothing. */
  readonly unsupported?: string;
}

export interface Contender {
  readonly pid: number;
  ask(command: string, ...words: readonly (string | number)[]): Promise<Answer>;
  stop(): Promise<void>;
}

export interface Program {
  readonly name: string;
  readonly command: readonly string[];
}

export interface Patience {
  /** The milliseconds that a command may take. */
  readonly limit?: number;
}

/** Milliseconds that a command may take, and that a program may take to end. */
const LIMIT = 120_000;
const LONGEST_END = 10_000;
const LAST_WORDS = 200;

/**
 * Starts a peer (see findPeers) in a network namespace of its own, which goes with it. The rest is as with speakTo.
 */
export function start({ name, command }: Program, options?: Patience): Promise<Contender> {
  return speakTo({ name, command: ["unshare", "--net", ...command] }, options);
}

/**
 * Starts a program that reads a command a line and answers each with a line of JSON, and waits until it is ready. `limit`:
 * the milliseconds that a command may take.
 *
 * Returns { pid, ask, stop }. `ask("attach", 0, 1000, "br0", "batch")` gives it a command and resolves with its answer:
 * { milliseconds, each?: microseconds, count? }, or { unsupported: why }. It rejects, and the program is killed, when
 * that says that it failed, answers what is no answer, ends, or takes too long. One command at a time. `stop()` ends it.
 */
export async function speakTo({ name, command }: Program, { limit = LIMIT }: Patience = {}): Promise<Contender> {
  const [program = "", ...words] = command;
  const child = spawn(program, words, { stdio: "pipe", env: { ...process.env, PATH: searchPath } });
  const ended = endOf(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  async function ask(...words: readonly (string | number)[]): Promise<Answer> {
    const request = words.join(" ");
    child.stdin.write(`${request}\n`);
    try {
      const line = await within(limit, Promise.race([lines.next(), ended.then(() => undefined)]));
      if (line === undefined || line.done) throw new Error(`the program ended with ${await ended}`);
      return answerIn(line.value);
    } catch (error) {
      child.kill("SIGKILL");
      throw new Error(`${name}: ${request}: ${(error as Error).message}`, { cause: error });
    }
  }

  async function stop(): Promise<void> {
    child.stdin.end();
    await within(Math.min(limit, LONGEST_END), ended).catch(() => child.kill("SIGKILL"));
    await ended;
  }

  await ask("ready");
  return { pid: child.pid!, ask, stop };
}

/** How a program ended, with the last that it complained of. */
async function endOf(child: ChildProcessWithoutNullStreams): Promise<string> {
  let complaint = "";
  child.stdin.on("error", () => {}); // it does not read: how it ended says why
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint = (complaint + text).slice(-2000)));
  const closed = once(child, "close").catch(() => {});
  const [status, signal] = (await once(child, "exit").catch((error: Error) => [error.message])) as (
    string | number | null
  )[];
  // What it started may hold its output open, and need not be waited for.
  await within(LAST_WORDS, closed).catch(() => {});
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  return [status ?? signal, complaint.trim()].filter((part) => part !== "").join(": ");
}

async function within<T>(limit: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limit / 1000} s`)), limit);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

const isTime = (value: unknown): boolean => Number.isFinite(value) && (value as number) >= 0;

/** A line as the answer that it is; throws when it is none, or tells of an error. */
function answerIn(line: string): Answer {
  const answer = parsed(line);
  const { milliseconds, each, count, unsupported, error } = answer;
  if (typeof error === "string") throw new Error(error);
  if (typeof unsupported === "string") return { unsupported };
  const isAnswer =
    isTime(milliseconds) &&
    (each === undefined || (Array.isArray(each) && each.every(isTime))) &&
    (count === undefined || Number.isInteger(count));
  if (!isAnswer) throw new Error(`not an answer: ${line}`);
  return answer;
}

function parsed(line: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(line)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
