import type { PortKind } from "../../rtnetlink/link/link-kind.js";
import type { Connection } from "../../netlink/connection.js";
import { NetlinkError } from "../../kernel/error.js";
import { checkVlans, replaceVlans } from "../../rtnetlink/bridge/bridge-vlan-requests.js";
import { type LinkSummary, getLinkSummary, summaryRequest } from "../../rtnetlink/link/link-summary.js";
import { linkAttributes } from "../../rtnetlink/link/link.js";
import {
  changeLink,
  changeRequest,
  getLink,
  type LinkReference,
  type LinkSettings,
} from "../../rtnetlink/link/link-requests.js";
import { withJoinHint } from "../hints/bond-hints.js";
import { lookedInto } from "../hints/late-hints.js";
import type { BridgeCache } from "./bridge-cache.js";
import { lastingOfBridge, lossesToPort } from "./bridge-losses.js";
import { inTurn, lossesOf } from "../links/losses.js";
import {
  changePort,
  checkPortOptions,
  isPortKind,
  joinsDown,
  OPEN_VSWITCH,
  optionChange,
  passesDown,
  portChange,
  type PortOptions,
  type PortState,
  portState,
  vlansOfPort,
  wholeState,
} from "./port.js";
import { type AttachOptions, checkSeparation, optionsWith, type PortSettings, setPort } from "./port-settings.js";
import { overtaken, refuse } from "../hints/own-refusals.js";
import { checkTaken, givenNames } from "../links/verify.js";
import { together } from "../../base/together.js";
import { type Journal, journalOf } from "../work/journal.js";

export { portChange };

/** One step of joining, taken only while the port has the master that it was seen to have. */
async function takeStep(connection: Connection, before: PortState, settings: LinkSettings): Promise<void> {
  const [attribute] = linkAttributes.entries.master;
  const condition = { back: 1, attribute, equals: before.master === 0 ? undefined : before.master };
  const outcomes = await connection.sequence([summaryRequest(before), changeRequest(before, settings, [condition])]);
  const { error } = outcomes.pop()!;
  if (error !== undefined) throw error;
}

/** What decides whom a port's frames reach: one that is up is taken down until it has it. The rest changes in place. */
const SEPARATING: readonly string[] = ["vlans", "isolated", "locked", "learning", "state"];

function isSeparated(options: PortSettings): boolean {
  return givenNames(options).some((name) => SEPARATING.includes(name));
}

/** Joins, gets its options and VLANs, and comes up once the kernel reports that it has them; its state follows. */
async function join(
  connection: Connection,
  before: PortState,
  kind: PortKind,
  settings: LinkSettings,
  { vlans, ...given }: PortSettings,
  signal: AbortSignal | undefined,
): Promise<void> {
  const plain = givenNames({ ...given, vlans }).length === 0;
  const goesDown = joinsDown(kind) || isSeparated({ ...given, vlans });
  if (before.up && goesDown) await takeStep(connection, before, { up: false });
  signal?.throwIfAborted();
  await takeStep(connection, before, plain && !goesDown ? { ...settings, up: true } : settings);
  if (plain) {
    // Linux before 6.2 brings it up before it leaves its master, which may take it down.
    if (before.master !== 0 && !goesDown) await changeLink(connection, before, { up: true });
    return;
  }
  const { state, ...options } = optionsWith(vlans, given);
  const [, , after] = await together([
    changePort(connection, before, kind, options),
    vlans === undefined ? Promise.resolve() : replaceVlans(connection, before, vlans),
    getLink(connection, before),
  ]);
  checkTaken(after, "slaveData", options);
  await changeLink(connection, before, { up: true });
  if (state !== undefined) await setState(connection, before, kind, { state });
}

/** The kernel takes a port's spanning tree state only while it has a carrier, which a look at the port makes it notice. */
async function setState(connection: Connection, port: PortState, kind: PortKind, options: PortOptions): Promise<void> {
  const [, , after] = await together([
    getLinkSummary(connection, port.index),
    changePort(connection, port, kind, options),
    getLink(connection, port),
  ]);
  checkTaken(after, "slaveData", options);
}

/** A port that is attached already keeps everything, but for the options and VLANs that are given and differ. */
async function changeOptions(
  connection: Connection,
  port: PortState,
  options: PortSettings,
  outer: Journal | undefined,
): Promise<void> {
  const present = port.options as Record<string, unknown>;
  const differing = Object.entries(options).filter(([name, value]) => value !== undefined && present[name] !== value);
  if (differing.length === 0) return;
  const vlans = options.vlans === undefined || outer === undefined ? undefined : await vlansOfPort(connection, port);
  await setPort(connection, port, Object.fromEntries(differing));
  outer?.add(
    optionChange(
      { ...port, vlans },
      differing.map(([name]) => name),
    ),
  );
}

/** Somebody else gave the port another master in the meantime. */
function isOvertaken(error: unknown): boolean {
  return error instanceof NetlinkError && error.code === "ECANCELED" && error.syscall === "RTM_NEWLINK";
}

/** Looks whether the port is where it was put. */
async function checkJoined(connection: Connection, port: PortState, master: LinkSummary): Promise<void> {
  const { master: owner } = await getLinkSummary(connection, port.index);
  if (owner !== master.index) throw overtaken(port.name);
}

/** Looks at the port, decides, and joins; false when the port was given another master in the meantime. */
async function lookAndJoin(
  connection: Connection,
  port: LinkReference,
  master: LinkSummary,
  kind: PortKind,
  { move, ...options }: Omit<AttachOptions, "withoutFiltering">,
  signal: AbortSignal | undefined,
  outer: Journal | undefined,
): Promise<boolean> {
  const before = await portState(connection, port);
  if (before.master === master.index) {
    await changeOptions(connection, before, options, outer);
    return true;
  }
  if (before.master !== 0 && move !== true) {
    const owner = await getLinkSummary(connection, before.master);
    const hint = "detach it first, or ask for it to be moved";
    throw refuse("EBUSY", before.name, `it belongs to ${owner.name} already`, hint);
  }
  const goesDown = before.up && (before.master !== 0 || isSeparated(options) || passesDown(kind));
  const whole = await wholeState(connection, before);
  const mtu = kind === "bridge" && before.kind === "tun" && before.mtu !== master.mtu ? master.mtu : undefined;
  const losses =
    kind === "bridge"
      ? await lossesToPort(connection, master, { name: before.name, mtu: mtu ?? before.mtu ?? master.mtu })
      : undefined;
  const addBack = inTurn([
    ...(goesDown ? [await lossesOf(connection, before)] : []),
    ...(before.masterKind === "bridge" ? [await lastingOfBridge(connection, before.master)] : []),
    ...(losses === undefined ? [] : [losses.addBack]),
  ]);
  signal?.throwIfAborted();
  const journal = journalOf(connection);
  journal.add(portChange(whole, `${before.name} was made a port of ${master.name}`, addBack));
  try {
    await join(connection, before, kind, { master: master.index, mtu }, options, signal);
    await losses?.check();
    signal?.throwIfAborted();
  } catch (error) {
    if (isOvertaken(error)) return false;
    throw await journal.undo(kind === "bond" ? withJoinHint(error) : error);
  }
  outer?.add(...journal.operations);
  await addBack();
  await checkJoined(connection, before, master);
  return true;
}

/** How often a port is looked at again that others attach at the same time. */
const TRIES = 5;

/** Makes a link a port of anything that has ports, with options and VLANs: it is looked at, and joins step by step. */
export async function attachInSteps(
  connection: Connection,
  cache: BridgeCache,
  port: LinkReference,
  bridge: LinkReference,
  options: AttachOptions,
  signal: AbortSignal | undefined,
  outer: Journal | undefined,
): Promise<void> {
  const { vlans, move, withoutFiltering, ...portOptions } = options;
  if (vlans !== undefined) checkVlans(vlans);
  const master = await cache.summary(bridge);
  const { kind } = master;
  if (kind === "openvswitch") throw refuse("EINVAL", master.name, "it is a link of Open vSwitch", OPEN_VSWITCH);
  if (!isPortKind(kind)) throw refuse("EINVAL", master.name, "it is no bridge, bond, team or VRF");
  checkPortOptions(kind, portOptions);
  if (vlans !== undefined) await checkSeparation(connection, master, withoutFiltering);
  const wanted = { ...portOptions, move, vlans };
  const { index, name } = await getLinkSummary(connection, port);
  const tried = { settings: {}, joining: { port: index, master: master.index } };
  for (let attempt = 0; attempt < TRIES; attempt++)
    if (
      await lookedInto(connection, lookAndJoin(connection, { index, name }, master, kind, wanted, signal, outer), tried)
    )
      return;
  throw refuse("EBUSY", name, "others keep giving it another master");
}
