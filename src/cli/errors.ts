import { debuglog } from "node:util";
import { InputError } from "../base/errors.js";
import { NetlinkError } from "../kernel/error.js";
import { OvsdbError } from "../ovsdb/error.js";
import type { Output } from "./io.js";
import { json, visible } from "./printing/layout.js";
import { spelledMessage } from "./printing/spelling.js";

/** Exit statuses; the last is ovs-vsctl's since Open vSwitch 3.6, EX_DATAERR of sysexits.h. */
export const DONE = 0;
export const REFUSED = 1;
const USED_WRONGLY = 2;
const NOT_SWITCHED = 65;

function properties(error: Error): object {
  const { name, message } = error;
  if (error instanceof NetlinkError) {
    const { code, errno, syscall, subject, attribute, kernelMessage, allowed, hint } = error;
    return { name, code, errno, syscall, subject, attribute, kernelMessage, allowed, hint, message };
  }
  if (error instanceof InputError) return { name, code: error.code, path: error.path || undefined, message };
  if (error instanceof OvsdbError) {
    const { code, method, subject, details, hint } = error;
    return { name, code, method, subject, details, hint, message };
  }
  return { name, message };
}

function statusOf(error: Error): number {
  if (error instanceof InputError) return USED_WRONGLY;
  return error instanceof OvsdbError && error.code === "EIO" ? NOT_SWITCHED : REFUSED;
}

/** What went wrong at a place of a file, such as "FILE:2". */
export class ErrorAt extends Error {
  readonly place: string;
  /** What became of the rest. */
  readonly outcome: string | undefined;

  constructor(place: string, cause: unknown, outcome?: string) {
    super(`${place}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.place = place;
    this.outcome = outcome;
  }
}

/** Says on stderr what went wrong, and gives the exit status. */
export function reportError(thrown: unknown, stderr: Output, asJson: boolean): number {
  const { place, cause, outcome } =
    thrown instanceof ErrorAt ? thrown : { place: undefined, cause: thrown, outcome: undefined };
  const error = cause instanceof Error ? cause : new Error(String(cause));
  if (asJson) stderr.write(json({ error: { ...properties(error), place, outcome } }));
  else {
    const trace = debuglog("linkwright").enabled ? `\n${error.stack ?? ""}` : "";
    const before = place === undefined ? "linkwright: " : `linkwright: ${place}: `;
    const lines = `${before}${spelledMessage(error)}${outcome === undefined ? "" : `; ${outcome}`}${trace}`.split("\n");
    stderr.write(`${lines.map(visible).join("\n")}\n`);
  }
  return statusOf(error);
}
