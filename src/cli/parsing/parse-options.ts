import type { Host } from "../../host/host.js";
import { InputError, quoted, under } from "../../base/errors.js";
import { optionMeant, synonym } from "./suggestions.js";
import { linkCalled } from "./link-argument.js";
import { suggestion } from "../../base/nearest.js";
import type { Section, Option } from "./option.js";

/** What was typed, as the library takes it. */
export interface ParsedOptions {
  readonly values: Record<string, unknown>;
  readonly words: readonly Option[];
}

/** The kinds whose options may stand beside a command's own. */
function kindsIn(sections: readonly Section[]): Section["kinds"] {
  return sections.find(({ kinds }) => kinds !== undefined)?.kinds;
}

/** A section for each kind that has options, kinds with the same options together. */
function sectionsOfKinds(byKind: Readonly<Record<string, Section>>): Section[] {
  const found = new Map<string, { kinds: string[]; words: readonly Option[] }>();
  for (const [kind, { words }] of Object.entries(byKind)) {
    const key = JSON.stringify(words);
    if (words.length === 0) continue;
    if (!found.has(key)) found.set(key, { kinds: [], words });
    found.get(key)!.kinds.push(kind);
  }
  return [...found.values()].map(({ kinds, words }) => ({ title: `kind=${kinds.join("|")}`, words }));
}

/** A command's sections, and those of every kind where one must be named. */
export function sectionsOf(sections: readonly Section[]): readonly Section[] {
  const kinds = kindsIn(sections);
  return kinds?.needed === true ? [...sections, ...sectionsOfKinds(kinds.sections)] : sections;
}

/** What stands before "=". */
export function keyOf(typed: string): string {
  return typed.split("=", 1)[0]!;
}

/** The words of commands' sections by themselves, which a batch asks for again and again. */
const byWord = new WeakMap<readonly Section[], Map<string, Option>>();

function wordsOf(sections: readonly Section[]): Map<string, Option> {
  const found = byWord.get(sections);
  if (found !== undefined) return found;
  const words = sectionsOf(sections).flatMap((section) => section.words);
  // Of several that are called so, the first.
  const made = new Map(words.reverse().map((word) => [word.word, word]));
  byWord.set(sections, made);
  return made;
}

/** Whether a word would be understood as an option. */
export function isOption(typed: string, sections: readonly Section[]): boolean {
  const known = wordsOf(sections);
  if (typed.includes("=")) return pairWord(keyOf(typed), known) !== undefined;
  const word = pairWord(typed, known);
  return word?.alone !== undefined && word.dashed !== true;
}

/** The word that one of another tool means where a value stands behind it: ours, or its own, as in "brd +" and "mtu 1400". */
export function pairWord(typed: string, known: ReadonlyMap<string, Option>): Option | undefined {
  return known.get(typed) ?? known.get(synonym(typed, [...known.keys()]) ?? "");
}

/** The option of that name, or of another tool's name for it, whatever the kind is. */
export function optionCalled(key: string, sections: readonly Section[]): Option | undefined {
  const ofKinds = Object.values(kindsIn(sections)?.sections ?? {});
  return pairWord(key, wordsOf(sections)) ?? ofKinds.flatMap(({ words }) => words).find(({ word }) => word === key);
}

/** Whether a word is a switch's value. */
export function isSwitched(value: string): boolean {
  return /^(on|off|0|1)$/.test(value);
}

/** The word of a pair that stands first among these: "mtu 1400"; of a switch, "multicast off". */
function pairAt([word = "", value]: readonly string[], known: ReadonlyMap<string, Option>): Option | undefined {
  if (word.includes("=") || value === undefined || value.includes("=")) return undefined;
  const meant = pairWord(word, known);
  if (meant?.alone !== undefined) return isSwitched(value) ? meant : undefined;
  return meant;
}

/** Whether the first two of these words are a key and its value, as `ip` has them. */
export function startsPair(typed: readonly string[], sections: readonly Section[]): boolean {
  return pairAt(typed, wordsOf(sections)) !== undefined;
}

/** Whether these words are keys and values to the last. */
export function arePairs(typed: readonly string[], sections: readonly Section[]): boolean {
  const [first = "", , ...rest] = typed;
  const size = first.includes("=") ? 1 : 2;
  const isPair = size === 1 ? isOption(first, sections) : startsPair(typed, sections);
  return isPair && (typed.length === size || arePairs(size === 1 ? typed.slice(1) : rest, sections));
}

/** The same words, with "mtu=1400" in place of "mtu 1400", and our word in place of another tool's. */
export function joinedPairs(typed: readonly string[], sections: readonly Section[]): string[] {
  const known = wordsOf(sections);
  const joined: string[] = [];
  for (let place = 0; place < typed.length; place++) {
    const each = typed[place]!;
    const key = keyOf(each);
    const word = pairAt(typed.slice(place, place + 2), known);
    if (word !== undefined) joined.push(`${word.word}=${typed[++place]!}`);
    else {
      const meant = pairWord(key, known);
      const isMeant = key !== each || meant?.alone !== undefined;
      joined.push(isMeant ? (meant?.word ?? key) + each.slice(key.length) : each);
    }
  }
  return joined;
}

/** The same with the words of a kind, by the kind. */
const byKind = new WeakMap<readonly Section[], Map<string, ReadonlyMap<string, Option>>>();

function wordsWith(kind: string, sections: readonly Section[]): ReadonlyMap<string, Option> {
  const kept = byKind.get(sections) ?? new Map<string, ReadonlyMap<string, Option>>();
  const found = kept.get(kind);
  if (found !== undefined) return found;
  const ofKinds = kindsIn(sections)?.sections ?? {};
  const chosen = Object.hasOwn(ofKinds, kind) ? [...sections, ofKinds[kind]!] : sections;
  const made = new Map(chosen.flatMap((section) => section.words).map((word) => [word.word, word]));
  byKind.set(sections, kept.set(kind, made));
  return made;
}

/** The words that may be used beside the others that were typed. */
function usable(typed: readonly string[], sections: readonly Section[]): ReadonlyMap<string, Option> {
  const kinds = kindsIn(sections);
  if (kinds === undefined) return wordsOf(sections);
  const kind = typed.find((each) => keyOf(each) === "kind")?.slice("kind=".length) ?? "";
  if (kind === "" && kinds.needed) throw new InputError("it must be said what to create, as in kind=veth", "kind");
  return wordsWith(Object.hasOwn(kinds.sections, kind) ? kind : "", sections);
}

/** The words that may stand beside those that were typed, a command's own first. */
export function wordsBeside(typed: readonly string[], sections: readonly Section[]): readonly Option[] {
  const kinds = kindsIn(sections);
  const kind = typed.find((each) => keyOf(each) === "kind")?.slice("kind=".length) ?? "";
  const ofKind = kinds !== undefined && Object.hasOwn(kinds.sections, kind) ? [kinds.sections[kind]!] : [];
  const own = sections.filter(({ general }) => general !== true);
  const ordered = [...own, ...ofKind, ...sections.filter(({ general }) => general === true)];
  return ordered.flatMap(({ words }) => words);
}

function unknown(key: string, command: string, known: Iterable<string>, sections: readonly Section[]): InputError {
  const kinds = Object.entries(kindsIn(sections)?.sections ?? {})
    .filter(([, { words }]) => words.some(({ word }) => word === key))
    .map(([kind]) => kind);
  if (kinds.length > 0) return new InputError(`it is an option of kind=${kinds.join("|")}`, key);
  const words = [...known];
  const meant = optionMeant(key, words);
  const hint =
    meant === undefined
      ? suggestion(key, words, `; linkwright help ${command} lists them`)
      : `; did you mean "${meant}"?`;
  return new InputError(`${command} has no option ${JSON.stringify(key)}${hint}`);
}

function valueOf(word: Option, typed: string): unknown {
  const value = typed.includes("=") ? typed.slice(typed.indexOf("=") + 1) : word.alone;
  if (value === undefined) throw new InputError(`a value is missing, as in ${word.word}=${word.shape}`, word.word);
  return under(word.word, () => word.parse(value));
}

function eachOf({ word, each }: Option, typed: string): unknown {
  return under(word, () => each!(typed.slice(typed.indexOf("=") + 1)));
}

/** The values of `key=value` words. Throws InputError, which names the word. */
export function parseOptions(typed: readonly string[], sections: readonly Section[], command: string): ParsedOptions {
  if (typed.length === 0 && kindsIn(sections)?.needed !== true) return { values: {}, words: [] };
  const known = usable(typed, sections);
  const values: Record<string, unknown> = {};
  const given: Option[] = [];
  for (const each of typed) {
    const word = known.get(keyOf(each));
    if (word === undefined) throw unknown(keyOf(each), command, known.keys(), sections);
    if (Object.hasOwn(values, word.property)) {
      if (word.each !== undefined && given.includes(word)) {
        values[word.property] = typed.filter((other) => keyOf(other) === word.word).map((other) => eachOf(word, other));
        continue;
      }
      const first = given.find(({ property }) => property === word.property)!.word;
      throw new InputError(first === word.word ? "it is given twice" : `it contradicts "${first}"`, word.word);
    }
    values[word.property] = valueOf(word, each);
    given.push(word);
  }
  return { values, words: given };
}

/** Puts the index in place of each link that was named. */
export async function resolveReferences(host: Host, { values, words }: ParsedOptions): Promise<void> {
  for (const { property, reference } of words) {
    const value = values[property];
    if (reference === true && typeof value === "string") values[property] = (await linkCalled(host, value)).index;
  }
}

/** What was typed, for errors that are about it. */
export interface Typed extends ParsedOptions {
  readonly operands: readonly string[];
  readonly sections: readonly Section[];
}

/** An error of the library, with the word that was typed, or could have been, in place of its own path; with none where an operand is what it is about. */
export function inTypedWords(error: unknown, { values, words, operands, sections }: Typed): unknown {
  if (!(error instanceof InputError) || error.path === "" || error.path.startsWith("/")) return error;
  const { problem } = error;
  const place = error.path.split(".").reverse();
  const called = (known: readonly Option[]): Option | undefined =>
    place.map((part) => known.find(({ property }) => property === part)).find((found) => found !== undefined);
  const said = problem.split(/[\s"',:;]+/);
  const isNamed = (value: unknown): boolean => typeof value === "string" && problem.includes(quoted(value));
  const option = called(words);
  if (option === undefined && operands.some((operand) => said.includes(operand))) return new InputError(problem);
  const meant =
    option ?? words.find(({ property }) => isNamed(values[property])) ?? called([...wordsOf(sections).values()]);
  return meant === undefined ? error : new InputError(problem, meant.word);
}
