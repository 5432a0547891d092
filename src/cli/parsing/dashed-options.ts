import { InputError } from "../../base/errors.js";
import { suggestion } from "../../base/nearest.js";
import { optionMeant } from "./suggestions.js";
import type { Section } from "./option.js";
import { isSwitched, keyOf, optionCalled, sectionsOf } from "./parse-options.js";

/** The words of a command line, parted: options that have dashes, as they are typed without, and all the others. */
export interface Parted {
  readonly plain: readonly string[];
  readonly options: readonly string[];
}

/**
 * Takes the options that have dashes, wherever they stand, out of the words: "--bridge br0" and "--bridge=br0" are "bridge=br0".
 * What stands behind a switch is its value only where it says on or off. Throws InputError for an option that there is not:
 * it must not be taken for a link's name.
 */
export function partDashed(words: readonly string[], sections: readonly Section[], command: string): Parted {
  const plain: string[] = [];
  const options: string[] = [];
  for (let place = 0; place < words.length; place++) {
    const word = words[place]!;
    if (!word.startsWith("--")) {
      plain.push(word);
      continue;
    }
    const key = keyOf(word.slice(2));
    const option = optionCalled(key, sections);
    if (option === undefined) throw unknown(key, sections, command);
    const next = words[place + 1] ?? "-";
    const isApart = !word.includes("=") && !/^-|=/.test(next) && (option.alone === undefined || isSwitched(next));
    const value = isApart ? `=${words[++place]!}` : word.slice(2 + key.length);
    options.push(option.word + (value === "" && option.dashed === true ? `=${option.alone!}` : value));
  }
  return { plain, options };
}

function unknown(key: string, sections: readonly Section[], command: string): InputError {
  const known = sectionsOf(sections).flatMap(({ words }) => words.map(({ word }) => word));
  const meant = optionMeant(key, known);
  const dashed = known.map((word) => `--${word}`);
  const hint = meant === undefined ? suggestion(`--${key}`, dashed) : `; did you mean "--${meant}"?`;
  return new InputError(`${command} has no option "--${key}"${hint}`);
}
