import { OvsdbClient } from "../../ovsdb/client.js";
import { OvsdbError } from "../../ovsdb/error.js";
import { type Json, parseExactly } from "../../ovsdb/exact-json.js";
import { defaultSocket } from "../open-vswitch.js";
import { Failure, type Output, reasonOf } from "../text/failure.js";
import { commonOptions, type OptionTable, readOptions, styleOf, timeoutOf, tlsOf } from "../text/options.js";
import type { TableStyle } from "../text/table-text.js";
import type { Call } from "./call.js";
import { commands } from "./commands.js";

const VERSION = "ovsdb-client (Open vSwitch) 3.1.0\n";
const USAGE = `ovsdb-client: Open vSwitch database JSON-RPC client
usage: ovsdb-client [OPTIONS] COMMAND [ARG...]
See ovsdb-client(1) for the commands and options.
`;
const OPTIONS: OptionTable = {
  ...commonOptions,
  "db-change-aware": { value: "none" },
  "no-db-change-aware": { value: "none" },
  "leader-only": { value: "none" },
  "no-leader-only": { value: "none" },
};
/** What a shell says of a program that its alarm ended. */
const ALARM = 142;
const NAME = "Open_vSwitch";

function isRemote(word: string | undefined): boolean {
  return word !== undefined && /^[a-z].*:/i.test(word);
}

/** The database that is meant: the word, or the one that is there. */
function databaseOf(names: readonly string[], words: string[], least: number): string {
  if (words.length > least && names.includes(words[0]!)) return words.shift()!;
  if (names.includes(NAME)) return NAME;
  const [only, ...more] = names.filter((name) => !name.startsWith("_"));
  if (only === undefined || more.length > 0)
    throw new Failure("could not find a default database, please specify a database name");
  return only;
}

/** The database that a transaction names, and the transaction. */
function transactionOf(word: string): { database: string; transaction: readonly Json[] } {
  let json: Json;
  try {
    json = parseExactly(word);
  } catch (error) {
    throw new Failure(`"${word}": ${(error as Error).message}`);
  }
  if (!Array.isArray(json) || typeof json[0] !== "string") throw new Failure("not a valid OVSDB query");
  return { database: json[0], transaction: json as readonly Json[] };
}

async function work(
  output: Output,
  typed: readonly string[],
  remoteOf: (remote: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { given, rest } = readOptions(OPTIONS, typed);
  if (given.has("help") || given.has("version")) {
    output.stdout.write(given.has("help") ? USAGE : VERSION);
    return;
  }
  const [name, ...words] = rest;
  if (name === undefined) throw new Failure("missing command name; use --help for help");
  const command = Object.hasOwn(commands, name) ? commands[name]! : undefined;
  if (command === undefined) throw new Failure(`unknown command '${name}'; use --help for help`);
  const { least, most, needs } = command;
  const remote = words.length > least && isRemote(words[0]) ? words.shift()! : `unix:${defaultSocket()}`;
  remoteOf(remote);
  const style: TableStyle = styleOf(given, "table");
  const timeout = timeoutOf(given) ?? Infinity;
  const asked = needs === "transaction" ? transactionOf(words.at(-1) ?? "") : undefined;
  const leaderOnly = given.has("no-leader-only") ? false : undefined;
  await using client = await OvsdbClient.connect(remote, { tls: tlsOf(given), timeout, signal, leaderOnly });
  const database =
    asked?.database ?? (needs === "database" ? databaseOf(await client.listDatabases(), words, least) : "");
  if (words.length < least) throw new Failure(`'${name}' command requires at least ${least} arguments`);
  if (words.length > most) throw new Failure(`'${name}' command takes at most ${most} arguments`);
  const call: Call = {
    client,
    database,
    words,
    style,
    transaction: asked?.transaction ?? [],
    signal,
    write: (text) => void output.stdout.write(text),
  };
  await command.run(call);
}

/**
 * ovsdb-client of Open vSwitch: the same words, the same output, the same exit status. `signal` ends `monitor`. It never rejects.
 */
export async function ovsdbClient(output: Output, typed: readonly string[], signal?: AbortSignal): Promise<number> {
  let remote = "";
  const fail = (message: string, status = 1): number => {
    output.stderr.write(`ovsdb-client: ${message}\n`);
    return status;
  };
  try {
    await work(output, typed, (given) => (remote = given), signal);
    return 0;
  } catch (error) {
    if (signal?.aborted === true) return 0;
    if (error instanceof Failure) return fail(error.message, error.status);
    if (!(error instanceof OvsdbError)) return fail((error as Error).message);
    if (error.method === "connect" && error.code !== "ETIMEDOUT")
      return fail(`failed to connect to "${remote}" (${reasonOf(error)})`);
    if (error.code === "ETIMEDOUT") return fail("terminating with signal 14 (Alarm clock)", ALARM);
    return fail(error.message);
  }
}
