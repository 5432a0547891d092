import type { Host } from "../host/host.js";
import { InputError, under } from "../base/errors.js";
import { linkCalled } from "./link-called.js";
import { suggestion } from "../base/nearest.js";
import { kindSections, type Section, type SectionName, sections, type Word } from "./vocabulary.js";

/** What was typed, as the library takes it. */
export interface Options {
  readonly values: Record<string, unknown>;
  readonly words: readonly Word[];
}

/** Whether the words of a kind that is named belong to a command's own. */
function takesKinds(names: readonly SectionName[]): boolean {
  return names.includes("kind") || names.includes("ofKind");
}

/** A section for each kind that has options, kinds with the same options together. */
function sectionsOfKinds(): Section[] {
  const found = new Map<string, { kinds: string[]; words: readonly Word[] }>();
  for (const [kind, { words }] of Object.entries(kindSections)) {
    const key = JSON.stringify(words);
    if (words.length === 0) continue;
    if (!found.has(key)) found.set(key, { kinds: [], words });
    found.get(key)!.kinds.push(kind);
  }
  return [...found.values()].map(({ kinds, words }) => ({ title: `kind=${kinds.join("|")}`, words }));
}

/** The sections that a command's words come from; with "kind" among them, those of every kind, too. */
export function sectionsOf(names: readonly SectionName[]): Section[] {
  const own = names.map((name): Section => sections[name]);
  return names.includes("kind") ? [...own, ...sectionsOfKinds()] : own;
}

function keyOf(typed: string): string {
  return typed.split("=", 1)[0]!;
}

/** Whether a word would be understood as an option. */
export function isOption(typed: string, names: readonly SectionName[]): boolean {
  const word = sectionsOf(names)
    .flatMap((section) => section.words)
    .find((each) => each.word === keyOf(typed));
  return word !== undefined && (typed.includes("=") || word.alone !== undefined);
}

/** The words that may be used beside the others that were typed. */
function usable(typed: readonly string[], names: readonly SectionName[]): Map<string, Word> {
  const chosen = names.map((name): Section => sections[name]);
  if (takesKinds(names)) {
    const kind = typed.find((each) => keyOf(each) === "kind")?.slice("kind=".length) ?? "";
    if (kind === "" && names.includes("kind"))
      throw new InputError("it must be said what to create, as in kind=veth", "kind");
    if (Object.hasOwn(kindSections, kind)) chosen.push(kindSections[kind]!);
  }
  return new Map(chosen.flatMap((section) => section.words).map((word) => [word.word, word]));
}

function unknown(key: string, command: string, known: Iterable<string>, names: readonly SectionName[]): InputError {
  const kinds = takesKinds(names)
    ? Object.keys(kindSections).filter((each) => kindSections[each]!.words.some(({ word }) => word === key))
    : [];
  if (kinds.length > 0) return new InputError(`it is an option of kind=${kinds.join("|")}`, key);
  const listed = `; linkwright help ${command} lists them`;
  return new InputError(`${command} has no option ${JSON.stringify(key)}${suggestion(key, known, listed)}`);
}

function valueOf(word: Word, typed: string): unknown {
  const value = typed.includes("=") ? typed.slice(typed.indexOf("=") + 1) : word.alone;
  if (value === undefined) throw new InputError(`a value is missing, as in ${word.word}=${word.shape}`, word.word);
  return under(word.word, () => word.parse(value));
}

function eachOf({ word, each }: Word, typed: string): unknown {
  return under(word, () => each!(typed.slice(typed.indexOf("=") + 1)));
}

/** The values of `key=value` words. Throws InputError, which names the word. */
export function parseWords(typed: readonly string[], names: readonly SectionName[], command: string): Options {
  if (typed.length === 0 && !names.includes("kind")) return { values: {}, words: [] };
  const known = usable(typed, names);
  const values: Record<string, unknown> = {};
  const given: Word[] = [];
  for (const each of typed) {
    const word = known.get(keyOf(each));
    if (word === undefined) throw unknown(keyOf(each), command, known.keys(), names);
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
export async function resolveReferences(host: Host, { values, words }: Options): Promise<void> {
  for (const { property, reference } of words) {
    const value = values[property];
    if (reference === true && typeof value === "string") values[property] = (await linkCalled(host, value)).index;
  }
}

/** An error of the library, with the word that was typed in place of its own path. */
export function inTypedWords(error: unknown, { words }: Options): unknown {
  if (!(error instanceof InputError) || error.path === "") return error;
  const place = error.path.split(".").reverse();
  const word = place
    .map((part) => words.find(({ property }) => property === part))
    .find((found) => found !== undefined);
  return word === undefined ? error : new InputError(error.problem, word.word);
}
