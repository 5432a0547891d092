import { errnoNumber, NetlinkError } from "../netlink/error.js";
import type { Link } from "../rtnetlink/link.js";
import { optionHint } from "./hints.js";

/** Options that order something rather than hold, or are another link's: never reported back. */
const UNREPORTED: readonly string[] = ["fdbFlush", "flush", "peer"];

/** The names of the options that are given. */
export function givenNames(options: object): string[] {
  return Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
}

/**
 * Throws EOPNOTSUPP for an option that the kernel took without a word and does not report: one that it does not know.
 */
export function checkTaken(link: Link, nest: "data" | "slaveData", options: object): void {
  const reported = (link.linkInfo?.[nest] ?? {}) as Record<string, unknown>;
  const given = options as Record<string, unknown>;
  // A 0 that stands for "none" is left out of what the kernel reports.
  const ignored = givenNames(options).find(
    (name) => !UNREPORTED.includes(name) && reported[name] === undefined && given[name] !== 0,
  );
  if (ignored === undefined) return;
  const attribute = `linkInfo.${nest}.${ignored}`;
  throw new NetlinkError({
    errno: errnoNumber("EOPNOTSUPP"),
    syscall: "RTM_NEWLINK",
    subject: link.name,
    attribute,
    kernelMessage: "the kernel took no notice of it",
    hint: optionHint(attribute),
  });
}
