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

/** What runs, or is counted, of an entry that stays the same. */
const RUNNING: readonly string[] = ["cacheinfo", "expires", "stats", "stats2", "stats64", "xstats", "stab"];

/** An entry by all that is said of it, but for what runs: for tables whose entries are changed only by taking them away. */
export function stated({ header, attributes }: { readonly header: object; readonly attributes: object }): string {
  const said = Object.entries(attributes).filter(([name]) => !RUNNING.includes(name));
  return JSON.stringify([header, Object.fromEntries(said)], (_name, value: unknown) =>
    typeof value === "bigint" ? String(value) : value,
  );
}

/**
 * What stood while a table was read three times and changed each time: all that the last reading found, once, and what both before
 * it found: the kernel, which counts its way through a table, passes over an entry when one before it goes.
 */
function standing<R>(readings: readonly (readonly R[])[], identity: (reply: R) => string): R[] {
  const [first, second, last] = readings.map((replies) => new Map(replies.map((each) => [identity(each), each])));
  const passedOver = [...second!].filter(([key]) => first!.has(key) && !last!.has(key));
  return [...last!.values(), ...passedOver.map(([, each]) => each)];
}

/** As often a table is read at least before it is told what stood. */
const READINGS = 3;

/**
 * Dumps until nothing changed meanwhile, for a second, with pauses between that grow. Then two dumps in a row that say the
 * same are the answer: the kernel counts changes of links, for one, against tables that they leave as they are. Where they
 * differ, too, it is what stood, if `identity` tells entries from each other; else it rejects with EINTR.
 */
export async function untilWhole<R>(
  once: () => Promise<Dump<R>>,
  syscall: string,
  subject: string | undefined,
  identity?: (reply: R) => string,
): Promise<R[]> {
  const started = performance.now();
  let tries = 0;
  const readings: R[][] = [];
  for (let wait = FIRST_PAUSE; ; wait = Math.min(2 * wait, LONGEST_PAUSE)) {
    const { replies, interrupted } = await once();
    tries++;
    if (!interrupted) return replies;
    const before = readings.at(-1);
    if (readings.push(replies) > READINGS) readings.shift();
    const isLast = performance.now() - started + wait > PATIENCE;
    if (isLast && before !== undefined && builtin("node:util").isDeepStrictEqual(before, replies)) return replies;
    if (isLast && identity !== undefined && readings.length === READINGS) return standing(readings, identity);
    if (isLast && (identity === undefined || tries >= READINGS)) break;
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
