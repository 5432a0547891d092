import { type Command } from "./command.js";
import { controlCommands } from "./control-commands.js";
import { databaseCommands } from "./database-commands.js";
import { Failure } from "./failure.js";
import { switchCommands } from "./switch-commands.js";
import type { TableStyle } from "./table-text.js";

/** What stands before the commands. */
export interface Settings {
  readonly wish: "help" | "version" | undefined;
  readonly remote: string | undefined;
  readonly isWaiting: boolean;
  /** Milliseconds; undefined when none is given. */
  readonly timeout: number | undefined;
  readonly isDry: boolean;
  readonly isOneLine: boolean;
  readonly style: TableStyle;
  readonly tls: { readonly key?: string; readonly cert?: string; readonly ca?: string };
}

/** A command with its words. */
export interface Chosen {
  readonly name: string;
  readonly command: Command;
  readonly words: readonly string[];
  readonly options: ReadonlyMap<string, string | undefined>;
}

const commands: Readonly<Record<string, Command>> = { ...switchCommands, ...controlCommands, ...databaseCommands };

/** Global options: whether they have a value, and the letter that stands for them. */
const GLOBAL: Readonly<Record<string, { readonly value: "none" | "needed" | "may"; readonly letter?: string }>> = {
  db: { value: "needed" },
  "no-wait": { value: "none" },
  timeout: { value: "needed", letter: "t" },
  "dry-run": { value: "none" },
  oneline: { value: "none" },
  "no-syslog": { value: "none" },
  retry: { value: "none" },
  format: { value: "needed", letter: "f" },
  data: { value: "needed", letter: "d" },
  "no-headings": { value: "none" },
  pretty: { value: "none" },
  bare: { value: "none" },
  "max-column-width": { value: "needed" },
  "private-key": { value: "needed", letter: "p" },
  certificate: { value: "needed", letter: "c" },
  "ca-cert": { value: "needed", letter: "C" },
  verbose: { value: "may", letter: "v" },
  "log-file": { value: "may" },
  "syslog-target": { value: "needed" },
  help: { value: "none", letter: "h" },
  version: { value: "none", letter: "V" },
};

const LOCAL = new Set(Object.values(commands).flatMap(({ options }) => options.map((each) => each.replace("=", ""))));

function usage(problem: string): Failure {
  return new Failure(problem);
}

/** The long option that a word means, with its value where one follows. */
function readGlobal(
  word: string,
  next: string | undefined,
): { name: string; value: string | undefined; used: number } | undefined {
  if (!word.startsWith("--")) {
    const found = Object.entries(GLOBAL).find(([, { letter }]) => letter === word[1]);
    if (found === undefined) throw usage(`invalid option -- '${word[1]}'`);
    const [name, { value: kind }] = found;
    const rest = word.slice(2);
    if (kind === "none") return { name, value: undefined, used: 1 };
    if (rest !== "" || kind === "may") return { name, value: rest === "" ? undefined : rest, used: 1 };
    if (next === undefined) throw usage(`option requires an argument -- '${word[1]}'`);
    return { name, value: next, used: 2 };
  }
  const [typed = "", ...values] = word.slice(2).split("=");
  if (LOCAL.has(`--${typed}`)) return undefined;
  const names = Object.keys(GLOBAL).filter((name) => name.startsWith(typed));
  const name = names.includes(typed) ? typed : names[0];
  if (name === undefined) throw usage(`unrecognized option '--${typed}'`);
  if (names.length > 1 && !names.includes(typed)) throw usage(`option '--${typed}' is ambiguous`);
  const given = values.length > 0 ? values.join("=") : undefined;
  if (GLOBAL[name]!.value !== "needed" || given !== undefined) return { name, value: given, used: 1 };
  if (next === undefined) throw usage(`option '--${name}' requires an argument`);
  return { name, value: next, used: 2 };
}

function oneOf<T extends string>(value: string, words: readonly T[], what: string): T {
  if (!words.includes(value as T)) throw new Failure(`unknown ${what} format "${value}"`);
  return value as T;
}

function settingsOf(given: ReadonlyMap<string, string | undefined>): Settings {
  const timeout = given.get("timeout");
  if (timeout !== undefined && !/^[1-9]\d*$/.test(timeout))
    throw new Failure(`value ${timeout} on -t or --timeout is invalid`);
  const isBare = given.has("bare");
  return {
    wish: given.has("help") ? "help" : given.has("version") ? "version" : undefined,
    remote: given.get("db"),
    isWaiting: !given.has("no-wait"),
    timeout: timeout === undefined ? undefined : Number(timeout) * 1000,
    isDry: given.has("dry-run"),
    isOneLine: given.has("oneline"),
    style: {
      format: oneOf(given.get("format") ?? "list", ["table", "list", "html", "csv", "json"], "output"),
      data: oneOf(given.get("data") ?? (isBare ? "bare" : "string"), ["string", "bare", "json"], "data"),
      headings: !given.has("no-headings") && !isBare,
      pretty: given.has("pretty"),
      maxColumnWidth: Number(given.get("max-column-width") ?? 0),
    },
    tls: {
      ...(given.get("private-key") === undefined ? {} : { key: given.get("private-key")! }),
      ...(given.get("certificate") === undefined ? {} : { cert: given.get("certificate")! }),
      ...(given.get("ca-cert") === undefined ? {} : { ca: given.get("ca-cert")! }),
    },
  };
}

/** One command's words: its options stand before its name. */
function readCommand(words: readonly string[]): Chosen {
  const options = new Map<string, string | undefined>();
  const place = words.findIndex((word) => !word.startsWith("-"));
  for (const word of place < 0 ? words : words.slice(0, place)) {
    const [name = "", ...value] = word.split("=");
    if (options.has(name)) throw new Failure(`'${word}' option specified multiple times`);
    options.set(name, value.length > 0 ? value.join("=") : undefined);
  }
  if (place < 0) throw new Failure("missing command name (use --help for help)");
  const name = words[place]!;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw new Failure(`unknown command '${name}'; use --help for help`);
  for (const [option, value] of options) {
    const takesValue = command.options.includes(`${option}=`);
    if (!takesValue && !command.options.includes(option))
      throw new Failure(`'${name}' command has no '${option}' option`);
    if (takesValue && value === undefined)
      throw new Failure(`missing argument to '${option}' option on '${name}' command`);
    if (!takesValue && value !== undefined)
      throw new Failure(`'${option}' option on '${name}' does not accept an argument`);
  }
  const rest = words.slice(place + 1);
  if (rest.length < command.least) throw new Failure(`'${name}' command requires at least ${command.least} arguments`);
  if (rest.length > command.most) {
    const note = rest.some((word) => word.startsWith("-"))
      ? ' (note that options must precede command names and follow a "--" argument)'
      : "";
    throw new Failure(`'${name}' command takes at most ${command.most} arguments${note}`);
  }
  return { name, command, words: rest, options };
}

/** Takes a command line apart: global options, and the commands, which "--" parts. */
export function readWords(typed: readonly string[]): { readonly settings: Settings; readonly chosen: () => Chosen[] } {
  const given = new Map<string, string | undefined>();
  const local: string[] = [];
  let place = 0;
  while (place < typed.length) {
    const word = typed[place]!;
    if (!word.startsWith("-") || word === "-") break;
    if (word === "--") {
      place += 1;
      break;
    }
    const option = readGlobal(word, typed[place + 1]);
    if (option === undefined) local.push(word);
    else given.set(option.name, option.value);
    place += option?.used ?? 1;
  }
  const rest = [...local, ...typed.slice(place)];
  const chosen = (): Chosen[] => {
    const parts: string[][] = [[]];
    for (const word of rest) {
      if (word === "--") parts.push([]);
      else parts.at(-1)!.push(word);
    }
    const filled = parts.filter((words) => words.length > 0);
    if (filled.length === 0) throw new Failure("missing command name (use --help for help)");
    return filled.map(readCommand);
  };
  return { settings: settingsOf(given), chosen };
}
