import { InputError } from "../../base/errors.js";
import { nearest, suggestion } from "../../base/nearest.js";
import { dashedElsewhere } from "./suggestions.js";

/** What holds for every command. */
export interface GlobalOptions {
  /** The namespace to work in, by name or path; the process's own when it is not given. */
  readonly netns?: string;
  readonly json: boolean;
  readonly help: boolean;
  readonly version: boolean;
}

/** The global options: how they are spelled, and what they do. */
export const globalOptions = [
  { option: "--netns", value: "NAME|PATH", summary: "work in this network namespace" },
  { option: "--json", summary: "print one JSON document; errors are JSON on stderr, too" },
  { option: "--help", summary: "the same as help COMMAND" },
  { option: "--version", summary: "print the version" },
] as const;

/** The words of a command line. */
export interface Arguments {
  readonly globals: GlobalOptions;
  readonly rest: readonly string[];
  /** What stands behind "--": never an option. */
  readonly after: readonly string[];
}

/**
 * Takes the global options, wherever they stand, out of the words. A command's own options may be typed like them, and stay;
 * "-o FILE" is "output=FILE". Throws InputError.
 */
export function splitArguments(words: readonly string[]): Arguments {
  const rest: string[] = [];
  let after: readonly string[] = [];
  let netns: string | undefined;
  const flags = { "--json": false, "--help": false, "--version": false };
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const [option, ...value] = word.split("=") as [string, ...string[]];
    if (word === "--") {
      after = words.slice(i + 1);
      break;
    }
    if (option === "--netns") {
      netns = value.length > 0 ? value.join("=") : words[++i];
      if (netns === undefined || netns === "") throw new InputError("a name or path is missing", "--netns");
    } else if (word === "-h") flags["--help"] = true;
    else if (word === "-o" && words[i + 1] !== undefined) rest.push(`output=${words[++i]!}`);
    else if (Object.hasOwn(flags, word)) flags[word as keyof typeof flags] = true;
    else if (/^-./.test(word) && !(/^--[a-z]/.test(word) && isOwnOption(option))) throw unknownOption(word, option);
    else rest.push(word);
  }
  return {
    globals: {
      ...(netns === undefined ? {} : { netns }),
      json: flags["--json"],
      help: flags["--help"],
      version: flags["--version"],
    },
    rest,
    after,
  };
}

/** Whether it is none of the global options, not even by a slip. */
function isOwnOption(option: string): boolean {
  const names = globalOptions.map((each) => each.option as string);
  return !names.includes(option) && nearest(option, names) === undefined;
}

function unknownOption(word: string, option: string): InputError {
  if (option === "-o") return new InputError("a file is missing", option);
  if (globalOptions.some((each) => each.option === option)) return new InputError("takes no value", option);
  const names = globalOptions.map((each) => each.option);
  const meant = dashedElsewhere(option);
  const hint =
    meant === undefined ? suggestion(option, names, `; there are ${names.join(", ")}`) : `; did you mean "${meant}"?`;
  return new InputError(`no option ${JSON.stringify(word)}${hint}`);
}
