import { NetlinkError } from "../../kernel/error.js";

/** What the C library says of an errno: strerror(3) of glibc. */
const WORDS: Readonly<Record<string, string>> = {
  EPERM: "Operation not permitted",
  ENOENT: "No such file or directory",
  ENXIO: "No such device or address",
  ENOMEM: "Cannot allocate memory",
  EACCES: "Permission denied",
  EBUSY: "Device or resource busy",
  EEXIST: "File exists",
  ENODEV: "No such device",
  EINVAL: "Invalid argument",
  ENFILE: "Too many open files in system",
  EMFILE: "Too many open files",
  ERANGE: "Numerical result out of range",
  ELOOP: "Too many levels of symbolic links",
  EXFULL: "Exchange full",
  EOPNOTSUPP: "Operation not supported",
  EADDRNOTAVAIL: "Cannot assign requested address",
  ENOBUFS: "No buffer space available",
};

/** What a command prints on standard output, and its exit status; it ends with a Failure otherwise. */
export interface Said {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly status?: number;
}

/** Ends a command: its message is what standard error gets. */
export class Failure extends Error {}

/** The errno's words, as the C library has them. */
export function strerror(code: string, errno = 0): string {
  return WORDS[code] ?? `Unknown error ${errno}`;
}

/** Awaits a change; a refusal ends the command with `say` of its code and its words. */
export async function orFail<T>(change: Promise<T>, say: (code: string, words: string) => string): Promise<T> {
  try {
    return await change;
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    throw new Failure(say(error.code, strerror(error.code, error.errno)));
  }
}
