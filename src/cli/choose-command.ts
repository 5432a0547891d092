import { InputError } from "../base/errors.js";
import { suggestion } from "../base/nearest.js";
import { type Action, type Catalogue, type Command, secondWords, usageOf } from "./command.js";
import { partDashed } from "./parsing/dashed-options.js";
import { commandMeant, secondMeant, subCommandMeant } from "./parsing/suggestions.js";

/** An action, and how it was asked for: "bridge add". */
export interface Chosen {
  readonly action: Action;
  readonly command: string;
  readonly usage: () => string;
  readonly rest: readonly string[];
}

/** What a command line asks for. Throws InputError for what there is not, with what was probably meant. */
export function choose(catalogue: Catalogue, [name, ...rest]: readonly string[]): Chosen {
  if (name === undefined) throw new InputError("a command is missing; linkwright help lists them");
  const command = Object.hasOwn(catalogue, name) ? catalogue[name]!.load() : undefined;
  if (command === undefined) {
    throw noCommand(catalogue, name, rest);
  }
  const single = command.actions[""];
  // What such a command does by itself is left for a sub-command by its name alone.
  const isNamed = rest[0] !== undefined && rest[0] !== "" && Object.hasOwn(command.actions, rest[0]);
  if (single !== undefined && !isNamed)
    return { action: single, command: name, usage: () => usageOf(name, "", single), rest };
  if (rest[1] !== undefined) checkNotElsewhere(catalogue, name, rest);
  return chooseSub(name, command, rest);
}

/**
 * What a command line asks for, with its options that have dashes behind all other words; so is what stands behind "--", unless it is
 * a program's. Throws InputError.
 */
export function understood(
  catalogue: Catalogue,
  words: readonly string[],
  behind: readonly string[],
): { chosen: Chosen; after: readonly string[] } {
  const chosen = choose(catalogue, words);
  const { action, command } = chosen;
  const { plain, options } = partDashed(chosen.rest, action.options ?? [], command);
  const [after, operands] = action.takesProgram === true ? [behind, []] : [[], behind];
  return { chosen: { ...chosen, rest: [...plain, ...operands, ...options] }, after };
}

/** "bridge fdb add" is "fdb add". Throws InputError for a sub-command's word where a command of its own has that. */
function checkNotElsewhere(catalogue: Catalogue, name: string, [first = "", second = ""]: readonly string[]): void {
  if (name === "bridge" && first === "link" && second === "set")
    throw new InputError(
      'bridge has no "link set"; did you mean "attach PORT BRIDGE"? It changes a port that is there, too',
    );
  const isOther = name === "bridge" && (first === "fdb" || first === "mdb");
  if (!isOther) return;
  const others = Object.keys(catalogue[first]!.load().actions);
  const meant = others.includes(second) ? second : subCommandMeant(second, others);
  if (meant !== undefined)
    throw new InputError(`${name} ${first} has no ${JSON.stringify(second)}; did you mean "${first} ${meant}"?`);
}

/** The sub-commands, those of two words by their first. */
function firstWords(actions: Command["actions"]): string[] {
  return [...new Set(Object.keys(actions).map((each) => each.split(" ")[0]!))];
}

/** Of a command with sub-commands, the one that is typed; it may have two words: "vlan add" of a bridge. */
function chooseSub(name: string, { actions }: Command, rest: readonly string[]): Chosen {
  const [first, second] = rest;
  if (first === undefined) throw new InputError(`${name} needs one of ${firstWords(actions).join(", ")}`);
  const seconds = secondWords(actions, first);
  const isOne = Object.hasOwn(actions, first);
  if (!isOne && seconds.length === 0) throw noSub(name, first, firstWords(actions));
  if (second !== undefined && seconds.includes(second))
    return chosenOf(name, `${first} ${second}`, actions, rest.slice(2));
  if (!isOne) {
    if (second === undefined) throw new InputError(`${name} ${first} needs one of ${seconds.join(", ")}`);
    throw noSub(`${name} ${first}`, second, seconds);
  }
  const meant = second === undefined || seconds.length === 0 ? undefined : secondMeant(rest.slice(1), seconds);
  if (meant !== undefined)
    throw new InputError(
      `${name} ${first} has no ${JSON.stringify(second)}` +
        (meant === "" ? `: "${name} ${first}" by itself prints them` : `; did you mean "${name} ${first} ${meant}"?`),
    );
  return chosenOf(name, first, actions, rest.slice(1));
}

function chosenOf(name: string, sub: string, actions: Command["actions"], rest: readonly string[]): Chosen {
  const action = actions[sub]!;
  return { action, command: `${name} ${sub}`, usage: () => usageOf(name, sub, action), rest };
}

/** Refuses a command that there is not, with what was probably meant. */
export function noCommand(catalogue: Catalogue, name: string, rest: readonly string[] = []): InputError {
  const known = Object.keys(catalogue);
  const meant = commandMeant(name, rest, known);
  const hint =
    meant === undefined ? suggestion(name, known, "; linkwright help lists them") : `; did you mean "${meant}"?`;
  return new InputError(`no command ${JSON.stringify(name)}${hint}`);
}

/** Refuses a sub-command that there is not, with what was probably meant. */
export function noSub(name: string, typed: string, known: readonly string[]): InputError {
  const meant = meantAs(name, typed, known);
  const hint =
    meant === undefined ? suggestion(typed, known, `; it has ${known.join(", ")}`) : `; did you mean "${meant}"?`;
  return new InputError(`${name} has no ${JSON.stringify(typed)}${hint}`);
}

/** A setting by itself is asked for, as sysctl(8) has it; one with a value is set. Another word is one of another tool. */
function meantAs(name: string, typed: string, known: readonly string[]): string | undefined {
  if (name === "sysctl" && /[./]/.test(typed)) return typed.includes("=") ? "sysctl set" : "sysctl get";
  return subCommandMeant(typed, known);
}

/** Of a command line, what its help is about: the command, and its sub-command of one word or two. */
export function helpWords(catalogue: Catalogue, [name = "", ...typed]: readonly string[]): readonly string[] {
  if (name === "" || !Object.hasOwn(catalogue, name)) return name === "" ? [] : [name];
  const { actions } = catalogue[name]!.load();
  const isStart = (size: number): boolean =>
    Object.keys(actions).some((sub) => sub.split(" ").slice(0, size).join(" ") === typed.slice(0, size).join(" "));
  const size = [2, 1].find((each) => typed.length >= each && isStart(each)) ?? Math.min(1, typed.length);
  return [name, ...("" in actions ? [] : typed.slice(0, size))];
}
