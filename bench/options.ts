import { closeSync, existsSync, mkdirSync, openSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { suggestion } from "../src/base/nearest.js";

export interface Options {
  quick: boolean;
  help: boolean;
  /** Sections; undefined for all. */
  only: string[] | undefined;
  /** Peers beside the floor and linkwright; undefined for all. */
  peers: string[] | undefined;
  /** A file, or "none". */
  output: string | undefined;
  /** The result to compare with, and the one to be compared when nothing is to be measured. */
  compare: string | undefined;
  current: string | undefined;
  /** Limits, to try the benchmark out. */
  most: number | undefined;
  rounds: number | undefined;
}

export const USAGE = `usage: npm run bench -- [OPTION …]
       npm run bench -- --compare OLD.json NEW.json

  --quick               fewer rounds: under 2 minutes instead of 20
  --only SECTION,…      some of the sections
  --peers NAME,…        some of the peers beside the floor and linkwright; "none" for none
  --output FILE         where the result goes, instead of bench/results/DATE-MACHINE.json; "none" for nowhere
  --compare OLD.json    says what became slower since then; with NEW.json, nothing is measured
  --most N              at most so many TAPs, to try the benchmark out
  --rounds N            at most so many rounds, to try the benchmark out
  --help                this

Exit status: 0; 1 when something became slower, or the floor or linkwright could not be measured; 2 for options that are wrong.`;

const known: Readonly<Record<Exclude<keyof Options, "current">, { type: "boolean" | "string"; short?: string }>> = {
  quick: { type: "boolean" },
  only: { type: "string" },
  peers: { type: "string" },
  output: { type: "string" },
  compare: { type: "string" },
  most: { type: "string" },
  rounds: { type: "string" },
  help: { type: "boolean", short: "h" },
};

/** Words that are no options of the benchmark; the message says what is wrong. */
export class UsageError extends Error {}

/** Reads the command line. Throws a UsageError. */
export function readOptions(
  words: readonly string[],
  { sections, peers }: { sections: readonly string[]; peers: readonly string[] },
): Options {
  const { values, positionals, tokens } = parseArgs({
    args: [...words],
    options: known,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) if (token.kind === "option") checkOption(token);
  const text = (name: keyof typeof known): string | undefined =>
    typeof values[name] === "string" ? values[name] : undefined;
  if (positionals.length > (values.compare === undefined ? 0 : 1))
    throw new UsageError(`"${positionals.at(-1)}" has no place here; options begin with --`);
  return {
    quick: values.quick === true,
    help: values.help === true,
    only: choice("--only", text("only"), sections, "section"),
    peers: values.peers === "none" ? [] : choice("--peers", text("peers"), peers, "peer"),
    output: text("output"),
    compare: text("compare"),
    current: positionals[0],
    most: number("--most", text("most")),
    rounds: number("--rounds", text("rounds")),
  };
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function checkOption({ name, rawName, value = "", inlineValue }: OptionToken): void {
  const option = name in known ? known[name as keyof typeof known] : undefined;
  if (option === undefined) {
    const names = Object.keys(known).map((name) => `--${name}`);
    throw new UsageError(`no option "${rawName}"${suggestion(rawName, names)}`);
  }
  if (option.type === "boolean" && value !== "") throw new UsageError(`${rawName} takes no value`);
  const absent = value === "" || (!inlineValue && value.startsWith("--"));
  if (option.type === "string" && absent) throw new UsageError(`${rawName} needs a value`);
}

/** The names that were chosen of those there are, or all. */
function choice(
  option: string,
  text: string | undefined,
  names: readonly string[],
  what: string,
): string[] | undefined {
  if (text === undefined) return undefined;
  const chosen = text.split(",");
  for (const name of chosen)
    if (!names.includes(name))
      throw new UsageError(
        `${option}: no ${what} "${name}"${suggestion(name, names, `; there are ${names.join(", ")}`)}`,
      );
  return chosen;
}

function number(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new UsageError(`${option} needs a number above 0, not "${text}"`);
  return Number(text);
}

/**
 * Whether a result can be written there, before twenty minutes are spent on it; its folder is made. Throws a UsageError when it
 * cannot.
 */
export function checkOutput(path: string | undefined): void {
  if (path === undefined || path === "none") return;
  try {
    mkdirSync(dirname(path), { recursive: true });
    const present = existsSync(path);
    closeSync(openSync(path, "a"));
    if (!present) rmSync(path);
  } catch (error) {
    throw new UsageError(`--output: ${path} cannot be written (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    });
  }
}
