import { type Command } from "./command.js";
import { controlCommands } from "./control-commands.js";
import { databaseCommands } from "./database-commands.js";
import { Failure } from "../text/failure.js";
import { switchCommands } from "./switch-commands.js";
import {
  commonOptions,
  type GivenOptions,
  type OptionTable,
  readOptions,
  styleOf,
  timeoutOf,
  tlsOf,
} from "../text/options.js";
import type { TableStyle } from "../text/table-text.js";
import type { TlsOptions } from "../../ovsdb/remote.js";

/** What stands before the commands. */
export interface Settings {
  readonly wish: "help" | "version" | undefined;
  readonly remote: string | undefined;
  readonly isWaiting: boolean;
  /** Milliseconds; undefined when none is given. */
  readonly timeout: number | undefined;
  readonly isDry: boolean;
  readonly isOneLine: boolean;
  /** How warnings look: vlog's pattern for the console (ovs-vsctl(8), --verbose). */
  readonly pattern: string;
  /** A server that cannot be reached is tried again. */
  readonly isRetrying: boolean;
  readonly style: TableStyle;
  readonly tls: TlsOptions | undefined;
}

/** A command with its words. */
export interface Chosen {
  readonly name: string;
  readonly command: Command;
  readonly words: readonly string[];
  readonly options: ReadonlyMap<string, string | undefined>;
}

const commands: Readonly<Record<string, Command>> = { ...switchCommands, ...controlCommands, ...databaseCommands };

const PATTERN = "%D{%Y-%m-%dT%H:%M:%SZ}|%05N|%c|%p|%m";

const GLOBAL: OptionTable = {
  ...commonOptions,
  db: { value: "needed" },
  "no-wait": { value: "none" },
  "dry-run": { value: "none" },
  oneline: { value: "none" },
  retry: { value: "none" },
};

/** The options of commands, and whether they have a value. */
const LOCAL = new Map(
  Object.values(commands).flatMap(({ options }) =>
    options.map((each) => [each.replace("=", ""), each.endsWith("=")] as const),
  ),
);

function settingsOf(given: GivenOptions): Settings {
  return {
    wish: given.has("help") ? "help" : given.has("version") ? "version" : undefined,
    remote: given.get("db"),
    isWaiting: !given.has("no-wait"),
    timeout: timeoutOf(given),
    isDry: given.has("dry-run"),
    isOneLine: given.has("oneline"),
    pattern: /^PATTERN:(?:console|ANY):(.*)$/im.exec(given.get("verbose") ?? "")?.[1] ?? PATTERN,
    isRetrying: given.has("retry"),
    style: styleOf(given, "list"),
    tls: tlsOf(given),
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
  const { given, rest } = readOptions(GLOBAL, typed, LOCAL);
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
