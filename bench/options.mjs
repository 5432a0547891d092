import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

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

const known = {
  quick: { type: "boolean" },
  only: { type: "string" },
  peers: { type: "string" },
  output: { type: "string" },
  compare: { type: "string" },
  most: { type: "string" },
  rounds: { type: "string" },
  help: { type: "boolean", short: "h" },
};

export class UsageError extends Error {}

export async function readOptions(words, { sections, peers }) {
  const { values, positionals, tokens } = parseArgs({
    args: words,
    options: known,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens.filter(({ kind }) => kind === "option")) await checkOption(token);
  if (positionals.length > (values.compare === undefined ? 0 : 1))
    throw new UsageError(`"${positionals.at(-1)}" has no place here; options begin with --`);
  return {
    quick: values.quick ?? false,
    help: values.help ?? false,
    only: await choice("--only", values.only, sections, "section"),
    peers: values.peers === "none" ? [] : await choice("--peers", values.peers, peers, "peer"),
    output: values.output,
    compare: values.compare,
    current: positionals[0],
    most: number("--most", values.most),
    rounds: number("--rounds", values.rounds),
  };
}

async function checkOption({ name, rawName, value = "", inlineValue }) {
  const option = known[name];
  if (option === undefined) {
    const names = Object.keys(known).map((name) => `--${name}`);
    throw new UsageError(`no option "${rawName}"${await suggestion(rawName, names)}`);
  }
  if (option.type === "boolean" && value !== "") throw new UsageError(`${rawName} takes no value`);
  const absent = value === "" || (!inlineValue && value.startsWith("--"));
  if (option.type === "string" && absent) throw new UsageError(`${rawName} needs a value`);
}

/** The names that were chosen of those there are, or all. */
async function choice(option, text, names, what) {
  if (text === undefined) return undefined;
  const chosen = text.split(",");
  for (const name of chosen)
    if (!names.includes(name))
      throw new UsageError(
        `${option}: no ${what} "${name}"${await suggestion(name, names, `; there are ${names.join(", ")}`)}`,
      );
  return chosen;
}

function number(option, text) {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new UsageError(`${option} needs a number above 0, not "${text}"`);
  return Number(text);
}

/** Whether a result can be written there, before twenty minutes are spent on it. */
export function checkOutput(path) {
  if (path === undefined || path === "none") return;
  try {
    mkdirSync(dirname(path), { recursive: true });
    const present = existsSync(path);
    closeSync(openSync(path, "a"));
    if (!present) rmSync(path);
  } catch (error) {
    throw new UsageError(`--output: ${path} cannot be written (${error.code})`, { cause: error });
  }
}

/** As the command line has it: the word that was probably meant. */
async function suggestion(...words) {
  const { transformSync } = await import("rolldown/utils");
  const source = fileURLToPath(new URL("../src/base/nearest.ts", import.meta.url));
  const { code } = transformSync(source, readFileSync(source, "utf8"));
  const module = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  return module.suggestion(...words);
}
