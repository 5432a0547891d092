import { builtin } from "../builtin.js";

/**
 * errno values whose names Node does not know or has two of, or whose words libuv chose for files: asm-generic/errno.h, and, of those
 * inside the kernel that reach netlink's users, include/linux/errno.h.
 */
const KERNEL_ERRNO: Record<number, readonly [code: string, text: string]> = {
  11: ["EAGAIN", "resource temporarily unavailable"],
  34: ["ERANGE", "out of range"],
  54: ["EXFULL", "exchange full"],
  76: ["ENOTUNIQ", "name not unique on network"],
  77: ["EBADFD", "file descriptor in bad state"],
  95: ["EOPNOTSUPP", "operation not supported"],
  112: ["EHOSTDOWN", "host is down"],
  117: ["EUCLEAN", "structure needs cleaning"],
  132: ["ERFKILL", "operation not possible due to RF-kill"],
  524: ["ENOTSUPP", "operation not supported"],
};

const NUMBERS = new Map(Object.entries(KERNEL_ERRNO).map(([errno, [code]]) => [code, Number(errno)]));
/** Node's own names, looked up when the first error needs them. */
let systemCodes: Map<number, string> | undefined;

function systemErrno(): Record<string, number | undefined> {
  return builtin("node:os").constants.errno;
}

function systemCode(errno: number): string | undefined {
  systemCodes ??= new Map(Object.entries(systemErrno()).map(([code, number]) => [number!, code]));
  return systemCodes.get(errno);
}

/** The name of an errno, such as "EEXIST" for 17. */
export function errnoCode(errno: number): string {
  return KERNEL_ERRNO[errno]?.[0] ?? systemCode(errno) ?? `E${errno}`;
}

/** What an errno means, in a few words. */
export function errnoText(errno: number): string {
  return KERNEL_ERRNO[errno]?.[1] ?? builtin("node:util").getSystemErrorMap().get(-errno)?.[1] ?? `error ${errno}`;
}

/** The number of a code such as "EEXIST". */
export function errnoNumber(code: string): number {
  return NUMBERS.get(code) ?? systemErrno()[code] ?? 0;
}

/** What is known of a refusal. */
export interface Refusal {
  /** The errno, positive. */
  readonly errno: number;
  /** What was called: a message's name ("RTM_NEWLINK"), or a system call ("open(/dev/net/tun)"). */
  readonly syscall: string;
  /** What the call was about, such as a link's name. */
  readonly subject?: string | undefined;
  /** The request in short, as it was made. */
  readonly request?: string | undefined;
  /** The path of the attribute that the kernel points at, such as "linkInfo.data.forwardDelay". */
  readonly attribute?: string | undefined;
  /** The kernel's own words (NLMSGERR_ATTR_MSG), or words that say more than the errno. */
  readonly kernelMessage?: string | undefined;
  /** The values that the kernel would take, such as "0 to 255" (NLMSGERR_ATTR_POLICY). */
  readonly allowed?: string | undefined;
  /** What to do about it, where the cause is known. */
  readonly hint?: string | undefined;
}

function describe(refusal: Refusal): string {
  const { subject, attribute, syscall, kernelMessage, allowed, hint, errno } = refusal;
  const last = attribute?.split(".").at(-1);
  const what =
    attribute === undefined ? syscall : `${last}${last === attribute ? "" : ` (${attribute})`} of ${syscall}`;
  const why = (kernelMessage ?? errnoText(errno)).replace(/\.$/, "");
  return (
    `${subject === undefined ? "" : `${subject}: `}the kernel refused ${what}: ${why} (${errnoCode(errno)})` +
    (allowed === undefined ? "" : `; allowed: ${allowed}`) +
    (hint === undefined ? "" : `; ${hint}`)
  );
}

/** A value as an error's words show it. */
export function quoted(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "string" && (typeof value !== "object" || value === null)) return String(value);
  try {
    return JSON.stringify(value);
  } catch {
    return "an object";
  }
}

const BRAND = Symbol.for("linkwright.NetlinkError");
const INPUT_BRAND = Symbol.for("linkwright.InputError");

function branded(value: unknown, brand: symbol): boolean {
  return typeof value === "object" && value !== null && brand in value;
}

/**
 * The kernel said no, or could not be asked. `code` is the errno's name; the other properties say what was
 * refused and why. `instanceof` holds across two copies of the package.
 */
export class NetlinkError extends Error implements Refusal {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  readonly subject: string | undefined;
  readonly request: string | undefined;
  readonly attribute: string | undefined;
  readonly kernelMessage: string | undefined;
  readonly allowed: string | undefined;
  readonly hint: string | undefined;
  readonly #words: string | undefined;

  /** The words are made from the refusal unless given. */
  constructor(refusal: Refusal, words?: string, options?: ErrorOptions) {
    super(words ?? describe(refusal), options);
    this.#words = words;
    this.name = "NetlinkError";
    this.code = errnoCode(refusal.errno);
    this.errno = refusal.errno;
    this.syscall = refusal.syscall;
    this.subject = refusal.subject;
    this.request = refusal.request;
    this.attribute = refusal.attribute;
    this.kernelMessage = refusal.kernelMessage;
    this.allowed = refusal.allowed;
    this.hint = refusal.hint;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** The same refusal, with more said about it. */
  with(more: Partial<Refusal>): NetlinkError {
    const { errno, syscall, subject, request, attribute, kernelMessage, allowed, hint } = this;
    const refusal = { errno, syscall, subject, request, attribute, kernelMessage, allowed, hint };
    return new NetlinkError({ ...refusal, ...more }, this.#words);
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return branded(value, BRAND);
  }
}

/** What was asked for cannot be meant: refused before anything was sent. `path` names the offending input. */
export class InputError extends TypeError {
  readonly code = "ERR_LINKWRIGHT_INPUT";
  readonly path: string;
  readonly problem: string;

  constructor(problem: string, path = "") {
    super(path === "" ? problem : `${path}: ${problem}`);
    this.name = "InputError";
    this.path = path;
    this.problem = problem;
    Object.defineProperty(this, INPUT_BRAND, { value: true });
  }

  /** The same error, one level further out. */
  under(name: string): InputError {
    return new InputError(this.problem, this.path === "" ? name : `${name}.${this.path}`);
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return branded(value, INPUT_BRAND);
  }
}

/** Does something that may throw InputError: the path of the input then starts with `name`. */
export function under<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof InputError ? error.under(name) : error;
  }
}
