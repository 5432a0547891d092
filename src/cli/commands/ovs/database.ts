import { ovsdbClient } from "../../../openvswitch/ovsdb-client/ovsdb-client.js";
import type { Action, Call, Operand } from "../../command.js";
import type { Report } from "../../io.js";
import { text } from "../../../netlink/codecs/codec.js";
import { parseDuration } from "../../../netlink/codecs/numbers.js";
import { type Section, shaped, wordOf } from "../../parsing/option.js";

const SECOND = 1000;

const where: Section = {
  title: "Which database server",
  words: [
    wordOf("db", shaped(text(), "unix:PATH|tcp:HOST:PORT|…"), "where it is; /var/run/openvswitch/db.sock unless given"),
    wordOf("timeout", { words: "DURATION", parse: parseDuration }, "how long it may take; for ever unless given"),
  ],
};

/** What ovsdb-client does with these words. It prints by itself, and ends at SIGINT and SIGTERM. */
function speaking(name: string): (call: Call) => Promise<Report> {
  return async ({ operands, options, globals, io }) => {
    const { db, timeout } = options as { db?: string; timeout?: number };
    const stop = new AbortController();
    const interrupted = (): void => stop.abort();
    process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
    try {
      const words = [
        ...(globals.json ? ["--format=json"] : []),
        ...(timeout === undefined ? [] : [`--timeout=${Math.max(1, Math.ceil(timeout / SECOND))}`]),
        ...[name, ...(db === undefined ? [] : [db]), ...operands],
      ];
      return { status: await ovsdbClient(io, words, stop.signal) };
    } finally {
      process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
    }
  };
}

function action(name: string, summary: string, operands: readonly Operand[] = []): Action {
  return { summary, operands, options: [where], runOffline: speaking(name) };
}

const DATABASE: Operand = { name: "DATABASE", optional: true };

/** `linkwright ovs db …`: any OVSDB, as ovsdb-client prints it. */
export const databaseActions: Readonly<Record<string, Action>> = {
  db: action("list-dbs", "list the databases of the server"),
  "db list-dbs": action("list-dbs", "the same"),
  "db list-tables": action("list-tables", "list a database's tables", [DATABASE]),
  "db dump": action("dump", "print rows: of all tables, of one, or some of its columns", [
    DATABASE,
    { name: "TABLE", optional: true },
    { name: "COLUMN", optional: true, many: true },
  ]),
  "db transact": action("transact", "execute a transaction, as RFC 7047 spells it", [{ name: "JSON" }]),
  "db monitor": action("monitor", "print the rows of a table, and what changes, until it is interrupted", [
    { name: "TABLE" },
    { name: "COLUMN", optional: true, many: true },
  ]),
};
