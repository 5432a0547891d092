import { errnoNumber } from "../../base/errno.js";
import { NetlinkError } from "../../kernel/error.js";

/** A refusal of our own, before the kernel is asked for something that it would do without thinking. */
export function refuse(code: string, subject: string, reason: string, hint?: string): NetlinkError {
  return new NetlinkError(
    { errno: errnoNumber(code), syscall: "RTM_NEWLINK", subject, kernelMessage: reason, hint },
    `${subject}: ${reason} (${code})${hint === undefined ? "" : `; ${hint}`}`,
  );
}

/** The kernel lets whoever comes last have a port: another program may have looked at it before it joined. */
export function overtaken(port: string): NetlinkError {
  return refuse("EBUSY", port, "somebody else gave it another master at the same time");
}
