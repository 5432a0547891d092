import { once } from "../../base/once.js";
import type { Connection } from "../../netlink/connection.js";
import { NetlinkError } from "../../kernel/error.js";
import type { Attempt } from "./link-causes.js";
import type { Circumstances, Suspects } from "./hints.js";

const load = once(() => require("./hints.js") as typeof import("./hints.js"));

/** What gives hints, loaded by the first refusal; undefined when it cannot be: a refusal is told without them, then. */
function hints(): ReturnType<typeof load> | undefined {
  try {
    return load();
  } catch {
    return undefined;
  }
}

/** A refusal, with its cause looked for, where that can be. */
async function traced(connection: Connection, error: NetlinkError, attempt: Attempt): Promise<unknown> {
  return (await hints()?.findCause(connection, error, attempt)) ?? error;
}

/** A refusal, with a hint where the cause is known. */
function withHint(error: unknown, circumstances: Circumstances, suspects?: Suspects): unknown {
  if (!(error instanceof NetlinkError)) return error;
  return hints()?.explain(error, circumstances, suspects) ?? error;
}

/** The same, of what was tried in no circumstances that have to be told. */
export function explanation(error: unknown): unknown {
  return withHint(error, {});
}

/** A refusal of what was tried, whose cause is looked for, with a hint where it is known. */
export async function withCause(
  connection: Connection,
  error: unknown,
  attempt: Attempt,
  circumstances: Circumstances,
  suspects?: Suspects,
): Promise<unknown> {
  if (!(error instanceof NetlinkError)) return error;
  return withHint(await traced(connection, error, attempt), circumstances, suspects);
}

/** Awaits a request; the cause of what it rejects with is looked for. */
export async function lookedInto<T>(connection: Connection, request: Promise<T>, attempt: Attempt): Promise<T> {
  try {
    return await request;
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    throw await traced(connection, error, attempt);
  }
}

/** Awaits a request; what it rejects with gets a hint where the cause is known. */
export async function explained<T>(
  request: Promise<T>,
  circumstances: Circumstances = {},
  suspects?: Suspects,
): Promise<T> {
  try {
    return await request;
  } catch (error) {
    throw withHint(error, circumstances, suspects);
  }
}
