import type { Connection } from "../../netlink/connection.js";
import { recording, unless } from "../../netlink/recording.js";
import { NetlinkError } from "../../kernel/error.js";
import type { OperationWords, WrittenOperation } from "./written-operation.js";

/** What takes an operation back by requests to the kernel of this namespace. What it has to ask first, it asks when it is called. */
interface ByRequests extends OperationWords {
  readonly requests: (connection: Connection) => Promise<unknown>;
}

/** What takes an operation back otherwise: a file of sysfs, another switch, a descriptor. */
interface ByCall extends OperationWords {
  readonly call: () => Promise<unknown>;
  /** The same as data, for who reads the journal. */
  readonly calls: Readonly<Record<string, string | number>>;
}

/** An operation, and how it is taken back. Taking back what was not done, or is gone, changes nothing. */
export type Operation = ByRequests | ByCall;

/** What was done, so that it can be told, kept and taken back. */
export interface Journal {
  /** The last is the last that was done. */
  readonly operations: readonly Operation[];
  /** Writes down what was done, or is about to be: before it, where it may be done by half. */
  add(...operations: readonly Operation[]): void;
  /**
   * Takes everything back, the last operation first; one that cannot be taken back does not keep the others from it. Gives
   * the error to be thrown: the one that interrupted the work, which says then what stands and why; without one, the first
   * failure, or undefined when nothing stands.
   */
  undo(error?: unknown): Promise<unknown>;
  /** All of it as data. What an inverse has to ask is asked now. */
  write(): Promise<WrittenOperation[]>;
}

/** What is told how the work can be taken back. */
export interface Journaled {
  readonly journal?: Journal | undefined;
}

/** What is not there any more needs not be taken back. */
function tolerant(connection: Connection): Connection {
  return unless(connection, ["ENODEV"]);
}

async function takeBack(connection: Connection, operation: Operation): Promise<void> {
  await ("call" in operation ? operation.call() : operation.requests(tolerant(connection)));
}

interface Standing {
  readonly done: string;
  readonly failure: unknown;
}

/** An error that can have a hint. */
interface Hinted {
  readonly hint: string | undefined;
  with(more: { hint: string }): unknown;
}

function canHaveHint(error: unknown): error is Hinted {
  return error instanceof Error && "hint" in error && "with" in error && typeof error.with === "function";
}

function told({ done, failure }: Standing): string {
  return `${done}, and could not be taken back: ${failure instanceof Error ? failure.message : String(failure)}`;
}

/** The error that says what stands. Where there is none, or it can have no hint, such as a signal's reason, that is the first failure. */
function saying(error: unknown, standing: readonly Standing[]): unknown {
  const [first, ...others] = standing;
  if (first === undefined) return error;
  if (canHaveHint(error))
    return error.with({ hint: [...(error.hint === undefined ? [] : [error.hint]), ...standing.map(told)].join("; ") });
  if (!canHaveHint(first.failure)) return error ?? first.failure;
  const hint = [`${first.done}, and could not be taken back`, ...others.map(told)].join("; ");
  const failure = first.failure.with({ hint });
  if (error !== undefined && failure instanceof Error) failure.cause = error;
  return failure;
}

async function undoAll(connection: Connection, operations: readonly Operation[]): Promise<Standing[]> {
  const standing: Standing[] = [];
  for (const operation of [...operations].reverse()) {
    try {
      await takeBack(connection, operation);
    } catch (failure) {
      if (failure instanceof NetlinkError && failure.code === "ENODEV") continue;
      standing.push({ done: operation.done, failure });
    }
  }
  return standing;
}

async function writeDown(connection: Connection, operation: Operation): Promise<WrittenOperation> {
  const { done, undo } = operation;
  if ("call" in operation) return { done, undo, requests: [], calls: operation.calls };
  const { connection: recorder, requests } = recording(connection);
  await operation.requests(tolerant(recorder));
  return { done, undo, requests };
}

/** An empty journal of what is done over a connection. */
export function journalOf(connection: Connection): Journal {
  const operations: Operation[] = [];
  return {
    operations,
    add(...more) {
      operations.push(...more);
    },
    async undo(error) {
      return saying(error, await undoAll(connection, operations.splice(0)));
    },
    async write() {
      const written: WrittenOperation[] = [];
      for (const operation of operations) written.push(await writeDown(connection, operation));
      return written;
    },
  };
}

/**
 * Does work wholly or not at all: what it writes into its journal is taken back when it throws. When it is done, `outer` is
 * told how all of it is taken back.
 */
export async function withJournal<T>(
  connection: Connection,
  work: (journal: Journal) => Promise<T>,
  outer?: Journal,
): Promise<T> {
  const journal = journalOf(connection);
  try {
    const result = await work(journal);
    outer?.add(...journal.operations);
    return result;
  } catch (error) {
    throw await journal.undo(error);
  }
}
