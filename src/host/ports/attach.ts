import { checkObject, checkSwitch } from "../../base/input.js";
import { once } from "../../base/once.js";
import type { Cancellation } from "../../base/signal.js";
import type { Connection } from "../../netlink/connection.js";
import { NetlinkError } from "../../kernel/error.js";
import type { Outcome, SequencedRequest } from "../../netlink/sequence.js";
import { type LinkSummary, getLinkSummary, summaryIn, summaryRequest } from "../../rtnetlink/link/link-summary.js";
import { joinRequest, type LinkReference, resolved, resolving } from "../../rtnetlink/link/link-requests.js";
import { linkAttributes } from "../../rtnetlink/link/link.js";
import { withExistingLowerLinkUp } from "../links/lower-link.js";
import { type BridgeCache, macKeepers } from "./bridge-cache.js";
import type { Attempt } from "../hints/link-causes.js";
import type { AddBack } from "../links/losses.js";
import { lookedInto } from "../hints/late-hints.js";
import type { AttachOptions } from "./port-settings.js";
import { isSwitch, type Switch } from "./switch.js";
import { type Journal, journalOf, type Journaled, type Operation } from "../work/journal.js";

const toSwitch = once(() => require("./attach-switch.js") as typeof import("./attach-switch.js"));

/** What takes several steps, loaded when something does. */
const inSteps = once(() => require("./attach-in-steps.js") as typeof import("./attach-in-steps.js"));

const bridgeMac = once(() => require("./bridge-mac.js") as typeof import("./bridge-mac.js"));
const bridgeLosses = once(() => require("./bridge-losses.js") as typeof import("./bridge-losses.js"));

/** Whether a bridge's MAC does not follow its ports'. */
function keepsMac(connection: Connection, { index }: LinkSummary): boolean | Promise<boolean> {
  if (macKeepers(connection).has(index)) return true;
  return bridgeMac().hasOwnMac(connection, index);
}

/** What a bridge loses whose MAC does. */
function lastingOf(connection: Connection, { index }: LinkSummary): Promise<AddBack> {
  return bridgeLosses().lastingOfBridge(connection, index);
}

/** A link that goes by its index from here on, whatever it was given by. */
interface Known {
  readonly index: number;
  readonly name?: string | undefined;
}

/**
 * The usual case in one sequence: a link that is nobody's port and has the bridge's MTU, and no options. It is
 * looked at and joins, if it is so and the bridge still has that MTU. The look also syncs a fresh TAP's operational state, which
 * makes joining cheaper by a third. Nobody else joins it in between who heeds the namespace's lock.
 */
function joinRequests(port: LinkReference, bridge: LinkSummary): SequencedRequest[] {
  const { master, mtu } = linkAttributes.entries;
  const conditions = [
    ...resolving(port, 1, 0),
    LOCKED,
    { link: bridge.index, mtu: bridge.mtu },
    { back: 1, attribute: master[0] },
    { back: 1, attribute: mtu[0], equals: bridge.mtu },
  ];
  return [summaryRequest(port), joinRequest(resolved(port), bridge.index, conditions)];
}

const LOCKED = { locked: true } as const;

type Joining = readonly [looked: Outcome, joined: Outcome];

/** What became of that: when there was more to it than one sequence, nothing has changed, and the link is given, to go on with. */
async function afterJoining(
  connection: Connection,
  port: LinkReference,
  bridge: LinkSummary,
  outcomes: Joining,
  signal: AbortSignal | undefined,
  outer: Journal | undefined,
  addBack: AddBack | undefined,
): Promise<Known | undefined> {
  const [looked, joined] = outcomes;
  const operation = (): Operation => {
    const look = summaryIn(looked, port);
    const done = `${look.name} was made a port of ${bridge.name}`;
    return inSteps().portChange({ ...look, master: 0, options: {} }, done, addBack);
  };
  const putBack = (error: unknown): Promise<unknown> => {
    const journal = journalOf(connection);
    journal.add(operation());
    return journal.undo(error);
  };
  if (joined.error === undefined) {
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

/** Makes a link a port of a link that has ports, or of a switch that is none of Linux's (attach-switch.ts). */
export function attachPort(
  connection: Connection,
  cache: BridgeCache,
  port: LinkReference,
  to: LinkReference | Switch,
  options: AttachOptions & Journaled & Cancellation,
): Promise<void> {
  if (isSwitch(to)) return toSwitch().attachToSwitch(connection, port, to, options);
  try {
    return attachToLink(connection, cache, port, to, options);
  } catch (error) {
    const reason = error as Error;
    return Promise.reject(reason);
  }
}

/**
 * Makes a link a port of a bridge, a bond, a team or a VRF: master, then the port's options and VLANs, then up, so that it
 * never forwards before it is configured. A port must be down to join a bond or a team: it is taken down. A TUN or TAP takes
 * on a bridge's MTU, and the kernel gives every port of a bond the bond's MTU and MAC. What a VLAN is on comes up with it.
 * When a step fails, or the signal aborts, the port is put back as it was; otherwise a journal, if one is given, is told how that is done.
 */
function attachToLink(
  connection: Connection,
  cache: BridgeCache,
  port: LinkReference,
  bridge: LinkReference,
  options: AttachOptions & Journaled & Cancellation,
): Promise<void> {
  const { signal, journal } = options;
  const plain = isPlain(options);
  // The usual case, first, without any function that awaits another: each costs what a tenth of the kernel's work does.
  const remembered = plain ? cache.recall(bridge) : undefined;
  signal?.throwIfAborted();
  if (remembered?.kind !== "bridge" || !macKeepers(connection).has(remembered.index)) return inOrder();
  return joinAtOnce(connection, port, remembered).then((outcomes) =>
    outcomes[1].error === undefined && signal === undefined && journal === undefined
      ? undefined
      : inOrder({ bridge: remembered, outcomes }),
  );

  /** All that may be to it; `begun`: the sequence that was made already. */
  function inOrder(begun?: Begun): Promise<void> {
    const { signal, journal, ...chosen } = options;
    return withExistingLowerLinkUp(connection, port, async (same) => {
      const first = begun ?? (plain ? await begin(connection, cache, same, bridge, signal) : undefined);
      begun = undefined;
      const left =
        first === undefined
          ? same
          : await afterJoining(connection, same, first.bridge, first.outcomes, signal, journal, first.addBack);
      if (left === undefined) await first?.addBack?.();
      else await inSteps().attachInSteps(connection, cache, left, bridge, chosen, signal, journal);
    });
  }
}

/** The first sequence, with the bridge that it was made for. */
interface Begun {
  readonly bridge: LinkSummary;
  readonly outcomes: Joining;
  /** Puts back what the bridge has lost with its MAC. */
  readonly addBack?: AddBack | undefined;
}

function joinAtOnce(connection: Connection, port: LinkReference, bridge: LinkSummary): Promise<Joining> {
  // As many outcomes as requests.
  return connection.sequence(joinRequests(port, bridge)) as unknown as Promise<Joining>;
}

/** Makes that sequence, with a bridge that is remembered, which it verifies, or looked at; undefined where it is no bridge. */
async function begin(
  connection: Connection,
  cache: BridgeCache,
  port: LinkReference,
  to: LinkReference,
  signal: AbortSignal | undefined,
): Promise<Begun | undefined> {
  const bridge = cache.recall(to) ?? (await cache.summary(to));
  if (bridge.kind !== "bridge") return undefined;
  const addBack = (await keepsMac(connection, bridge)) ? undefined : await lastingOf(connection, bridge);
  signal?.throwIfAborted();
  return { bridge, outcomes: await joinAtOnce(connection, port, bridge), addBack };
}

/** Whether no option of the port is given. Throws InputError for what cannot be meant. */
function isPlain(options: AttachOptions & Journaled & Cancellation): boolean {
  checkObject(options, "how a port is attached");
  let plain = true;
  for (const name in options) if (!CARE.has(name) && options[name as keyof AttachOptions] !== undefined) plain = false;
  checkSwitch(options.move, "move");
  checkSwitch(options.withoutFiltering, "withoutFiltering");
  return plain;
}

/** Options that say how it is done, and nothing of the port. */
const CARE: ReadonlySet<string> = new Set(["signal", "journal", "move", "withoutFiltering"]);
