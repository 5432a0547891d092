import { readFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { InputError } from "../../base/errors.js";
import type { Host } from "../../host/host.js";
import { flag8 } from "../../netlink/codecs/numbers.js";
import { parseDuration } from "../../netlink/codecs/duration.js";
import { text } from "../../netlink/codecs/codec.js";
import {
  apply,
  capture,
  confirm,
  describeDifference,
  describePlan,
  describeStep,
  drift,
  plan,
  type Plan,
  type ReadDeclaration,
  readDeclaration,
  recover,
  report,
  revert,
  writeDeclaration,
} from "../../topology/index.js";
import { alone, type Call, type Operand } from "../command.js";
import { type Report, type Style, styleFor } from "../io.js";
import { json } from "../printing/layout.js";
import { type Section, shaped, wordOf } from "../parsing/word.js";

const FILE: Operand = { name: "FILE" };

/** A declaration's file; "-" is the standard input. */
function declarationIn({ operands: [file = ""] }: Call): ReadDeclaration {
  const [source, name] = file === "-" ? [0, "the standard input"] : [file, file];
  let content: string;
  try {
    content = readFileSync(source, "utf8");
  } catch (error) {
    throw new InputError((error as Error).message, file);
  }
  return readDeclaration(content, name);
}

const journal = wordOf(
  "journal",
  shaped(text(), "DIRECTORY"),
  "where plans under way are kept; /run/linkwright/topology unless given",
);
const journalWords = { title: "The journal", words: [journal] } satisfies Section;

const planWords = {
  title: "The plan",
  words: [wordOf("explain", flag8, "print what is called for each step, and what takes it back")],
} satisfies Section;

const applyWords = {
  title: "How it is applied",
  words: [
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
    wordOf("acceptLoss", flag8, "with confirm, apply what cannot be taken back whole, too"),
    journal,
  ],
} satisfies Section;

const driftWords = {
  title: "How long",
  words: [wordOf("watch", flag8, "go on, and print what differs whenever that changes")],
} satisfies Section;

function coloured(words: string, style: Style): string {
  const paints = { "+": style.green, "-": style.red, "~": style.cyan, "!": style.yellow } as const;
  return words.replace(/^([-+~!])( .*)$/gm, (line, sign: keyof typeof paints) => paints[sign](line));
}

function shown({ steps, losses }: Plan): object {
  return { steps, losses };
}

async function planned(host: Host, call: Call): Promise<Report> {
  const { explain = false } = call.options as { explain?: boolean };
  const made = await plan(host, declarationIn(call));
  return { value: shown(made), text: (style) => coloured(describePlan(made, { calls: explain }), style) };
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

async function applied(host: Host, call: Call): Promise<Report> {
  const options = call.options as {
    confirm?: number;
    check?: string[];
    acceptLoss?: boolean;
    journal?: string;
  };
  const { check: checks, confirm: time } = options;
  const made = await apply(host, declarationIn(call), { ...options, checks });
  const report: Report = { value: shown(made), text: (style) => coloured(describePlan(made), style) };
  if (time === undefined || checks !== undefined || made.steps.length === 0) return report;
  if (process.stdin.isTTY && !call.globals.json) {
    if (await isConfirmedHere(time, call.io)) await confirm(host, options);
    else return { ...report, text: () => "it was not confirmed, and is taken back\n", status: 1 };
    return report;
  }
  call.io.stderr.write(`linkwright confirm, within ${time / 1000} s, keeps it; else it is taken back\n`);
  return report;
}

function withJournal(work: (host: Host, options: { journal?: string }) => Promise<number>, done: string, none: string) {
  return async (host: Host, { options }: Call): Promise<Report> => {
    const steps = await work(host, options);
    const stayed = steps === 0 ? await report(host, options) : [];
    const lines = stayed.map((line) => `  ${line}\n`).join("");
    const before = stayed.length === 0 ? "" : `of the last one that was taken back:\n${lines}`;
    return {
      value: { steps, ...(stayed.length === 0 ? {} : { report: stayed }) },
      text: () => (steps === 0 ? `${none}\n${before}` : `${done}: ${steps} steps\n`),
      status: steps === 0 && none.startsWith("no declaration") ? 1 : 0,
    };
  };
}

function differencesText({ steps }: Plan): string {
  const lines = steps.flatMap(({ subject, name, differences, ...step }) =>
    differences.length === 0
      ? [describeStep({ subject, name, differences, ...step })]
      : differences.map((each) => `~ ${subject} ${name}: ${describeDifference(each)}`),
  );
  return lines.map((line) => `${line}\n`).join("");
}

async function differing(host: Host, call: Call): Promise<Report> {
  const made = await plan(host, declarationIn(call));
  return { value: shown(made), text: (style) => coloured(differencesText(made), style) };
}

async function drifted(host: Host, call: Call): Promise<Report> {
  const { watch = false } = call.options as { watch?: boolean };
  if (!watch) {
    const report = await differing(host, call);
    return { ...report, status: (report.value as Plan).steps.length === 0 ? 0 : 1 };
  }
  const stop = new AbortController();
  const interrupted = (): void => {
    stop.abort();
  };
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  process.stdout.once("error", interrupted);
  const style = styleFor(call.io.stdout, call.io.env);
  for await (const made of drift(host, declarationIn(call), { signal: stop.signal }))
    call.io.stdout.write(
      call.globals.json
        ? json(shown(made))
        : made.steps.length === 0
          ? "as declared\n"
          : coloured(differencesText(made), style),
    );
  return {};
}

async function captured(host: Host): Promise<Report> {
  const value = await capture(host);
  return { value, text: () => writeDeclaration(value) };
}

async function reverted(host: Host, call: Call): Promise<Report> {
  const value = await revert(host, declarationIn(call));
  return { value, text: () => writeDeclaration(value) };
}

/** The commands about declarations, by their names. */
export const topologyCommands = {
  plan: alone({
    summary: "say what would be done for a declaration, and why",
    operands: [FILE],
    options: [planWords],
    run: planned,
  }),
  apply: alone({
    summary: "make the host as a file declares it, or leave it as it was",
    operands: [FILE],
    options: [applyWords],
    run: applied,
  }),
  confirm: alone({
    summary: "keep what was applied with confirm",
    operands: [],
    options: [journalWords],
    run: withJournal(confirm, "kept", "no declaration waits to be confirmed"),
  }),
  diff: alone({ summary: "print what is not as a file declares it", operands: [FILE], run: differing }),
  drift: alone({
    summary: "the same, with status 1 when something is; with watch, again at each change",
    operands: [FILE],
    options: [driftWords],
    run: drifted,
  }),
  capture: alone({
    summary: "print the present state as a declaration that applies to nothing",
    operands: [],
    run: captured,
  }),
  revert: alone({
    summary: "print the way back from a declaration, before it is applied",
    operands: [FILE],
    run: reverted,
  }),
  recover: alone({
    summary: "take back what an apply left that died",
    operands: [],
    options: [journalWords],
    run: withJournal(recover, "taken back", "nothing was left"),
  }),
};
