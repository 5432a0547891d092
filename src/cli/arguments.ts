import { InputError } from "../netlink/error.js";
import { suggestion } from "./suggest.js";

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

/** Takes the global options, wherever they stand, out of the words; behind "--" a word is never an option. Throws InputError. */
export function splitArguments(words: readonly string[]): { globals: GlobalOptions; rest: string[] } {
  const rest: string[] = [];
  let netns: string | undefined;
  const flags = { "--json": false, "--help": false, "--version": false };
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const [option, ...value] = word.split("=") as [string, ...string[]];
    if (word === "--") {
      rest.push(...words.slice(i + 1));
      break;
    }
    if (option === "--netns") {
      netns = value.length > 0 ? value.join("=") : words[++i];
      if (netns === undefined || netns === "") throw new InputError("a name or path is missing", "--netns");
    } else if (word === "-h") flags["--help"] = true;
    else if (Object.hasOwn(flags, word)) flags[word as keyof typeof flags] = true;
    else if (/^-./.test(word)) throw unknownOption(word, option);
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
  };
}

function unknownOption(word: string, option: string): InputError {
  if (globalOptions.some((each) => each.option === option)) return new InputError("takes no value", option);
  const names = globalOptions.map((each) => each.option);
  return new InputError(
    `no option ${JSON.stringify(word)}${suggestion(option, names, `; there are ${names.join(", ")}`)}`,
  );
}
