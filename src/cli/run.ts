import type { Host } from "../host/host.js";
import { together } from "../base/together.js";
import { InputError } from "../base/errors.js";
import type { LinkReference } from "../rtnetlink/link/link-requests.js";
import { globalOptions, type GlobalOptions, splitArguments } from "./parsing/arguments.js";
import { choose, type Chosen, helpWords, understood } from "./choose-command.js";
import type { Action, Call, Catalogue } from "./command.js";
import { DONE, reportError } from "./errors.js";
import { type Io, type Report, styleFor } from "./io.js";
import { referenceTo } from "./parsing/link-argument.js";
import { withNames } from "./printing/link-names.js";
import { json } from "./printing/layout.js";
import { registry } from "./registry.js";
import { takeOperands } from "./parsing/operands.js";
import { ownVersion } from "./version.js";
import { inTypedWords, parseOptions, resolveReferences } from "./parsing/parse-options.js";

const catalogue: Catalogue = registry;

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

/** What does another command line's work by a host. What holds for every command is said to the one that has it done. */
function performer(around: Around): Call["perform"] {
  return async (host, words) => {
    const { globals, rest, after: behind } = splitArguments(words);
    const given = globalOptions.find(({ option }) => globals[option.slice(2) as keyof GlobalOptions]);
    if (given !== undefined) throw new InputError("it is said of all commands at once, not of one", given.option);
    const { chosen, after } = understood(catalogue, rest, behind);
    return perform(chosen, { ...around, after }, host);
  };
}

/** Has what a command line says done, by a host that is opened for it, unless there is one. */
async function perform(chosen: Chosen, around: Around, given?: Host): Promise<Report> {
  const { action, command } = chosen;
  const { globals } = around;
  const { options: sections = [] } = action;
  const { operands, typed } = takeOperands(action, chosen.rest, chosen.usage);
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
    throw inTypedWords(error, { ...options, operands, sections });
  }
}

function version(): Report {
  const value = { version: ownVersion() };
  return { value, text: () => `linkwright ${value.version}\n` };
}

async function answer(words: readonly string[], io: Io): Promise<Report> {
  const { globals, rest, after } = splitArguments(words);
  if (globals.version) return version();
  if (globals.help)
    return perform(choose(catalogue, ["help", ...helpWords(catalogue, rest)]), { globals, after: [], io });
  const line = understood(catalogue, rest, after);
  return perform(line.chosen, { globals, after: line.after, io });
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
