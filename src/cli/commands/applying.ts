import { createInterface } from "node:readline/promises";
import type { Host } from "../../host/host.js";
import { parseDuration } from "../../netlink/codecs/duration.js";
import { flag8 } from "../../netlink/codecs/numbers.js";
import { apply, confirm, describePlan, type Plan, type ReadDeclaration } from "../../topology/index.js";
import type { Call } from "../command.js";
import type { Report, Style } from "../io.js";
import { wordOf } from "../parsing/option.js";

/** Who decides whether what is applied stays. */
export const confirmWords = [
  wordOf(
    "confirm",
    { words: "DURATION", parse: parseDuration },
    "take it back unless it is confirmed within this time: by linkwright confirm, or Enter in the terminal",
  ),
  wordOf(
    "check",
    { words: "CHECK,…", parse: (given: string) => given.split(",") },
    "what decides in a person's place: ping:ADDRESS, tcp:ADDRESS:PORT, neighbour; it is kept when all hold in that time",
  ),
  wordOf(
    "unmanage",
    flag8,
    "have NetworkManager and systemd-networkd leave the declared links alone, before anything else",
  ),
  wordOf("acceptLoss", flag8, "with confirm, apply what cannot be taken back whole, too"),
];

/** The values of these words. */
export interface ApplyWords {
  readonly confirm?: number;
  readonly check?: readonly string[];
  readonly unmanage?: boolean;
  readonly acceptLoss?: boolean;
  readonly journal?: string;
}

export function coloured(words: string, style: Style): string {
  const paints = { "+": style.green, "-": style.red, "~": style.cyan, "!": style.yellow } as const;
  return words.replace(/^([-+~!])( .*)$/gm, (line, sign: keyof typeof paints) => paints[sign](line));
}

export function shown({ steps, losses, managed, leased }: Plan): object {
  return { steps, losses, managed, leased };
}

/** Whether somebody at the terminal presses Enter in time. */
async function isConfirmedHere(time: number, io: Call["io"]): Promise<boolean> {
  io.stderr.write(`press Enter within ${time / 1000} s to keep it; else it is taken back\n`);
  const terminal = createInterface({ input: process.stdin });
  try {
    await terminal.question("", { signal: AbortSignal.timeout(time) });
    return true;
  } catch {
    return false;
  } finally {
    terminal.close();
  }
}

/**
 * Applies a declaration as the words say, and asks whoever sits at the terminal. "waits": somebody else is to confirm it, who is told
 * the note then; "taken back": nobody did here.
 */
export async function applyAsAsked(
  host: Host,
  call: Call,
  declaration: ReadDeclaration,
  note?: object,
): Promise<{ readonly report: Report; readonly outcome: "stands" | "waits" | "taken back" }> {
  const words = call.options as ApplyWords;
  const { check: checks, confirm: time } = words;
  const made = await apply(host, declaration, { ...words, checks, note });
  const report: Report = { value: shown(made), text: (style) => coloured(describePlan(made), style) };
  if (time === undefined || checks !== undefined || made.steps.length === 0) return { report, outcome: "stands" };
  if (process.stdin.isTTY && !call.globals.json) {
    if (!(await isConfirmedHere(time, call.io)))
      return {
        report: { ...report, text: () => "it was not confirmed, and is taken back\n", status: 1 },
        outcome: "taken back",
      };
    await confirm(host, words);
    return { report, outcome: "stands" };
  }
  call.io.stderr.write(`linkwright confirm, within ${time / 1000} s, keeps it; else it is taken back\n`);
  return { report, outcome: "waits" };
}
