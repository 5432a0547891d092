/** What is known of a failure of the database, its server, or the way there. */
export interface OvsdbFailure {
  /**
   * The server's own word (RFC 7047, section 3.1: "constraint violation", "referential integrity violation", "timed out", …); an
   * errno's name ("ENOENT", "ECONNREFUSED", …) where the server could not be reached; "ECONNRESET" for a connection that ended,
   * "ETIMEDOUT" for a deadline, "EPROTO" for what is no OVSDB, "ECANCELED" for a client that was closed.
   */
  readonly code: string;
  /** What was asked: "transact", "monitor_cond_since", "connect", … */
  readonly method: string;
  /** What it was about, such as a remote or a database. */
  readonly subject?: string | undefined;
  /** The server's details, or words that say more than the code. */
  readonly details?: string | undefined;
  /** The JSON that the server could not take, as text. */
  readonly syntax?: string | undefined;
  /** Which operation of a transaction failed, counted from 0; undefined when it failed as a whole, at its commit. */
  readonly operation?: number | undefined;
  /** The table of that operation. */
  readonly table?: string | undefined;
  /**
   * For requests without a reply: false when the server cannot have seen the request, true when it was handed to the
   * connection, and may have been carried out or not.
   */
  readonly sent?: boolean | undefined;
  /** What to do about it, where the cause is known. */
  readonly hint?: string | undefined;
}

function knownOf(sent: boolean | undefined): string {
  if (sent === undefined) return "";
  return sent ? "; it was sent, and may have been carried out" : "; it was not sent";
}

function describe(failure: OvsdbFailure): string {
  const { subject, method, operation, table, details, code, sent, hint } = failure;
  const place = operation === undefined ? "" : ` (operation ${operation}${table === undefined ? "" : `, on ${table}`})`;
  const why = details === undefined || details === "" ? code : `${details} (${code})`;
  return (
    `${subject === undefined ? "" : `${subject}: `}${method}${place}: ${why}${knownOf(sent)}` +
    (hint === undefined ? "" : `; ${hint}`)
  );
}

const BRAND = Symbol.for("linkwright.OvsdbError");

/**
 * The database server said no, or could not be asked. The properties say what failed and why. `instanceof` holds across
 * two copies of the package.
 */
export class OvsdbError extends Error implements OvsdbFailure {
  readonly code: string;
  readonly method: string;
  readonly subject: string | undefined;
  readonly details: string | undefined;
  readonly syntax: string | undefined;
  readonly operation: number | undefined;
  readonly table: string | undefined;
  readonly sent: boolean | undefined;
  readonly hint: string | undefined;

  constructor(failure: OvsdbFailure, words?: string, options?: ErrorOptions) {
    super(words ?? describe(failure), options);
    this.name = "OvsdbError";
    this.code = failure.code;
    this.method = failure.method;
    this.subject = failure.subject;
    this.details = failure.details;
    this.syntax = failure.syntax;
    this.operation = failure.operation;
    this.table = failure.table;
    this.sent = failure.sent;
    this.hint = failure.hint;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** The same failure, with more said about it. */
  with(more: Partial<OvsdbFailure>): OvsdbError {
    const { code, method, subject, details, syntax, operation, table, sent, hint } = this;
    return new OvsdbError({ code, method, subject, details, syntax, operation, table, sent, hint, ...more });
  }

  /** Errors of another copy of this package are such, too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && BRAND in value;
  }
}

/** What came from the server cannot be meant by RFC 7047. */
export function notOvsdb(details: string, method = "read"): OvsdbError {
  return new OvsdbError({ code: "EPROTO", method, details });
}
