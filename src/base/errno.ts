import { builtin } from "./builtin.js";

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
  85: ["ERESTART", "what was looked at has changed meanwhile"],
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

/** The names of errno values that network code of the kernel returns (asm-generic/errno.h); others have their number, as "E518". */
export type ErrorCode =
  | "EPERM"
  | "ENOENT"
  | "ESRCH"
  | "EINTR"
  | "EIO"
  | "ENXIO"
  | "E2BIG"
  | "ENOEXEC"
  | "EBADF"
  | "ECHILD"
  | "EAGAIN"
  | "ENOMEM"
  | "EACCES"
  | "EFAULT"
  | "ENOTBLK"
  | "EBUSY"
  | "EEXIST"
  | "EXDEV"
  | "ENODEV"
  | "ENOTDIR"
  | "EISDIR"
  | "EINVAL"
  | "ENFILE"
  | "EMFILE"
  | "ENOTTY"
  | "ETXTBSY"
  | "EFBIG"
  | "ENOSPC"
  | "ESPIPE"
  | "EROFS"
  | "EMLINK"
  | "EPIPE"
  | "EDOM"
  | "ERANGE"
  | "EDEADLK"
  | "ENAMETOOLONG"
  | "ENOLCK"
  | "ENOSYS"
  | "ENOTEMPTY"
  | "ELOOP"
  | "ENOMSG"
  | "EXFULL"
  | "ENODATA"
  | "ENOLINK"
  | "EPROTO"
  | "EBADMSG"
  | "EOVERFLOW"
  | "ENOTUNIQ"
  | "EBADFD"
  | "EILSEQ"
  | "EUSERS"
  | "ENOTSOCK"
  | "EDESTADDRREQ"
  | "EMSGSIZE"
  | "EPROTOTYPE"
  | "ENOPROTOOPT"
  | "EPROTONOSUPPORT"
  | "EOPNOTSUPP"
  | "EPFNOSUPPORT"
  | "EAFNOSUPPORT"
  | "EADDRINUSE"
  | "EADDRNOTAVAIL"
  | "ENETDOWN"
  | "ENETUNREACH"
  | "ENETRESET"
  | "ECONNABORTED"
  | "ECONNRESET"
  | "ENOBUFS"
  | "EISCONN"
  | "ENOTCONN"
  | "ETIMEDOUT"
  | "ECONNREFUSED"
  | "EHOSTDOWN"
  | "EHOSTUNREACH"
  | "EALREADY"
  | "EINPROGRESS"
  | "ESTALE"
  | "EUCLEAN"
  | "ECANCELED"
  | "ERFKILL"
  | "ENOTSUPP"
  | "ERESTART"
  | `E${number}`;

/** The name of an errno, such as "EEXIST" for 17. */
export function errnoCode(errno: number): ErrorCode {
  return (KERNEL_ERRNO[errno]?.[0] ?? systemCode(errno) ?? `E${errno}`) as ErrorCode;
}

/** What an errno means, in a few words. */
export function errnoText(errno: number): string {
  return KERNEL_ERRNO[errno]?.[1] ?? builtin("node:util").getSystemErrorMap().get(-errno)?.[1] ?? `error ${errno}`;
}

/** The number of a code such as "EEXIST". */
export function errnoNumber(code: string): number {
  return NUMBERS.get(code) ?? systemErrno()[code] ?? 0;
}
