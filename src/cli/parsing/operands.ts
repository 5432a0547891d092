import { InputError } from "../../base/errors.js";
import type { Action, Operand } from "../command.js";
import type { Section } from "./option.js";
import { inOrder } from "./ip-order.js";
import { isOption, joinedPairs, startsPair } from "./parse-options.js";

/** How many of these words are neither options nor keys and values. */
function countBare(words: readonly string[], options: readonly Section[]): number {
  if (words.length === 0) return 0;
  if (startsPair(words, options)) return countBare(words.slice(2), options);
  return countBare(words.slice(1), options) + (isOption(words[0]!, options) ? 0 : 1);
}

/** Options that stand before the operands behind them, where there are words enough without: "explain FILE". */
function optionsLast(words: readonly string[], { operands, options = [] }: Action): readonly string[] {
  const place = words.findIndex((word) => !isOption(word, options));
  const behind = words.slice(place);
  const needed = operands.filter(({ optional }) => optional !== true).length;
  return place > 0 && countBare(behind, options) >= needed ? [...behind, ...words.slice(0, place)] : words;
}

/** Parts operands from options. Throws InputError for what is missing or too much. */
export function takeOperands(
  action: Action,
  words: readonly string[],
  usage: () => string,
): { readonly operands: string[]; readonly typed: string[] } {
  const { options } = action;
  const isWord = (word: string): boolean => isOption(word, options ?? []);
  const missing = ({ name }: Operand): InputError => new InputError(`${name} is missing: linkwright ${usage()}`);
  /** Whether a word is an option, where an operand may stand. */
  const isBehind = (word: string, { optional }: Operand): boolean =>
    optional === true ? isWord(word) || startsPair(typed, options ?? []) : isWord(word) && word.includes("=");
  const ordered = inOrder(action, words);
  if (ordered === undefined) throw missing(action.operands[0]!);
  const typed = [...optionsLast(ordered, action)];
  const operands: string[] = [];
  for (const operand of action.operands) {
    const next = typed[0];
    if (operand.many === true) {
      if (next === undefined && operand.optional !== true) throw missing(operand);
      const rest = typed.splice(0);
      operands.push(...rest.filter((word) => !isWord(word)));
      typed.push(...rest.filter(isWord));
    } else if (next !== undefined && !isBehind(next, operand)) operands.push(typed.shift()!);
    else if (operand.optional !== true) throw missing(operand);
  }
  if (typed.length > 0 && options === undefined)
    throw new InputError(`${JSON.stringify(typed[0])} is one word too many: linkwright ${usage()}`);
  if (typed.length === 0 && action.needsOption === true)
    throw new InputError(`an option is missing, such as ${options![0]!.words[0]!.word}: linkwright ${usage()}`);
  return { operands, typed: joinedPairs(typed, options ?? []) };
}
