import type { Host } from "../../host/host.js";
import { flag8 } from "../../netlink/codecs/numbers.js";
import {
  capture,
  confirm,
  describeDifference,
  describeInterruptions,
  describePlan,
  describeStep,
  drift,
  explain,
  plan,
  type Plan,
  type ReadDeclaration,
  readDeclaration,
  recover,
  report,
  revert,
  waiting,
  writeDeclaration,
} from "../../topology/index.js";
import { alone, type Call, type Operand } from "../command.js";
import { type Report, styleFor } from "../io.js";
import { json } from "../printing/layout.js";
import { textOfFile } from "../parsing/file-argument.js";
import { applyAsAsked, coloured, confirmWords, shown } from "./applying.js";
import { enableConfirmed } from "./boot.js";
import { journal } from "./where-words.js";
import { type Section, wordOf } from "../parsing/option.js";

const FILE: Operand = { name: "FILE" };

function declarationIn({ operands: [file = ""] }: Call): ReadDeclaration {
  return readDeclaration(...textOfFile(file));
}

const journalWords = { title: "The journal", words: [journal] } satisfies Section;

const planWords = {
  title: "The plan",
  words: [
    wordOf("explain", flag8, "print which traffic stops, for how long, whose, and why"),
    wordOf("calls", flag8, "print what is called for each step, and what takes it back"),
  ],
} satisfies Section;

const applyWords = { title: "How it is applied", words: [...confirmWords, journal] } satisfies Section;

const driftWords = {
  title: "How long",
  words: [wordOf("watch", flag8, "go on, and print what differs whenever that changes")],
} satisfies Section;

const captureWords = {
  title: "What is captured",
  words: [
    wordOf(
      "namespaces",
      { words: "NAME,…", parse: (given: string) => given.split(",") },
      "what is in these namespaces, by their names under /run/netns, too; all for those that have one",
    ),
  ],
} satisfies Section;

async function planned(host: Host, call: Call): Promise<Report> {
  const { explain: explains = false, calls = false } = call.options as { explain?: boolean; calls?: boolean };
  const made = await plan(host, declarationIn(call));
  const interruptions = explains ? await explain(host, made) : undefined;
  const stops = interruptions === undefined || made.steps.length === 0 ? "" : describeInterruptions(interruptions);
  return {
    value: { ...shown(made), ...(interruptions === undefined ? {} : { interruptions }) },
    text: (style) => `${coloured(describePlan(made, { calls }), style)}${stops}`,
  };
}

async function applied(host: Host, call: Call): Promise<Report> {
  return (await applyAsAsked(host, call, declarationIn(call))).report;
}

/** Keeps what waits, and enables it where it was applied to be enabled. */
async function confirmed(host: Host, options: { journal?: string }): Promise<number> {
  const held = await waiting(host, options);
  const steps = await confirm(host, options);
  if (steps > 0 && held?.note !== undefined) await enableConfirmed(held.note);
  return steps;
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

async function captured(host: Host, { options }: Call): Promise<Report> {
  const { namespaces } = options as { namespaces?: readonly string[] };
  const value = await capture(host, { namespaces: namespaces?.[0] === "all" ? "all" : namespaces });
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
    run: withJournal(confirmed, "kept", "no declaration waits to be confirmed"),
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
    options: [captureWords],
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
