import { errnoNumber, NetlinkError } from "../netlink/error.js";
import type { Link } from "../rtnetlink/link.js";
import { optionHint } from "./hints.js";

/**
 * Options that order something rather than hold, or are another link's: never reported back. A bond's primary is reported
 * while it is a port, and the port in use where there is one; its LACP system only to who has CAP_NET_ADMIN in the first
 * user namespace.
 */
const UNREPORTED: readonly string[] = [
  ...["fdbFlush", "flush", "peer"],
  ...["primary", "activePort", "adActorSysPrio", "adUserPortKey", "adActorSystem"],
];

/** The names of the options that are given. */
export function givenNames(options: object): string[] {
  return Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
}

/** A 0 that stands for "none", or an empty list: left out of what the kernel reports. */
function isNone(value: unknown): boolean {
  return value === 0 || (Array.isArray(value) && value.length === 0);
}

/**
 * Throws EOPNOTSUPP for an option that the kernel took without a word and does not report: one that it does not know.
 */
export function checkTaken(link: Link, nest: "data" | "slaveData", options: object): void {
  const reported = (link.linkInfo?.[nest] ?? {}) as Record<string, unknown>;
  const given = options as Record<string, unknown>;
  const ignored = givenNames(options).find(
    (name) => !UNREPORTED.includes(name) && reported[name] === undefined && !isNone(given[name]),
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
