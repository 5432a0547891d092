import { errnoCode, errnoText, type ErrorCode } from "../base/errno.js";
import { branded } from "../base/errors.js";

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

const BRAND = Symbol.for("linkwright.NetlinkError");

/** Refusals that the same request may not meet again: somebody interfered, or something was short for a moment. */
const TRANSIENT: readonly string[] = ["EAGAIN", "EINTR", "EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "ETIMEDOUT"];

/**
 * The kernel said no, or could not be asked. `code` is the errno's name; the other properties say what was
 * refused and why. `instanceof` holds across two copies of the package.
 */
export class NetlinkError extends Error implements Refusal {
  readonly code: ErrorCode;
  readonly errno: number;
  /** Whether trying again, later, may well succeed without anything else being changed. */
  readonly transient: boolean;
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
    this.transient = TRANSIENT.includes(this.code);
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

  /** Errors of another copy of this package are such, too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return branded(value, BRAND);
  }
}
