import type { OvsdbError } from "../../ovsdb/error.js";

/** Where output goes. */
export interface Output {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/** Ends the program: its message is what standard error gets, behind the program's name. */
export class Failure extends Error {
  readonly status: number;

  constructor(message: string, status = 1) {
    super(message);
    this.status = status;
  }
}

/** Ends a try: the database must change before the commands can be done. */
export class NotYet extends Error {}

/** Why a connection failed, as the C library says it. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "No such file or directory",
  ECONNREFUSED: "Connection refused",
  EACCES: "Permission denied",
};

/** Why a connection failed, in words. */
export function reasonOf({ code, details }: OvsdbError): string {
  return REASONS[code] ?? details ?? code;
}
