import type { Database } from "../ovsdb/database.js";
import { OvsdbError } from "../ovsdb/error.js";
import type { Operation, OperationResult } from "../ovsdb/operations.js";
import type { WaitOptions } from "../ovsdb/options.js";
import type { OpenVswitchTables } from "./tables.js";

export type OpenVswitchDatabase = Database<OpenVswitchTables>;
export type SwitchOperation = Operation<OpenVswitchTables>;
export type Interface = OpenVswitchTables["Interface"];

/** Where changes go, and how long each may take. */
export interface ChangeTarget {
  readonly database: OpenVswitchDatabase;
  /** Milliseconds until a change must be switched. */
  readonly timeout: number;
}

const EVERY = [] as const;
/** ovs-vswitchd looks at some columns only when the configuration's number changes (vswitch.ovsschema: Open_vSwitch.next_cfg). */
const NEXT: readonly SwitchOperation[] = [
  { op: "mutate", table: "Open_vSwitch", where: EVERY, mutations: [["next_cfg", "+=", 1]] },
  { op: "select", table: "Open_vSwitch", where: EVERY, columns: ["next_cfg"] },
];

/** A failure of Open vSwitch's, about a bridge or port. */
export function switchError(code: string, subject: string, details: string, hint?: string): OvsdbError {
  const words = `${subject}: ${details} (${code})${hint === undefined ? "" : `; ${hint}`}`;
  return new OvsdbError({ code, method: "transact", subject, details, hint }, words);
}

/** An operation that fails, as the first of its kind, when a table has no row of this name. */
export function mustExist(table: "Bridge" | "Port" | "Interface", name: string): SwitchOperation {
  return {
    op: "wait",
    table,
    where: [["name", "==", name]],
    columns: ["name"],
    until: "==",
    rows: [{ name }],
    timeout: 0,
  };
}

function explain(error: unknown, operations: readonly SwitchOperation[]): unknown {
  if (!(error instanceof OvsdbError)) return error;
  const failed = error.operation === undefined ? undefined : operations[error.operation];
  if (error.code === "timed out" && failed?.op === "wait" && failed.timeout === 0) {
    const name = failed.rows[0]?.["name"] as string;
    return switchError("ENODEV", name, `there is no ${failed.table.toLowerCase()} of this name`);
  }
  const [, name] =
    /multiple rows in "\w+" table to have identical values \("?([^")]*)"?\)/.exec(error.details ?? "") ?? [];
  if (error.code === "constraint violation" && name !== undefined)
    return switchError("EEXIST", name, "the name is taken");
  return error;
}

export interface Committed {
  readonly results: readonly OperationResult[];
  /** The number of the configuration with the change. */
  readonly number: number | bigint;
}

/** Writes a change, and raises the configuration's number. */
export async function commit(
  place: ChangeTarget,
  operations: readonly SwitchOperation[],
  wait: WaitOptions = {},
): Promise<Committed> {
  try {
    const results: readonly OperationResult[] = await place.database.transact([...operations, ...NEXT], {
      timeout: place.timeout,
      ...wait,
    });
    const row = results.at(-1)!.rows![0];
    if (row === undefined)
      throw switchError(
        "ENOENT",
        "Open_vSwitch",
        "the database is empty",
        "ovs-vsctl init, or starting the service, makes its first row",
      );
    return { results: results.slice(0, -NEXT.length), number: row["next_cfg"] as number | bigint };
  } catch (error) {
    throw explain(error, operations);
  }
}

/** Waits until ovs-vswitchd has done a change, and gives the interfaces with these UUIDs as they then are. */
export async function switched(
  { database, timeout }: ChangeTarget,
  number: number | bigint,
  uuids: readonly string[],
  wait: WaitOptions = {},
): Promise<Interface[]> {
  const limit = wait.timeout ?? timeout;
  const selects = uuids.map((uuid) => ({
    op: "select" as const,
    table: "Interface" as const,
    where: [["_uuid", "==", uuid]] as const,
    columns: ["_uuid", "name", "error", "ofport"],
  }));
  try {
    // The server answers when a row fulfils this: no monitor, no polling, and what is selected is of that moment.
    const [, ...found] = await database.transact(
      [
        {
          op: "wait",
          table: "Open_vSwitch",
          where: [["cur_cfg", ">=", number]],
          columns: ["cur_cfg"],
          until: "!=",
          rows: [],
          timeout: limit,
        },
        ...selects,
      ],
      // The server's own deadline comes first.
      { ...wait, timeout: limit + 1000 },
    );
    return (found as readonly { rows: readonly Interface[] }[]).flatMap(({ rows }) => rows);
  } catch (error) {
    if (!(error instanceof OvsdbError) || (error.code !== "timed out" && error.code !== "ETIMEDOUT")) throw error;
    throw switchError(
      "ETIMEDOUT",
      "ovs-vswitchd",
      `the change was not taken within ${limit} ms`,
      "does ovs-vswitchd run (package openvswitch-switch, unit ovs-vswitchd.service)?",
    );
  }
}

/**
 * The error that ovs-vswitchd wrote about an interface that it could not set up, if there is one. What has a number is set up, and may
 * have an error all the same: a patch whose other end is still to come.
 */
export function failureOf(interfaces: readonly Interface[]): OvsdbError | undefined {
  const failed = interfaces.find(({ ofport }) => ofport === undefined || ofport === -1);
  if (failed === undefined) return undefined;
  return switchError("EIO", failed.name, failed.error ?? "ovs-vswitchd could not set it up; see its log");
}

/** Writes a change to what is there, and waits until it is switched; what went wrong stands, and is said. */
export async function change(
  place: ChangeTarget,
  operations: readonly SwitchOperation[],
  wait: WaitOptions = {},
  interfacesOf: (results: readonly OperationResult[]) => readonly string[] = () => [],
): Promise<readonly OperationResult[]> {
  const { results, number } = await commit(place, operations, wait);
  const stands = (error: OvsdbError): OvsdbError =>
    error.with({ hint: `${error.hint === undefined ? "" : `${error.hint}; `}the change stands in the database` });
  try {
    const failure = failureOf(await switched(place, number, interfacesOf(results), wait));
    if (failure !== undefined) throw failure;
  } catch (error) {
    throw error instanceof OvsdbError ? stands(error) : error;
  }
  return results;
}

/** Writes what is new, and waits until it is switched. What fails is taken out again by `undo`, which gets the results. */
export async function addSwitched(
  place: ChangeTarget,
  operations: readonly SwitchOperation[],
  undo: (results: readonly OperationResult[]) => readonly SwitchOperation[],
  wait: WaitOptions = {},
): Promise<Interface[]> {
  const { results, number } = await commit(place, operations, wait);
  const uuids = operations.flatMap((operation, i) =>
    operation.op === "insert" && operation.table === "Interface" ? [results[i]!.uuid!] : [],
  );
  let failure: unknown;
  try {
    const interfaces = await switched(place, number, uuids, wait);
    failure = failureOf(interfaces);
    if (failure === undefined) return interfaces;
  } catch (error) {
    failure = error;
  }
  try {
    const undone = await commit(place, undo(results));
    // A switch that did not answer, or was not waited for, is not waited for now.
    if (failure instanceof OvsdbError && failure.code === "EIO") await switched(place, undone.number, []);
  } catch (error) {
    if (failure instanceof OvsdbError)
      throw failure.with({ hint: `it could not be taken out again: ${(error as Error).message}` });
  }
  throw failure;
}
