import { InputError } from "../base/errors.js";
import { NetlinkError } from "../kernel/error.js";
import { OvsdbError } from "../ovsdb/error.js";

/** What went wrong, as a runtime is told (CNI specification 1.1, section 5); from 100 on they are a plugin's own. */
export const errorCodes = {
  incompatibleVersion: 1,
  unknownContainer: 3,
  invalidEnvironment: 4,
  inputOutput: 5,
  decoding: 6,
  invalidConfiguration: 7,
  ownNamespace: 8,
  tryAgain: 11,
  notAvailable: 50,
  refused: 100,
  notAsAdded: 101,
} as const;

/** Why an operation failed. */
export class CniError extends Error {
  readonly code: number;
  readonly details: string | undefined;

  constructor(code: keyof typeof errorCodes | number, message: string, details?: string) {
    super(message);
    this.name = "CniError";
    this.code = typeof code === "number" ? code : errorCodes[code];
    this.details = details;
  }
}

/** The database did not answer, or no more; "ENOENT" is also what it lacks. */
const UNANSWERED = ["ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EPIPE"];

function isUnanswered({ code, method }: OvsdbError): boolean {
  return UNANSWERED.includes(code) || (code === "ENOENT" && method === "connect");
}

/** Any error as one that a runtime is told. */
export function cniErrorOf(error: unknown): CniError {
  if (error instanceof CniError) return error;
  if (error instanceof InputError) return new CniError("invalidConfiguration", error.message);
  if (error instanceof NetlinkError) return new CniError(error.transient ? "tryAgain" : "refused", error.message);
  if (error instanceof OvsdbError && isUnanswered(error)) return new CniError("tryAgain", error.message);
  return new CniError("refused", error instanceof Error ? error.message : String(error));
}

/** Does all of the work whatever becomes of one piece, and rejects then with what the first was refused with, which names the others. */
export async function allOf(pieces: readonly (() => Promise<unknown>)[]): Promise<void> {
  const refused: CniError[] = [];
  for (const piece of pieces)
    await piece().catch((error: unknown) => {
      refused.push(cniErrorOf(error));
    });
  const [first, ...others] = refused;
  if (first === undefined) return;
  if (others.length === 0) throw first;
  throw new CniError(first.code, [first, ...others].map(({ message }) => message).join("; "));
}
