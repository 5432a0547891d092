import { text } from "node:stream/consumers";
import type { Host } from "../../host/host.js";
import { InputError } from "../../base/errors.js";
import { understood } from "../choose-command.js";
import { alone, type Call, type Catalogue } from "../command.js";
import { DONE, ErrorAt } from "../errors.js";
import { type Report, styleFor } from "../io.js";
import { json } from "../printing/layout.js";
import { splitArguments } from "../parsing/arguments.js";
import { takeOperands } from "../parsing/operands.js";
import { textOfFile } from "../parsing/file-argument.js";
import { type Section, wordOf } from "../parsing/option.js";
import { flag8 } from "../../netlink/codecs/numbers.js";

/** The words of a line: parted by space, but not within quotes; what follows a "#" is a comment. Throws InputError. */
export function wordsIn(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (const character of line) {
    if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else word += character;
    } else if (character === "#") break;
    else if (character === '"' || character === "'") {
      quote = character;
      word ??= "";
    } else if (!/\s/.test(character)) word = (word ?? "") + character;
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (quote !== undefined) throw new InputError(`a ${quote} is not closed`);
  return word === undefined ? words : [...words, word];
}

interface Line {
  readonly number: number;
  readonly line: string;
}

/** The lines of a text, by the number of the first where a "\" at the end joins several. */
export function linesOf(batch: string): Line[] {
  const lines: Line[] = [];
  let number = 0;
  let begun: Line | undefined;
  for (const each of batch.split("\n")) {
    number++;
    const goesOn = each.endsWith("\\");
    const part = goesOn ? each.slice(0, -1) : each;
    const whole: Line = { number: begun?.number ?? number, line: (begun?.line ?? "") + part };
    begun = goesOn ? whole : undefined;
    if (!goesOn) lines.push(whole);
  }
  return begun === undefined ? lines : [...lines, begun];
}

/** A command of a batch. */
interface Command extends Line {
  readonly words: readonly string[];
}

/** What a batch is done by. */
interface Doing {
  readonly host: Host;
  readonly call: Call;
  readonly place: (line: Line) => string;
}

function print({ globals, io }: Call, report: Report): void {
  if (globals.json && report.value !== undefined) io.stdout.write(json(report.value));
  if (!globals.json && report.text !== undefined) io.stdout.write(report.text(styleFor(io.stdout, io.env)));
}

/** The words of a line, if it has any. */
function commandIn(line: Line, place: Doing["place"]): Command[] {
  try {
    const words = wordsIn(line.line);
    if (words.length === 0) return [];
    if (words[0] === "batch") throw new InputError("a batch is no command of a batch");
    return [{ ...line, words }];
  } catch (error) {
    throw new ErrorAt(place(line), error);
  }
}

/** The commands of lines, up to one that cannot be read, and why it cannot. */
function commandsIn(lines: readonly Line[], place: Doing["place"]): { commands: Command[]; broken?: ErrorAt } {
  const commands: Command[] = [];
  for (const line of lines) {
    try {
      commands.push(...commandIn(line, place));
    } catch (broken) {
      return { commands, broken: broken as ErrorAt };
    }
  }
  return { commands };
}

/** Does commands in their order, up to the first that fails. */
async function inOrder(doing: Doing, lines: readonly Line[]): Promise<Report> {
  const { commands, broken } = commandsIn(lines, doing.place);
  for (const group of groupsOf(commands, doing.call.catalogue)) {
    const ended = await doGroup(doing, group);
    if (ended !== undefined) return { status: ended.status };
  }
  if (broken !== undefined) throw broken;
  return {};
}

/** Commands whose work can be put back: what a declaration says. */
const REVERTIBLE: readonly string[] = [
  ...["link", "bond", "bridge", "vlan", "macvlan", "macvtap", "vxlan", "tap", "attach", "detach"],
  ...["address", "fdb", "route", "rule", "neighbour"],
];
/** Words by which a link leaves the namespace. */
const LEAVING = /^(?:--)?(?:peer[-_])?netns(?:=|$)/;

function checkRevertible({ words }: Command): void {
  const [name = ""] = words;
  if (!REVERTIBLE.includes(name))
    throw new InputError(`what ${name} does cannot be put back: it has no place in an atomic batch`);
  const leaving = words.find((word) => LEAVING.test(word));
  if (leaving !== undefined) throw new InputError(`${leaving} cannot be put back: it has no place in an atomic batch`);
}

/** What is done together. Each is about the link that its first operand names. */
const TOGETHER: readonly string[] = ["bridge add", "tap add", "link add", "link set", "address add", "attach"];
/** What may be another name of a link: a number its index, a pattern any. */
const UNCERTAIN = /^\d+$|%/;
/** So many of a group are under way at once. */
const MOST = 10;

/** What a command is about, if others that are about something else can be done beside it; nothing for one that cannot be parsed. */
function subjectOf({ words }: Command, catalogue: Catalogue): { kind: string; subject: string } | undefined {
  try {
    const { rest, after } = splitArguments(words);
    const { action, command: kind, rest: typed, usage } = understood(catalogue, rest, after).chosen;
    if (!TOGETHER.includes(kind)) return undefined;
    const [subject] = takeOperands(action, typed, usage).operands;
    return subject === undefined || UNCERTAIN.test(subject) ? undefined : { kind, subject };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return undefined;
  }
}

/** The parts of a command that may be a link's name. */
function mentioned({ words }: Command): string[] {
  return words.flatMap((word) => [word, ...word.split(/[=,]/)]);
}

/** Parts commands into groups, in their order: those of one group do the same to different links, and none speaks of another's. */
export function groupsOf(commands: readonly Command[], catalogue: Catalogue): Command[][] {
  const groups: Command[][] = [];
  let kind: string | undefined;
  let subjects = new Set<string>();
  let others = new Set<string>();
  for (const command of commands) {
    const about = subjectOf(command, catalogue);
    const group = groups.at(-1);
    const names = mentioned(command);
    const isFree =
      about !== undefined &&
      about.kind === kind &&
      group !== undefined &&
      !others.has(about.subject) &&
      !names.some((name) => subjects.has(name));
    if (isFree) group.push(command);
    else {
      groups.push([command]);
      kind = about?.kind;
      subjects = new Set();
      others = new Set();
    }
    if (about !== undefined) subjects.add(about.subject);
    for (const name of names) if (name !== about?.subject) others.add(name);
  }
  return groups;
}

/** Does the commands of a group beside each other; none is begun after one has failed. How each went that was begun. */
async function doTogether({ host, call }: Doing, group: readonly Command[]): Promise<PromiseSettledResult<Report>[]> {
  const results: PromiseSettledResult<Report>[] = [];
  let next = 0;
  let failed = false;
  const goOn = async (): Promise<void> => {
    while (!failed && next < group.length) {
      const place = next++;
      try {
        const value = await call.perform(host, group[place]!.words);
        results[place] = { status: "fulfilled", value };
        failed ||= (value.status ?? DONE) !== DONE;
      } catch (reason) {
        results[place] = { status: "rejected", reason };
        failed = true;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(MOST, group.length) }, goOn));
  return results;
}

/** A command that ended otherwise than done, without an error. */
interface Ended {
  readonly at: string;
  readonly status: number;
}

/** Does the commands of a group, and prints what they say in their order, up to the first that is not done. */
async function doGroup(doing: Doing, group: readonly Command[]): Promise<Ended | undefined> {
  const { call, place } = doing;
  const results = await doTogether(doing, group);
  for (const [number, result] of results.entries()) {
    if (result.status === "rejected") {
      const after = group.filter((_, each) => each > number && results[each]?.status === "fulfilled").map(place);
      const outcome =
        after.length === 0 ? undefined : `what does not depend on it was done beside it: ${after.join(", ")}`;
      throw new ErrorAt(place(group[number]!), result.reason, outcome);
    }
    print(call, result.value);
    const { status = DONE } = result.value;
    if (status !== DONE) return { at: place(group[number]!), status };
  }
  return undefined;
}

/** Does all commands or none: those that do not depend on each other together, and when one fails, all is put back. */
async function atomically(doing: Doing, lines: readonly Line[]): Promise<Report> {
  const { host, place } = doing;
  const { commands, broken } = commandsIn(lines, place);
  if (broken !== undefined) throw broken;
  for (const command of commands) {
    try {
      checkRevertible(command);
    } catch (error) {
      throw new ErrorAt(place(command), error);
    }
  }
  const { takeSnapshot: remember, restoreSnapshot: putBack } = await import("../../topology/snapshot.js");
  const before = await remember(host);
  try {
    for (const group of groupsOf(commands, doing.call.catalogue)) {
      const ended = await doGroup(doing, group);
      if (ended !== undefined) throw new ErrorAt(ended.at, new Error(`it ended with ${ended.status}`));
    }
    return {};
  } catch (error) {
    if (!(error instanceof ErrorAt)) throw error;
    const standing = await putBack(host, before);
    const outcome = standing.length === 0 ? "all is as it was" : `this stands: ${standing.join("; ")}`;
    throw new ErrorAt(error.place, error.cause, outcome);
  }
}

async function batch(host: Host, call: Call): Promise<Report> {
  const [file = "-"] = call.operands;
  const lines = linesOf(file === "-" ? await text(process.stdin) : textOfFile(file)[0]);
  const place = ({ number }: Line): string => (file === "-" ? `line ${number}` : `${file}:${number}`);
  const { atomic } = call.options as { readonly atomic?: boolean };
  return (atomic === true ? atomically : inOrder)({ host, call, place }, lines);
}

const words = {
  title: "How it is done",
  words: [
    wordOf(
      "atomic",
      flag8,
      "all or nothing: when one fails, links, addresses, routes and rules are put back as they were",
    ),
  ],
} satisfies Section;

export const command = alone({
  summary: "does commands from a file, or from stdin, a line each, up to the first that fails",
  operands: [{ name: "FILE|-" }],
  options: [words],
  run: batch,
});
