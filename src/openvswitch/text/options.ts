import type { TlsOptions } from "../../ovsdb/remote.js";
import { builtin } from "../../base/builtin.js";
import { Failure } from "./failure.js";
import type { TableStyle } from "./table-text.js";

/** Options that stand before a command, by name: whether they have a value, and the letter that stands for them. */
export type OptionTable = Readonly<
  Record<string, { readonly value: "none" | "needed" | "may"; readonly letter?: string }>
>;

/** What both programs know. */
export const commonOptions: OptionTable = {
  timeout: { value: "needed", letter: "t" },
  "no-syslog": { value: "none" },
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

/** The values of the options that were given. */
export type GivenOptions = ReadonlyMap<string, string | undefined>;

/** The long option that a word means, with its value where one follows. */
function readOption(
  table: OptionTable,
  word: string,
  next: string | undefined,
): { name: string; value: string | undefined; used: number } {
  if (!word.startsWith("--")) {
    const found = Object.entries(table).find(([, { letter }]) => letter === word[1]);
    if (found === undefined) throw new Failure(`invalid option -- '${word[1]}'`);
    const [name, { value: kind }] = found;
    const rest = word.slice(2);
    if (kind === "none") return { name, value: undefined, used: 1 };
    if (rest !== "" || kind === "may") return { name, value: rest === "" ? undefined : rest, used: 1 };
    if (next === undefined) throw new Failure(`option requires an argument -- '${word[1]}'`);
    return { name, value: next, used: 2 };
  }
  const [typed = "", ...values] = word.slice(2).split("=");
  const names = Object.keys(table).filter((name) => name.startsWith(typed));
  const name = names.includes(typed) ? typed : names[0];
  if (name === undefined) throw new Failure(`unrecognized option '--${typed}'`);
  if (names.length > 1 && !names.includes(typed)) throw new Failure(`option '--${typed}' is ambiguous`);
  const given = values.length > 0 ? values.join("=") : undefined;
  if (table[name]!.value !== "needed" || given !== undefined) return { name, value: given, used: 1 };
  if (next === undefined) throw new Failure(`option '--${name}' requires an argument`);
  return { name, value: next, used: 2 };
}

/** Reads the options at the beginning of a command line. `others`: options of what follows, and whether they have a value. */
export function readOptions(
  table: OptionTable,
  typed: readonly string[],
  others: ReadonlyMap<string, boolean> = new Map(),
): { readonly given: GivenOptions; readonly rest: readonly string[] } {
  const given = new Map<string, string | undefined>();
  const kept: string[] = [];
  let place = 0;
  while (place < typed.length) {
    const word = typed[place]!;
    if (!word.startsWith("-") || word === "-") break;
    place += 1;
    if (word === "--") break;
    const takesValue = others.get(word.split("=")[0]!);
    if (takesValue !== undefined) {
      const isApart = takesValue && !word.includes("=") && place < typed.length;
      kept.push(isApart ? `${word}=${typed[place]}` : word);
      if (isApart) place += 1;
    } else {
      const { name, value, used } = readOption(table, word, typed[place]);
      // Of an option that may have a value, such as -v, each counts: a line for each.
      const isAdded = table[name]!.value === "may" && given.has(name);
      given.set(name, isAdded ? `${given.get(name) ?? ""}\n${value ?? ""}` : value);
      place += used - 1;
    }
  }
  return { given, rest: [...kept, ...typed.slice(place)] };
}

function oneOf<T extends string>(value: string, words: readonly T[], what: string): T {
  if (!words.includes(value as T)) throw new Failure(`unknown ${what} format "${value}"`);
  return value as T;
}

/** How tables are printed, as the options say. */
export function styleOf(given: GivenOptions, format: TableStyle["format"]): TableStyle {
  const isBare = given.has("bare");
  return {
    format: oneOf(
      given.get("format") ?? (isBare ? "list" : format),
      ["table", "list", "html", "csv", "json"],
      "output",
    ),
    data: oneOf(given.get("data") ?? (isBare ? "bare" : "string"), ["string", "bare", "json"], "data"),
    headings: !given.has("no-headings") && !isBare,
    pretty: given.has("pretty"),
    maxColumnWidth: Number(given.get("max-column-width") ?? 0),
  };
}

/** The deadline in milliseconds; undefined when none is given. */
export function timeoutOf(given: GivenOptions): number | undefined {
  const timeout = given.get("timeout");
  if (timeout === undefined) return undefined;
  if (!/^[1-9]\d*$/.test(timeout)) throw new Failure(`value ${timeout} on -t or --timeout is invalid`);
  return Number(timeout) * 1000;
}

/** The keys and certificates that the options name. Throws when a file cannot be read. */
export function tlsOf(given: GivenOptions): TlsOptions | undefined {
  const { readFileSync } = builtin("node:fs");
  const paths = { key: given.get("private-key"), cert: given.get("certificate"), ca: given.get("ca-cert") };
  const known = Object.entries(paths).filter(([, path]) => path !== undefined);
  return known.length === 0
    ? undefined
    : Object.fromEntries(known.map(([name, path]) => [name, readFileSync(path!)] as const));
}
