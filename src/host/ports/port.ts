import { type AttributeTable, checkWritable, type Settings } from "../../netlink/codecs/attributes.js";
import { Writer } from "../../netlink/codecs/bytes.js";
import type { Connection } from "../../netlink/connection.js";
import { bondPort, type BondPortOptions } from "../../rtnetlink/link/kinds/bond-port.js";
import { bridgePort } from "../../rtnetlink/link/kinds/bridge-port.js";
import { NetlinkError } from "../../kernel/error.js";
import { portKinds } from "../../rtnetlink/link/kinds/index.js";
import type { PortKind } from "../../rtnetlink/link/link-kind.js";
import { type BridgeVlanStatus, listVlans, restoreVlans } from "../../rtnetlink/bridge/bridge-vlan-requests.js";
import { changeLink, getLink, type LinkReference, type LinkSettings } from "../../rtnetlink/link/link-requests.js";
import { getLinkSummary } from "../../rtnetlink/link/link-summary.js";
import { changeWhole } from "../links/change-link.js";
import { explained } from "../hints/late-hints.js";
import { type AddBack, inTurn, lossesOf } from "../links/losses.js";
import type { Journaled, Operation } from "../work/journal.js";
import { lastingOfBridge } from "./bridge-losses.js";
import { addEntriesBack, entriesOfPort, type PortEntries } from "./port-entries.js";
import { refuse } from "../hints/own-refusals.js";
import { checkTaken, givenNames } from "../links/verify.js";

/** Options of a bridge's port, or of a bond's: those that can be set. */
export type PortOptions = Settings<typeof bridgePort> & Pick<BondPortOptions, "queueId" | "prio" | "actorPortPrio">;

/** Whether links of a kind can have ports. */
export function isPortKind(kind: string | undefined): kind is PortKind {
  return kind !== undefined && Object.hasOwn(portKinds, kind);
}

/** A port must be down to join a bond or a team, which then brings it up. */
export function joinsDown(kind: string | undefined): boolean {
  return kind === "bond" || kind === "team";
}

/** A port goes down on the way into all but a bridge: a VRF takes it down and brings it up. */
export function passesDown(kind: PortKind): boolean {
  return kind !== "bridge";
}

/** Whose port has these options: a bridge's, unless one of them is only a bond's. */
function kindOf(options: PortOptions): PortKind {
  const isBonds = (name: string): boolean => name in bondPort.entries && !(name in bridgePort.entries);
  return givenNames(options).some(isBonds) ? "bond" : "bridge";
}

/** What has to be known of a port to put it back. */
export interface PortState {
  readonly index: number;
  readonly name: string;
  readonly kind: string | undefined;
  readonly up: boolean;
  readonly mtu: number | undefined;
  /** Index of its master, 0 for none. */
  readonly master: number;
  /** The kind of its master. */
  readonly masterKind?: PortKind | undefined;
  readonly options: PortOptions;
  /** Its VLANs, where they are to be put back. */
  readonly vlans?: readonly BridgeVlanStatus[] | undefined;
  /** Its entries in its bridge's tables, where they are to be put back. */
  readonly entries?: PortEntries | undefined;
}

/** How a link is now. */
export async function portState(connection: Connection, port: LinkReference): Promise<PortState> {
  const { index, name, kind, up, mtu, master = 0, linkInfo } = await getLink(connection, port);
  const slaveKind = linkInfo?.slaveKind;
  const masterKind = isPortKind(slaveKind) ? slaveKind : undefined;
  const options = masterKind === undefined ? {} : ((linkInfo?.slaveData ?? {}) as PortOptions);
  return { index, name, kind, up, mtu, master, masterKind, options };
}

/** The VLANs of a bridge's port, as far as the kernel has such. */
export async function vlansOfPort(connection: Connection, port: PortState): Promise<BridgeVlanStatus[] | undefined> {
  if (port.masterKind !== "bridge") return undefined;
  try {
    return await listVlans(connection, { link: port });
  } catch (error) {
    if (error instanceof NetlinkError && error.code === "EOPNOTSUPP") return undefined;
    throw error;
  }
}

/** A port with all that it loses when it leaves its bridge. */
export async function wholeState(connection: Connection, port: PortState): Promise<PortState> {
  if (port.masterKind !== "bridge") return port;
  const vlans = await vlansOfPort(connection, port);
  return { ...port, vlans, entries: await entriesOfPort(connection, port) };
}

/** Throws InputError for options that a port of such a master cannot have. */
export function checkPortOptions(kind: PortKind, options: PortOptions): void {
  const table = portKinds[kind] as AttributeTable;
  checkWritable(table, options);
  table.encode(new Writer(), options);
}

/** Sets a port's options, and more of it, in one message. */
export function changePort(
  connection: Connection,
  port: LinkReference,
  kind: PortKind,
  options: PortOptions,
  settings: LinkSettings = {},
): Promise<void> {
  const changed = changeLink(connection, port, { ...settings, linkInfo: { slaveKind: kind, slaveData: options } });
  return explained(changed, {}, { path: "linkInfo.slaveData", names: givenNames(options) });
}

/** The options that can be set again. The spanning tree state is the bridge's affair. */
function restorable(kind: PortKind, options: PortOptions): PortOptions {
  const { entries }: AttributeTable = portKinds[kind];
  const kept = Object.entries(options).filter(
    ([name, value]) =>
      value !== undefined && name !== "state" && name in entries && entries[name]![1].readOnly !== true,
  );
  return Object.fromEntries(kept);
}

/** What to do about what Open vSwitch has in the kernel. */
export const OPEN_VSWITCH = "its bridges are switches of linkwright/openvswitch, by openvswitch().bridge(NAME)";

/** Puts a port back as it was: a port with options is down until it has them. */
export async function restorePort(connection: Connection, before: PortState): Promise<void> {
  const { master, masterKind = "bridge", mtu, up, vlans, entries } = before;
  const options = master === 0 ? {} : restorable(masterKind, before.options);
  const configured = givenNames(options).length > 0;
  if (!up || configured || joinsDown(masterKind)) await changeLink(connection, before, { up: false });
  await changeLink(connection, before, { master, mtu });
  if (configured && vlans !== undefined) {
    await changePort(connection, before, masterKind, options);
    await restoreVlans(connection, before, vlans);
    await changeLink(connection, before, { up });
  } else if (configured) await changePort(connection, before, masterKind, options, { up });
  else if (up) await changeLink(connection, before, { up });
  if (entries !== undefined) await addEntriesBack(connection, before, entries);
}

/** That something was done to a port, which is put back with its master, options, MTU and state; `addBack`: what it lost when it went down. */
export function portChange(before: PortState, done: string, addBack?: AddBack): Operation {
  return {
    done,
    undo: `put ${before.name} back as it was`,
    async requests(to) {
      await restorePort(to, before);
      await addBack?.(to);
    },
  };
}

/** That a port that stays where it is was given these options, and other VLANs where they are known. */
export function optionChange(before: PortState, names: readonly string[]): Operation {
  const { name, masterKind = "bridge", vlans } = before;
  const had = Object.fromEntries(Object.entries(before.options).filter(([each]) => names.includes(each)));
  return {
    done: `${name} was given other options`,
    undo: `give ${name} its former options back`,
    async requests(to) {
      if (givenNames(had).length > 0) await changePort(to, before, masterKind, had);
      if (vlans !== undefined) await restoreVlans(to, before, vlans);
    },
  };
}

/** Changes a port's options, and checks that the kernel took them. */
export async function setPortOptions(connection: Connection, port: LinkReference, options: PortOptions): Promise<void> {
  const kind = kindOf(options);
  checkPortOptions(kind, options);
  // The kernel would take the options of the one kind for those of the other that have the same numbers.
  const { index, name, linkInfo } = await getLink(connection, port);
  if (linkInfo?.slaveKind !== kind) throw refuse("EOPNOTSUPP", name, `it is no port of a ${kind}`);
  const suspects = { path: "linkInfo.slaveData", names: givenNames(options) } as const;
  const settings = { linkInfo: { slaveKind: kind, slaveData: options } };
  await changeWhole(connection, { index, name }, settings, suspects, (after) => {
    checkTaken(after, "slaveData", options);
  });
}

/**
 * Takes a port out of its master; one that has none is left alone. But for a bridge's, it goes down on the way, and would
 * lose the IPv6 addresses that it was given; a bridge may have had its MAC, and would lose its neighbours.
 */
export async function detachPort(
  connection: Connection,
  port: LinkReference,
  { journal }: Journaled = {},
): Promise<void> {
  const { index, name, up, master = 0, slaveKind } = await getLinkSummary(connection, port);
  if (slaveKind === "openvswitch") throw refuse("EOPNOTSUPP", name, "it is a port of Open vSwitch", OPEN_VSWITCH);
  const before = journal === undefined ? undefined : await portState(connection, index);
  const whole = before && (await wholeState(connection, before));
  const goesDown = up && isPortKind(slaveKind) && passesDown(slaveKind);
  const addBack = inTurn([
    ...(goesDown ? [await lossesOf(connection, { index })] : []),
    ...(slaveKind === "bridge" ? [await lastingOfBridge(connection, master)] : []),
  ]);
  await changeLink(connection, { index, name }, { master: 0 });
  if (whole !== undefined && whole.master !== 0)
    journal?.add(portChange(whole, `${name} was taken out of its master`, addBack));
  await addBack();
}
