import { readFileSync } from "node:fs";
import type { Host } from "../host/host.js";
import { together } from "../base/settled.js";
import { InputError } from "../base/errors.js";
import type { LinkReference } from "../rtnetlink/link/link-requests.js";
import { splitArguments } from "./parsing/arguments.js";
import { type Action, type Call, type Catalogue, type Operand, usageOf } from "./command.js";
import { commandElsewhere, subCommandElsewhere } from "./parsing/elsewhere.js";
import { DONE, reportError } from "./errors.js";
import { type Io, type Report, styleFor } from "./io.js";
import { referenceTo } from "./parsing/link-argument.js";
import { withNames } from "./printing/link-names.js";
import { json } from "./printing/layout.js";
import { registry } from "./registry.js";
import { suggestion } from "../base/nearest.js";
import { inTypedWords, isOption, parseOptions, resolveReferences } from "./parsing/parse-options.js";

const catalogue: Catalogue = registry;

/** An action, and how it was asked for: "bridge add". */
interface Chosen {
  readonly action: Action;
  readonly command: string;
  readonly usage: () => string;
  readonly rest: readonly string[];
}

function choose([name, ...rest]: readonly string[]): Chosen {
  if (name === undefined) throw new InputError("a command is missing; linkwright help lists them");
  const command = Object.hasOwn(catalogue, name) ? catalogue[name]!.load() : undefined;
  if (command === undefined) {
    const word = commandElsewhere(name, rest, Object.keys(catalogue));
    const hint =
      word === undefined
        ? suggestion(name, Object.keys(catalogue), "; linkwright help lists them")
        : `; did you mean "${word}"?`;
    throw new InputError(`no command ${JSON.stringify(name)}${hint}`);
  }
  const single = command.actions[""];
  // What such a command does by itself is left for a sub-command by its name alone.
  const isNamed = rest[0] !== undefined && rest[0] !== "" && Object.hasOwn(command.actions, rest[0]);
  if (single !== undefined && !isNamed)
    return { action: single, command: name, usage: () => usageOf(name, "", single), rest };
  // A sub-command may have two words: "vlan add" of a bridge.
  const two = Object.hasOwn(command.actions, rest.slice(0, 2).join(" ")) && rest.length > 1 ? 2 : 1;
  const sub = rest.length === 0 ? undefined : rest.slice(0, two).join(" ");
  const others = rest.slice(two);
  const names = Object.keys(command.actions).filter((each) => !each.includes(" "));
  if (sub === undefined) throw new InputError(`${name} needs one of ${names.join(", ")}`);
  const action = Object.hasOwn(command.actions, sub) ? command.actions[sub]! : undefined;
  if (action === undefined) {
    const word = subCommandElsewhere(sub, names);
    const hint =
      word === undefined ? suggestion(sub, names, `; it has ${names.join(", ")}`) : `; did you mean "${word}"?`;
    throw new InputError(`${name} has no ${JSON.stringify(sub)}${hint}`);
  }
  return { action, command: `${name} ${sub}`, usage: () => usageOf(name, sub, action), rest: others };
}

/** Parts operands from options. */
function takeOperands(
  { action, usage, rest }: Chosen,
  isOption: (word: string) => boolean,
): { operands: string[]; typed: string[] } {
  const typed = [...(action.otherwise?.(rest) ?? rest)];
  const operands: string[] = [];
  const missing = ({ name }: Operand): InputError => new InputError(`${name} is missing: linkwright ${usage()}`);
  for (const operand of action.operands) {
    const next = typed[0];
    if (operand.many === true) {
      if (next === undefined && operand.optional !== true) throw missing(operand);
      const words = typed.splice(0);
      operands.push(...words.filter((word) => !isOption(word)));
      typed.push(...words.filter(isOption));
    } else if (next !== undefined && !(isOption(next) && (operand.optional === true || next.includes("=")))) {
      operands.push(typed.shift()!);
    } else if (operand.optional !== true) throw missing(operand);
  }
  if (typed.length > 0 && action.options === undefined)
    throw new InputError(`${JSON.stringify(typed[0])} is one word too many: linkwright ${usage()}`);
  if (typed.length === 0 && action.needsOption === true)
    throw new InputError(`an option is missing: linkwright ${usage()}`);
  return { operands, typed };
}

/** The links that operands name. What an action does with one that is not there, it says itself. */
async function linksOf(
  host: Host,
  { operands: places }: Action,
  operands: readonly string[],
): Promise<LinkReference[]> {
  const named = operands.filter((_, i) => (places[i] ?? places.at(-1))?.choices === "link");
  return together(named.map((word) => referenceTo(host, word)));
}

/** What a command line has around its words. */
type Around = Pick<Call, "globals" | "after" | "io">;

/** What does another command line's work by a host. */
function performer(around: Around): Call["perform"] {
  return (host, words) => perform(choose(words), { ...around, after: [] }, host);
}

/** Has what a command line says done, by a host that is opened for it, unless there is one. */
async function perform(chosen: Chosen, around: Around, given?: Host): Promise<Report> {
  const { action, command } = chosen;
  const { globals } = around;
  const { options: sections = [] } = action;
  const { operands, typed } = takeOperands(chosen, (word) => isOption(word, sections));
  const options = parseOptions(typed, sections, command);
  const call: Call = { ...around, operands, links: [], options: options.values, catalogue, perform: performer(around) };
  const done = async (host: Host): Promise<Report> => {
    await resolveReferences(host, options);
    const report = await action.run!(host, { ...call, links: await linksOf(host, action, operands) });
    return globals.json ? { ...report, value: await withNames(host, report.value) } : report;
  };
  try {
    if (action.runOffline !== undefined) return await action.runOffline(call);
    if (given !== undefined) return await done(given);
    const { Host } = require("../host/host.js") as typeof import("../host/host.js");
    const namespace = globals.netns === undefined ? undefined : { name: globals.netns };
    await using host = await Host.open({ namespace, thread: "never" });
    return await done(host);
  } catch (error) {
    throw inTypedWords(error, options);
  }
}

function version(): Report {
  const file = new URL("../../package.json", import.meta.url);
  const value = { version: (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version };
  return { value, text: () => `linkwright ${value.version}\n` };
}

async function answer(words: readonly string[], io: Io): Promise<Report> {
  const { globals, rest, after } = splitArguments(words);
  if (globals.version) return version();
  if (globals.help) return perform(choose(["help", ...rest.slice(0, 2)]), { globals, after: [], io });
  const chosen = choose(rest);
  return chosen.action.takesProgram === true
    ? perform(chosen, { globals, after, io })
    : perform({ ...chosen, rest: [...chosen.rest, ...after] }, { globals, after: [], io });
}

/** What stands behind "brctl" is brctl's own affair, options too. */
async function runBrctl(before: readonly string[], operands: readonly string[], io: Io): Promise<number> {
  try {
    const { asCommand } = await import("./brctl/brctl.js");
    const given = splitArguments(before);
    if (given.globals.json)
      throw new InputError("brctl prints what bridge-utils does; bridge list and bridge show print JSON", "--json");
    const { status = DONE } = await asCommand({
      ...given,
      operands,
      links: [],
      options: {},
      io,
      catalogue,
      perform: performer({ ...given, io }),
    });
    return status;
  } catch (error) {
    return reportError(error, io.stderr, before.includes("--json"));
  }
}

/**
 * Does what a command line says, and resolves with the exit status: 0 done, 1 refused by the kernel or not found, 2 used
 * wrongly. It never rejects.
 */
export async function run(words: readonly string[], io: Io): Promise<number> {
  const place = words.findIndex((word, i) => !word.startsWith("-") && words[i - 1] !== "--netns");
  if (words[place] === "brctl") return runBrctl(words.slice(0, place), words.slice(place + 1), io);
  const options = words.slice(0, words.includes("--") ? words.indexOf("--") : undefined);
  const asJson = options.includes("--json");
  try {
    const { value, text, status = DONE } = await answer(words, io);
    if (asJson && value !== undefined) io.stdout.write(json(value));
    if (!asJson && text !== undefined) io.stdout.write(text(styleFor(io.stdout, io.env)));
    return status;
  } catch (error) {
    return reportError(error, io.stderr, asJson);
  }
}
