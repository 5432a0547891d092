import { OvsdbClient } from "../../ovsdb/client.js";
import type { Database } from "../../ovsdb/database.js";
import { OvsdbError } from "../../ovsdb/error.js";
import { formatExactly } from "../../ovsdb/exact-json.js";
import type { Operation } from "../../ovsdb/operations.js";
import type { Replica } from "../../ovsdb/replica.js";
import { defaultSocket } from "../open-vswitch.js";
import type { Printed } from "./command.js";
import { beginDraft, checkSymbols, type Draft } from "./draft.js";
import { Failure, NotYet, type Output, reasonOf } from "../text/failure.js";
import { tableText } from "../text/table-text.js";
import { type Chosen, readWords, type Settings } from "./words.js";

/** The release whose commands and words these are. */
const VERSION = "ovs-vsctl (Open vSwitch) 3.1.0\nDB Schema 8.3.1\n";
const USAGE = `ovs-vsctl: ovs-vswitchd management utility
usage: ovs-vsctl [OPTIONS] COMMAND [ARG...]
See ovs-vsctl(8) for the commands and options.
`;
const NAME = "Open_vSwitch";
/** A port that could not be set up: EX_DATAERR of sysexits.h, as from Open vSwitch 3.6 on. */
const PORT_FAILED = 65;
/** What a shell says of a program that its alarm ended. */
const ALARM = 142;
/** Without --timeout: longer than any switch takes, and not for ever, as it is when ovs-vswitchd does not run. */
const PATIENCE = 60_000;

/** A warning as vlog writes it. */
function logLine(pattern: string, count: number, module: string, message: string): string {
  const time = `${new Date().toISOString().slice(0, 19)}Z`;
  return pattern.replace(/%D\{[^}]*\}|%05N|%N|%c|%p|%m/g, (field) => {
    if (field.startsWith("%D")) return time;
    const fields: Record<string, string> = {
      "%05N": String(count).padStart(5, "0"),
      "%N": String(count),
      "%c": module,
      "%p": "WARN",
    };
    return fields[field] ?? message;
  });
}

/** Does all commands on a draft. */
function perform(draft: Draft, chosen: readonly Chosen[], log: (module: string, message: string) => void): Printed[] {
  const warn = (message: string): void => log("db_ctl_base", message);
  const printed = chosen.map(({ name, command, words, options }) => {
    const given = [...options].map(([key, value]) => (value === undefined ? key : `${key}=${value}`));
    return command.run({ draft, words, options, typed: [...given, name, ...words].join(" "), warn });
  });
  checkSymbols(draft, (message) => log("vsctl", message));
  return printed;
}

interface Written {
  /** The configuration's number that must be reached. */
  readonly number: number | bigint | undefined;
  /** The UUIDs that new rows got, by those of the draft. */
  readonly uuids: ReadonlyMap<string, string>;
}

async function write(
  database: Database,
  draft: Draft,
  settings: Settings,
  comment: string,
  timeout: number,
): Promise<Written> {
  const { operations, inserted } = draft.operations();
  const uuids = new Map<string, string>();
  if (operations.length === 0) return { number: undefined, uuids };
  const raise: Operation[] = [
    { op: "mutate", table: NAME, where: [], mutations: [["next_cfg", "+=", 1]] },
    { op: "select", table: NAME, where: [], columns: ["next_cfg"] },
  ];
  const all: Operation[] = [
    ...operations,
    ...(settings.isWaiting ? raise : []),
    { op: "comment", comment },
    ...(settings.isDry ? [{ op: "abort" } as const] : []),
  ];
  const results = await database.transact(all, { timeout });
  for (const [i, row] of inserted.entries())
    if (row !== undefined) uuids.set(row.uuid, (results[i] as { uuid: string }).uuid);
  // What an operation in this place comes to is known; its type is any operation's.
  const row = settings.isWaiting
    ? (results[operations.length + 1] as unknown as { rows: { next_cfg: number }[] }).rows[0]
    : undefined;
  return { number: row?.next_cfg, uuids };
}

/** Waits for the switch, and says what it could not set up. */
async function awaitSwitch(
  database: Database,
  written: Written,
  draft: Draft,
  timeout: number,
  say: (line: string) => void,
): Promise<number> {
  const expected = draft.expected.flatMap((uuid) => written.uuids.get(uuid) ?? []);
  const [, ...found] = await database.transact(
    [
      {
        op: "wait",
        table: NAME,
        where: [["cur_cfg", ">=", written.number]],
        columns: ["cur_cfg"],
        until: "!=",
        rows: [],
      },
      ...expected.map((uuid) => ({
        op: "select" as const,
        table: "Interface",
        where: [["_uuid", "==", uuid]] as const,
      })),
    ],
    { timeout },
  );
  // Only what was selected is left: rows of interfaces.
  const failed = (
    found as unknown as { rows: { name: string; error: string | undefined; ofport: number | undefined }[] }[]
  )
    .flatMap(({ rows }) => rows)
    .filter(({ ofport }) => ofport === undefined || ofport === -1);
  for (const { name, error } of failed)
    say(
      `Error detected while setting up '${name}'${error === undefined ? "" : `: ${error}`}.  See ovs-vswitchd log for details.`,
    );
  if (failed.length > 0) say(`The default log directory is "${process.env["OVS_LOGDIR"] ?? "/var/log/openvswitch"}".`);
  return failed.length > 0 ? PORT_FAILED : 0;
}

function print(printed: readonly Printed[], written: Written, { style, isOneLine }: Settings): string {
  let isFirst = true;
  return printed
    .map((each) => {
      if (typeof each === "object" && "headings" in each) {
        const text = tableText(each, style, isFirst);
        if (style.format !== "json" && style.format !== "html") isFirst = false;
        return text;
      }
      const text =
        typeof each === "object" ? `${written.uuids.get(each.created.uuid) ?? each.created.uuid}\n` : (each ?? "");
      return isOneLine ? `${text.replace(/\n$/, "").replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n` : text;
    })
    .join("");
}

/** Whether somebody else changed what this one looked at: then it is tried again. */
function isOutrun(error: unknown): boolean {
  const codes = ["constraint violation", "referential integrity violation"];
  return error instanceof OvsdbError && codes.includes(error.code);
}

const TRIES = 3;

async function work(
  client: OvsdbClient,
  settings: Settings,
  chosen: readonly Chosen[],
  typed: readonly string[],
  output: Output,
): Promise<number> {
  const start = performance.now();
  const limit = settings.timeout ?? PATIENCE;
  const left = (): number => Math.max(1, limit - (performance.now() - start));
  const database = await client.database(NAME, { timeout: left() });
  const replica = await database.replica({ tables: true }, { timeout: left() });
  const say = (line: string): void => void output.stderr.write(`ovs-vsctl: ${line}\n`);
  let count = 0;
  const log = (module: string, message: string): void => {
    count += 1;
    output.stderr.write(`${logLine(settings.pattern, count, module, message)}\n`);
  };
  for (let tries = 1; ;) {
    const draft = beginDraft(database.schema, replica);
    const printed = await patiently(
      replica,
      client,
      () => perform(draft, chosen, log),
      left,
      settings.timeout === undefined,
    );
    if (printed === undefined) continue;
    let written: Written;
    try {
      written = await write(database, draft, settings, `ovs-vsctl: ${typed.join(" ")}`, left());
    } catch (error) {
      if (settings.isDry && error instanceof OvsdbError && error.code === "aborted")
        written = { number: undefined, uuids: new Map() };
      else if (isOutrun(error) && tries < TRIES) {
        tries += 1;
        await client.echo({ timeout: left() });
        continue;
      } else throw error;
    }
    replica.close();
    output.stdout.write(print(printed, written, settings));
    return written.number === undefined ? 0 : await awaitSwitch(database, written, draft, left(), say);
  }
}

/** Does the commands, or waits for a change when they cannot be done yet. */
async function patiently(
  replica: Replica,
  client: OvsdbClient,
  commands: () => Printed[],
  left: () => number,
  isForEver: boolean,
): Promise<Printed[] | undefined> {
  const changes = replica.changes();
  try {
    return commands();
  } catch (error) {
    if (!(error instanceof NotYet)) throw error;
    await client.wait<void>("wait-until", { timeout: isForEver ? Infinity : left() }, (settle) => {
      changes.next().then(
        () => settle(undefined, undefined),
        (failure: Error) => settle(failure, undefined),
      );
      return () => undefined;
    });
    return undefined;
  } finally {
    await changes.return!();
  }
}

const RETRY = 200;

async function connect(remote: string, { tls, timeout = PATIENCE, isRetrying }: Settings): Promise<OvsdbClient> {
  const start = performance.now();
  for (;;) {
    try {
      return await OvsdbClient.connect(remote, { tls, timeout });
    } catch (error) {
      if (!isRetrying || !(error instanceof OvsdbError)) throw error;
      if (performance.now() - start + RETRY >= timeout) throw error.with({ code: "ETIMEDOUT" });
      await new Promise((resolve) => setTimeout(resolve, RETRY));
    }
  }
}

function explain(error: unknown, settings: Settings | undefined, remote: string): Failure {
  if (error instanceof Failure) return error;
  if (!(error instanceof OvsdbError)) return new Failure((error as Error).message);
  if (error.method === "connect" && error.code !== "ETIMEDOUT")
    return new Failure(`${remote}: database connection failed (${reasonOf(error)})`);
  if (error.code === "ETIMEDOUT")
    return settings?.timeout === undefined
      ? new Failure(
          `no answer within ${PATIENCE / 1000} s; does ovs-vswitchd run (unit ovs-vswitchd.service)? --no-wait does not wait for it`,
        )
      : new Failure("terminating with signal 14 (Alarm clock)", ALARM);
  const { code, details, syntax } = error;
  return new Failure(`transaction error: ${formatExactly({ details, error: code, syntax })}`);
}

/**
 * ovs-vsctl of Open vSwitch: the same words, the same output, the same exit status, by the database. A port that the switch could not set
 * up ends with 65, as from Open vSwitch 3.6 on. It never rejects.
 */
export async function vsctl(output: Output, typed: readonly string[]): Promise<number> {
  let settings: Settings | undefined;
  let remote = `unix:${defaultSocket()}`;
  try {
    const read = readWords(typed);
    ({ settings } = read);
    if (settings.wish !== undefined) {
      output.stdout.write(settings.wish === "help" ? USAGE : VERSION);
      return 0;
    }
    const chosen = read.chosen();
    remote = settings.remote ?? process.env["OVS_DB"] ?? remote;
    await using client = await connect(remote, settings);
    return await work(client, settings, chosen, typed, output);
  } catch (error) {
    const failure = explain(error, settings, remote);
    if (failure.message !== "") output.stderr.write(`ovs-vsctl: ${failure.message}\n`);
    return failure.status;
  }
}
