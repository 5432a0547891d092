import { errnoNumber } from "../base/errno.js";
import { InputError, quoted } from "../base/errors.js";
import { checkKnown } from "../base/input.js";
import { type Cancellation, checkSignal, onAbort } from "../base/signal.js";
import type { Namespace } from "../host/work/namespace.js";
import { NetlinkError } from "../kernel/error.js";
import { watchingEnded } from "../kernel/multicast.js";
import type { Address } from "../rtnetlink/address/address-requests.js";
import type { Link } from "../rtnetlink/link/link.js";
import { describeLink, indexIn, type LinkReference } from "../rtnetlink/link/link-requests.js";
import { type Feed, openFeed } from "./feed.js";

/**
 * What is waited for. "up": administratively; "carrier"; "forwarding": a bridge's port by the spanning tree; "active": a bond's port that is
 * used; "addresses": there is one at least, and none is tentative any more (duplicate address detection is over); "gone"; an operational
 * state; a master, by its name or index; or whatever a function finds, over what the kernel tells of.
 */
export type Condition =
  | "there"
  | "up"
  | "carrier"
  | "forwarding"
  | "active"
  | "addresses"
  | "gone"
  | { readonly operstate: NonNullable<Link["operstate"]> }
  | { readonly master: LinkReference }
  | ((link: Link, addresses: readonly Address[]) => boolean);

/** How long is waited. */
export interface WaitOptions extends Cancellation {
  /** Milliseconds after which it rejects with ETIMEDOUT; never unless given. */
  readonly timeout?: number | undefined;
}

interface Seen {
  readonly link: Link;
  readonly addresses: readonly Address[];
  readonly linkOf: (reference: LinkReference) => Link | undefined;
}

type Test = (seen: Seen) => boolean;

const portStateOf = ({ linkInfo }: Link): string | undefined =>
  (linkInfo?.slaveData as { state?: string } | undefined)?.state;
const isReady = ({ flags }: Address): boolean => !flags.includes("tentative") && !flags.includes("dadfailed");

const TESTS: Readonly<Record<string, Test>> = {
  there: () => true,
  up: ({ link }) => link.up,
  carrier: ({ link }) => link.carrier === true && link.up,
  forwarding: ({ link }) => link.linkInfo?.slaveKind === "bridge" && portStateOf(link) === "forwarding",
  active: ({ link }) => link.linkInfo?.slaveKind === "bond" && portStateOf(link) === "active",
  addresses: ({ addresses }) => addresses.length > 0 && addresses.every(isReady),
  gone: () => false,
};

function testOf(condition: Condition): Test {
  if (typeof condition === "function") return ({ link, addresses }) => condition(link, addresses);
  if (typeof condition === "object" && condition !== null) {
    checkKnown(condition, ["operstate", "master"], "a condition");
    if ("operstate" in condition) return ({ link }) => link.operstate === condition.operstate;
    if ("master" in condition)
      return ({ link, linkOf }) => link.master !== undefined && linkOf(condition.master)?.index === link.master;
  }
  const test = typeof condition === "string" && Object.hasOwn(TESTS, condition) ? TESTS[condition] : undefined;
  if (test === undefined)
    throw new InputError(
      `${quoted(condition)} is none of ${Object.keys(TESTS).join(", ")}, { operstate }, { master } or a function`,
      "condition",
    );
  return test;
}

function describe(condition: Condition): string {
  if (typeof condition === "function") return condition.name === "" ? "a condition of the caller's" : condition.name;
  if (typeof condition === "string") return condition;
  return "operstate" in condition ? `operstate ${condition.operstate}` : `port of ${describeLink(condition.master)}`;
}

function describeSeen(link: Link | undefined, addresses: readonly Address[]): string {
  if (link === undefined) return "there is no such link";
  const port = portStateOf(link);
  return [
    link.up ? "up" : "down",
    link.carrier === true ? "carrier" : "no carrier",
    `operstate ${link.operstate ?? "unknown"}`,
    link.master === undefined ? "no port" : `port of link ${link.master}`,
    ...(port === undefined ? [] : [`port state ${port}`]),
    ...addresses.map(({ address, flags }) => [address, ...flags].join(" ")),
  ].join(", ");
}

/**
 * Resolves with a link, as it is then, when a condition holds; undefined for "gone". Nothing is polled: it is looked at whenever the
 * kernel tells something of it. Rejects with ETIMEDOUT, saying what was waited for and what was seen last, or with the signal's reason.
 */
export async function waitFor(
  namespace: Namespace,
  reference: LinkReference,
  condition: Condition,
  options: WaitOptions = {},
): Promise<Link | undefined> {
  checkKnown(options, ["signal", "timeout"], "the options of waiting");
  const { signal, timeout } = options;
  if (timeout !== undefined && !(timeout >= 0 && timeout <= 0x7fffffff))
    throw new InputError(`${quoted(timeout)} is not a number of milliseconds`, "timeout");
  const test = testOf(condition);
  checkSignal(signal);
  if (typeof reference !== "string") indexIn(reference);

  let feed: Feed | undefined;
  let timer: NodeJS.Timeout | undefined;
  let forget: () => void = () => undefined;
  let close = false;

  const linkOf = (wanted: LinkReference): Link | undefined => {
    const links = feed!.kept.tables.get("link")!;
    if (typeof wanted !== "string") return links.get(indexIn(wanted));
    for (const link of links.values())
      if (link.name === wanted || link.altnames?.includes(wanted) === true) return link;
    return undefined;
  };
  const addressesOf = (link: Link | undefined): readonly Address[] =>
    [...(feed?.kept.tables.get("address")?.values() ?? [])].filter(({ index }) => index === link?.index);

  try {
    return await new Promise<Link | undefined>((resolve, reject: (reason: Error) => void) => {
      forget = onAbort(signal, reject as (reason: unknown) => void);
      if (timeout !== undefined)
        timer = setTimeout(() => {
          const link = feed && linkOf(reference);
          const subject = describeLink(reference);
          const seen =
            feed === undefined ? "nothing was seen yet" : `seen last: ${describeSeen(link, addressesOf(link))}`;
          const refusal = { errno: errnoNumber("ETIMEDOUT"), syscall: "poll", subject, kernelMessage: seen };
          reject(
            new NetlinkError(
              refusal,
              `${subject}: still waiting for ${describe(condition)} after ${timeout} ms; ${seen} (ETIMEDOUT)`,
            ),
          );
        }, timeout);
      const look = (): void => {
        if (feed === undefined) return;
        try {
          const link = linkOf(reference);
          if (link === undefined) {
            if (condition === "gone") resolve(undefined);
          } else if (test({ link, addresses: addressesOf(link), linkOf })) resolve(link);
        } catch (error) {
          reject(error as Error);
        }
      };
      openFeed(namespace, {
        watched: ["link", "address"],
        tell: look,
        ended: (reason) => {
          reject((reason as Error | undefined) ?? watchingEnded());
        },
      }).then((opened) => {
        feed = opened;
        if (close) void opened.close();
        else look();
      }, reject);
    });
  } finally {
    close = true;
    clearTimeout(timer);
    forget();
    await feed?.close();
  }
}
