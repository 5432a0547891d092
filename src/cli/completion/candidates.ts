import type { Link } from "../../rtnetlink/link/link.js";
import { globalOptions, splitArguments } from "../parsing/arguments.js";
import type { Action, Catalogue, Operand } from "../command.js";
import { kindText, stateOf } from "../../wiring/link-text.js";
import { mentioned } from "../printing/spelling.js";
import type { Option, Section } from "../parsing/option.js";
import { partDashed } from "../parsing/dashed-options.js";
import { inOrder } from "../parsing/ip-order.js";
import { isOption, keyOf, pairWord, wordsBeside } from "../parsing/parse-options.js";

/** A word that may stand where the cursor is, whole, or up to its "=". */
export interface Candidate {
  readonly word: string;
  readonly description: string;
}

/** What is asked of the machine, only where it is offered. */
export interface Machine {
  /** The links of a namespace, by its name or path; of the process's own when there is none. */
  readonly links: (netns: string | undefined) => Promise<readonly Link[]>;
  /** The names of settings below a part such as "net.ipv4", of the same namespace. */
  readonly sysctls: (netns: string | undefined, under: string) => Promise<readonly string[]>;
  /** The names of namespaces. */
  readonly namespaces: () => readonly string[];
  /** The paths that start so. */
  readonly paths: (start: string) => readonly string[];
}

/** Where the cursor is: the words before it tell what may come. */
interface Place {
  readonly operands: readonly string[];
  readonly options: readonly string[];
  readonly links: () => Promise<readonly Link[]>;
  readonly sysctls: (under: string) => Promise<readonly string[]>;
  readonly machine: Machine;
}

const plain = (words: readonly string[], description: string): Candidate[] =>
  words.map((word) => ({ word, description }));

function globals(): Candidate[] {
  return globalOptions.map(({ option, summary }) => ({ word: option, description: summary }));
}

function commands(catalogue: Catalogue): Candidate[] {
  return Object.entries(catalogue).map(([word, { summary }]) => ({ word, description: summary }));
}

/** The sub-commands whose words start with these: the next word of each. */
function subCommands(actions: Readonly<Record<string, Action>>, before: readonly string[]): Candidate[] {
  const found = Object.entries(actions).flatMap(([sub, { summary }]): Candidate[] => {
    const parts = sub.split(" ");
    const isNext = parts.length === before.length + 1 && before.every((word, i) => word === parts[i]);
    return isNext && sub !== "" ? [{ word: parts.at(-1)!, description: summary }] : [];
  });
  return found;
}

/** What would be done, and the words behind it. */
function chosen(
  actions: Readonly<Record<string, Action>>,
  typed: readonly string[],
): { action: Action; rest: readonly string[] } | undefined {
  const single = actions[""];
  const isNamed = typed[0] !== undefined && typed[0] !== "" && Object.hasOwn(actions, typed[0]);
  if (single !== undefined && !isNamed) return { action: single, rest: typed };
  for (const size of [2, 1]) {
    const name = typed.slice(0, size).join(" ");
    if (typed.length >= size && Object.hasOwn(actions, name))
      return { action: actions[name]!, rest: typed.slice(size) };
  }
  return undefined;
}

/** Parts operands from options, as far as they are typed; and the operand that comes next. */
function takeOperands({ operands: places, options: sections = [] }: Action, typed: readonly string[]) {
  const rest = [...typed];
  const operands: string[] = [];
  for (const place of places) {
    if (place.many === true) {
      operands.push(...rest.filter((word) => !isOption(word, sections)));
      return { operands, options: rest.filter((word) => isOption(word, sections)), next: place };
    }
    const [word] = rest;
    if (word === undefined || (isOption(word, sections) && (place.optional === true || word.includes("="))))
      return { operands, options: rest, next: place };
    operands.push(rest.shift()!);
  }
  return { operands, options: rest, next: undefined };
}

/** Whether a link is what `only` says: of that kind, one that takes ports, or a port. */
function isMeant({ kind, linkInfo, master }: Link, only: string | undefined): boolean {
  if (only === undefined) return true;
  if (only === "port") return master !== undefined;
  const name = linkInfo?.kind ?? kind;
  return only === "master" ? ["bridge", "bond", "team", "vrf"].includes(name ?? "") : name === only;
}

async function linkCandidates({ operands, links }: Place, only: string | undefined): Promise<Candidate[]> {
  const found = (await links()).filter((link) => isMeant(link, only) && !operands.includes(link.name));
  return found.map((link) => ({ word: link.name, description: `${kindText(link)}, ${stateOf(link)}` }));
}

/** What stands for a link in a word's value. */
const ONLY: Readonly<Record<string, string>> = {
  master: "master",
  bridge: "bridge",
  activePort: "port",
  primary: "port",
  backupPort: "port",
};

/** The ports that a bond's or a port's word means: those of a master that was named before. */
async function portsAround(place: Place): Promise<Candidate[]> {
  const links = await place.links();
  const masters = links.filter(({ name }) => place.operands.includes(name)).map(({ index }) => index);
  const ports = await linkCandidates(place, "port");
  const ofThose = ports.filter(({ word }) => masters.includes(links.find(({ name }) => name === word)!.master ?? 0));
  return ofThose.length > 0 ? ofThose : ports;
}

/** The values of a word, as far as they can be told. */
async function values({ property, shape, description }: Option, place: Place): Promise<Candidate[]> {
  const single = shape.replace(/,…$/, "");
  if (single === "LINK") {
    const only = ONLY[property];
    return only === "port" ? portsAround(place) : linkCandidates(place, only);
  }
  if (property === "namespace" || property === "peerNamespace") return plain(place.machine.namespaces(), description);
  const listed = single.split("|").filter((each) => /^[a-z0-9][a-z0-9.-]*$/i.test(each) && !/^[A-Z]+$/.test(each));
  return listed.length > 0 ? plain(listed, description) : [];
}

/** "key=value": of a list, the last value is completed. */
async function valueCandidates(words: readonly Option[], current: string, place: Place): Promise<Candidate[]> {
  const key = keyOf(current);
  const word = words.find((each) => each.word === key);
  if (word === undefined) return [];
  const given = current.slice(key.length + 1);
  const start = word.shape.endsWith(",…") ? given.slice(0, given.lastIndexOf(",") + 1) : "";
  const found = await values(word, place);
  const isNew = ({ word: value }: Candidate): boolean => !start.split(",").includes(value);
  return found.filter(isNew).map(({ word: value, description }) => ({ word: `${key}=${start}${value}`, description }));
}

/** The words that are not said yet: a command's own before those of any link. */
function optionCandidates(words: readonly Option[], options: readonly string[]): Candidate[] {
  const given = new Set(options.map(keyOf));
  return words
    .filter(({ word, each }) => each !== undefined || !given.has(word))
    .flatMap(({ word, description: text, alone, dashed }) => {
      const description = mentioned(text, words);
      if (dashed === true) return [{ word: `--${word}`, description }];
      return [...(alone === undefined ? [] : [{ word, description }]), { word: `${word}=`, description }];
    });
}

/** Options, or the values of the one that is begun. */
async function optionsAt(words: readonly Option[], current: string, place: Place): Promise<Candidate[]> {
  return current.includes("=") ? valueCandidates(words, current, place) : optionCandidates(words, place.options);
}

function withDashes(found: readonly Candidate[]): Candidate[] {
  return found.map(({ word, description }) => ({ word: word.startsWith("--") ? word : `--${word}`, description }));
}

/** The options of a port are those of its master's kind, once that is named. */
async function sectionsFor(sections: readonly Section[], { operands, links }: Place): Promise<readonly Section[]> {
  if (!sections.some(({ ofMaster }) => ofMaster !== undefined) || operands.length < 2) return sections;
  const kind = (await links()).find(({ name }) => name === operands[1])?.kind;
  const fitting = sections.filter(({ ofMaster }) => ofMaster === undefined || ofMaster === kind);
  return fitting.length > 0 ? fitting : sections;
}

/** Settings, part by part: what is offered as "net.ipv4." has more parts behind it. */
async function sysctlCandidates({ sysctls }: Place, current: string): Promise<Candidate[]> {
  const part = current.slice(0, current.lastIndexOf(".") + 1);
  if (part === "") return plain(["net."], "");
  const names = await sysctls(part.slice(0, -1));
  const parts = names.map((name) => part + /^[^.]*\.?/.exec(name.slice(part.length))![0]);
  return plain([...new Set(parts)], "");
}

async function operandCandidates({ choices, only }: Operand, place: Place, current: string): Promise<Candidate[]> {
  if (choices === "link") return linkCandidates(place, only);
  if (choices === "sysctl") return sysctlCandidates(place, current);
  const offered = (choices ?? []).filter((each) => !place.operands.includes(each));
  return offered.map((word) => ({ word, description: "" }));
}

/** What is typed behind an action, in its order, with options that have dashes apart; undefined where it is wrong. */
function parted(typed: readonly string[], action: Action) {
  try {
    const { plain: words, options } = partDashed(typed, action.options ?? [], "");
    return { words, ordered: inOrder(action, words), dashed: options };
  } catch {
    return undefined;
  }
}

async function afterAction(
  action: Action,
  typed: readonly string[],
  current: string,
  around: Omit<Place, "operands" | "options">,
): Promise<Candidate[]> {
  const line = parted(typed, action);
  if (line === undefined) return [];
  const { words, ordered, dashed } = line;
  const isDashed = current.startsWith("-");
  const isBehindDev = typed.at(-1) === "dev" && action.operands[0]?.choices === "link";
  // The link is missing, behind "dev" or an address.
  if (!isDashed && (ordered === undefined || isBehindDev))
    return operandCandidates(action.operands[0]!, { ...around, operands: [], options: [] }, current);
  const { operands, options: others, next } = takeOperands(action, ordered ?? words);
  const options = typed.at(-1)?.startsWith("--") === true ? [...others, ...dashed] : [...dashed, ...others];
  const place: Place = { ...around, operands, options };
  const sections = await sectionsFor(action.options ?? [], place);
  const beside = wordsBeside(options, sections);
  const isMissing = next !== undefined && next.optional !== true && !(next.many === true && operands.length > 0);
  const key = pairWord(options.at(-1) ?? "", new Map(beside.map((word) => [word.word, word])));
  if (key !== undefined && key.alone === undefined) return values(key, place);
  if (isDashed) return withDashes(await optionsAt(beside, current.slice(2), place));
  if (!isMissing && current.includes("=")) return optionsAt(beside, current, place);
  const stated = next === undefined ? [] : await operandCandidates(next, place, current);
  return isMissing ? stated : [...stated, ...(await optionsAt(beside, current, place))];
}

/** The words before the cursor without the global options; undefined where they cannot be understood. */
function understood(before: readonly string[]): ReturnType<typeof splitArguments> | undefined {
  try {
    return splitArguments(before);
  } catch {
    return undefined;
  }
}

function namespaceCandidates(current: string, { namespaces, paths }: Machine): Candidate[] {
  return plain(current.includes("/") ? paths(current) : namespaces(), "");
}

async function offered(
  catalogue: Catalogue,
  before: readonly string[],
  current: string,
  machine: Machine,
): Promise<Candidate[]> {
  if (before.at(-1) === "--netns") return namespaceCandidates(current, machine);
  if (current.startsWith("--netns="))
    return namespaceCandidates(current.slice("--netns=".length), machine).map((each) => ({
      ...each,
      word: `--netns=${each.word}`,
    }));
  const line = before.includes("--") ? undefined : understood(before);
  if (line === undefined) return [];
  const [name, ...typed] = line.rest;
  if (name === undefined) return [...commands(catalogue), ...globals()];
  const isDashed = current.startsWith("-");
  if (name === "help") {
    const [command] = typed;
    if (isDashed) return globals();
    if (command === undefined) return commands(catalogue);
    return Object.hasOwn(catalogue, command) ? subCommands(catalogue[command]!.load().actions, typed.slice(1)) : [];
  }
  if (!Object.hasOwn(catalogue, name)) return isDashed ? globals() : [];
  const { actions } = catalogue[name]!.load();
  const next = isDashed ? globals() : subCommands(actions, typed);
  const found = chosen(actions, typed);
  if (found === undefined) return next;
  let listed: Promise<readonly Link[]> | undefined;
  const { netns } = line.globals;
  const links = (): Promise<readonly Link[]> => (listed ??= machine.links(netns));
  const sysctls = (under: string): Promise<readonly string[]> => machine.sysctls(netns, under);
  return [...next, ...(await afterAction(found.action, found.rest, current, { links, sysctls, machine }))];
}

/** What may stand where the cursor is: behind the words before it, and starting as `current` does. */
export async function candidates(
  catalogue: Catalogue,
  before: readonly string[],
  current: string,
  machine: Machine,
): Promise<Candidate[]> {
  const found = await offered(catalogue, before, current, machine);
  const fitting = found.filter(({ word }) => word.startsWith(current));
  return fitting.filter(({ word }, place) => fitting.findIndex((each) => each.word === word) === place);
}
