import { checkObject, checkSwitch } from "../../base/input.js";
import type { Cancellation } from "../../base/signal.js";
import type { Connection } from "../../netlink/connection.js";
import { NetlinkError } from "../../kernel/error.js";
import type { Outcome } from "../../netlink/sequence.js";
import { type LinkSummary, getLinkSummary, summaryIn, summaryRequest } from "../../rtnetlink/link/link-summary.js";
import { joinRequest, type LinkReference, resolved, resolving } from "../../rtnetlink/link/link-requests.js";
import { linkAttributes } from "../../rtnetlink/link/link.js";
import { withExistingLowerLinkUp } from "../links/lower-link.js";
import type { BridgeCache } from "./bridge-cache.js";
import type { Attempt } from "../hints/causes.js";
import { lookedInto } from "../hints/explain.js";
import type { AttachOptions } from "./port-vlans.js";
import { isSwitch, type Switch } from "./switch.js";
import { overtaken } from "../hints/refusal.js";
import { givenNames } from "../links/verify.js";
import { type Journal, journalOf, type Journaled, type Operation } from "../work/journal.js";

const toSwitch = (): typeof import("./attach-switch.js") =>
  require("./attach-switch.js") as typeof import("./attach-switch.js");

/** What takes several steps, loaded when something does. */
const inSteps = (): typeof import("./join.js") => require("./join.js") as typeof import("./join.js");

/** A link that goes by its index from here on, whatever it was given by. */
interface Known {
  readonly index: number;
  readonly name?: string | undefined;
}

/**
 * The usual case in one sequence: a link that is nobody's port and has the bridge's MTU, and no options. It is
 * looked at and joins, if it is so and the bridge still has that MTU. When it is not so, nothing has changed, and the link is
 * given, to go on with. The look also syncs a fresh TAP's operational state, which makes joining cheaper by a third.
 */
async function joinAtOnce(
  connection: Connection,
  port: LinkReference,
  bridge: LinkSummary,
  signal: AbortSignal | undefined,
  outer: Journal | undefined,
): Promise<Known | undefined> {
  const { master, mtu } = linkAttributes.entries;
  const conditions = [
    ...resolving(port, 1, 1),
    { link: bridge.index, mtu: bridge.mtu },
    { back: 1, attribute: master[0] },
    { back: 1, attribute: mtu[0], equals: bridge.mtu },
  ];
  signal?.throwIfAborted();
  const same = resolved(port);
  const requests = [summaryRequest(port), joinRequest(same, bridge.index, conditions), summaryRequest(same)];
  const [looked, joined, after] = (await connection.sequence(requests)) as [Outcome, Outcome, Outcome];
  const operation = (): Operation => {
    const look = summaryIn(looked, port);
    const done = `${look.name} was made a port of ${bridge.name}`;
    return inSteps().portChange({ ...look, master: 0, options: {} }, done);
  };
  const putBack = (error: unknown): Promise<unknown> => {
    const journal = journalOf(connection);
    journal.add(operation());
    return journal.undo(error);
  };
  if (joined.error === undefined) {
    const now = summaryIn(after, port);
    if (now.master !== bridge.index) throw overtaken(now.name);
    if (signal?.aborted === true) throw await putBack(signal.reason);
    outer?.add(operation());
    return undefined;
  }
  if (isCanceled(joined.error)) return summaryIn(looked, port);
  const link = summaryIn(looked, port);
  const error = await putBack(joined.error);
  // Another link may have got the index of a bridge that is gone.
  if (error === joined.error && (await getLinkSummary(connection, bridge)).kind !== "bridge") return link;
  return lookedInto(connection, Promise.reject(error as Error), joining(link, bridge));
}

/** What is tried, for who looks for the cause of a refusal. */
function joining(port: LinkSummary, master: LinkSummary): Attempt {
  return { settings: {}, joining: { port: port.index, master: master.index } };
}

/** A condition did not hold, and nothing was done. */
function isCanceled(error: Error): boolean {
  return error instanceof NetlinkError && error.code === "ECANCELED";
}

/** The same with a bridge that is remembered, which the sequence verifies, or looked at. What it gives takes several steps. */
async function attachAtOnce(
  connection: Connection,
  cache: BridgeCache,
  port: LinkReference,
  bridge: LinkReference,
  signal: AbortSignal | undefined,
  outer: Journal | undefined,
): Promise<LinkReference | undefined> {
  const seen = cache.recall(bridge) ?? (await cache.summary(bridge));
  return seen.kind === "bridge" ? joinAtOnce(connection, port, seen, signal, outer) : port;
}

/** Makes a link a port of a link that has ports, or of a switch that is none of Linux's (attach-switch.ts). */
export function attachPort(
  connection: Connection,
  cache: BridgeCache,
  port: LinkReference,
  to: LinkReference | Switch,
  options: AttachOptions & Journaled & Cancellation,
): Promise<void> {
  if (isSwitch(to)) return toSwitch().attachToSwitch(connection, port, to, options);
  return attachToLink(connection, cache, port, to, options);
}

/**
 * Makes a link a port of a bridge, a bond, a team or a VRF: master, then the port's options and VLANs, then up, so that it
 * never forwards before it is configured. A port must be down to join a bond or a team: it is taken down. A TUN or TAP takes
 * on a bridge's MTU, and the kernel gives every port of a bond the bond's MTU and MAC. What a VLAN is on comes up with it.
 * When a step fails, or the signal aborts, the port is put back as it was; otherwise a journal, if one is given, is told how that is done.
 */
async function attachToLink(
  connection: Connection,
  cache: BridgeCache,
  port: LinkReference,
  bridge: LinkReference,
  options: AttachOptions & Journaled & Cancellation,
): Promise<void> {
  checkObject(options, "how a port is attached");
  const { signal, journal, ...chosen } = options;
  const { move, withoutFiltering, ...settings } = chosen;
  checkSwitch(move, "move");
  checkSwitch(withoutFiltering, "withoutFiltering");
  const plain = givenNames(settings).length === 0;
  await withExistingLowerLinkUp(connection, port, async (same) => {
    const left = plain ? await attachAtOnce(connection, cache, same, bridge, signal, journal) : same;
    if (left !== undefined) await inSteps().attachInSteps(connection, cache, left, bridge, chosen, signal, journal);
  });
}
