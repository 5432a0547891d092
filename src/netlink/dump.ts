/* How tables are read whole, and again when they changed meanwhile. Links have more to it: rtnetlink/link/link-dump.ts. */
import { builtin } from "../base/builtin.js";
import { errnoNumber } from "../base/errno.js";
import { NetlinkError } from "../kernel/error.js";

/** What a dump answered, and whether something changed while the kernel went through its table. */
export interface Dump<R> {
  readonly replies: R[];
  readonly interrupted: boolean;
}

/** Milliseconds in which a table must have been read whole. */
const PATIENCE = 1000;
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 64;

/** Lets others change what they are changing. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

/**
 * Dumps until nothing changed meanwhile, for a second, with pauses between that grow. Then two dumps in a row that say the
 * same are the answer: the kernel counts changes of links, for one, against tables that they leave as they are. Rejects with
 * EINTR when they differ, too.
 */
export async function untilWhole<R>(
  once: () => Promise<Dump<R>>,
  syscall: string,
  subject: string | undefined,
): Promise<R[]> {
  const started = performance.now();
  let tries = 0;
  let before: R[] | undefined;
  for (let wait = FIRST_PAUSE; ; wait = Math.min(2 * wait, LONGEST_PAUSE)) {
    const { replies, interrupted } = await once();
    tries++;
    if (!interrupted) return replies;
    const isLast = performance.now() - started + wait > PATIENCE;
    if (isLast && before !== undefined && builtin("node:util").isDeepStrictEqual(before, replies)) return replies;
    if (isLast) break;
    before = replies;
    await pause(wait);
  }
  throw new NetlinkError({
    errno: errnoNumber("EINTR"),
    syscall,
    subject,
    kernelMessage: `the table changed each of the ${tries} times that it was read, for ${PATIENCE / 1000} s`,
    hint: "try again when less is changing, or ask for less of it",
  });
}
