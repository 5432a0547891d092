import { InputError } from "../../base/errors.js";
import type { Action, Operand } from "../command.js";
import { isOption, joinedPairs, startsPair } from "./parse-options.js";

/**
 * The words of an action in its own order, for those that stand as `ip` and `bridge` have them: the link behind "dev", and what
 * the action has second before it. Undefined where no link is named.
 */
export function inOrder({ operands, options = [], isSecond }: Action, words: readonly string[]) {
  const [first] = operands;
  if (first?.choices !== "link") return words;
  const place = words.findIndex((word) => /^dev(=|$)/.test(word));
  if (place >= 0) {
    const isApart = words[place] === "dev";
    const link = isApart ? words[place + 1] : words[place]!.slice("dev=".length);
    const behind = words.slice(place + (isApart ? 2 : 1));
    // At the end it is a name, or a value, unless what stands first is no link.
    if (link === undefined) return isSecond?.(words[0]!) === true ? undefined : words;
    return [link, ...words.slice(0, place), ...behind];
  }
  const [second = "", ...rest] = words.slice(1);
  if (words[0] === undefined || isSecond?.(words[0]) !== true) return words;
  if (second === "" || second.includes("=") || isOption(second, options) || startsPair(words.slice(1), options))
    return undefined;
  return [second, words[0], ...rest];
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
  const typed = [...ordered];
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
    throw new InputError(`an option is missing: linkwright ${usage()}`);
  return { operands, typed: joinedPairs(typed, options ?? []) };
}
