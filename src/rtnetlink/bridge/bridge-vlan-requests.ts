import type { Values } from "../../netlink/codecs/attributes.js";
import type { Connection } from "../../netlink/connection.js";
import { stated } from "../../netlink/dump.js";
import { checkList, checkObject, checkSwitch } from "../../base/input.js";
import { InputError, under } from "../../base/errors.js";
import { anyMessageType, type Message } from "../../netlink/message.js";
import {
  RTM_DELVLAN,
  RTM_GETVLAN,
  RTM_NEWVLAN,
  type vlanDatabase,
  type VlanEntryValues,
  type VlanFlag,
  type VlanHeader,
  type vlanStatistics,
} from "./bridge-vlan.js";
import { AF_BRIDGE } from "../protocol/families.js";
import { describeLink, indexOf, type LinkReference } from "../link/link-requests.js";
import { areAlike, checkRange, compressVlans, expandVlans, otherVlans, type VlanRange } from "./vlan-ranges.js";

/** A VLAN, or a range of like ones, of a bridge's port or of the bridge itself. */
export interface BridgeVlan extends VlanRange {
  /** What comes in without a tag belongs to this VLAN. A port has one such VLAN at most. */
  readonly pvid?: boolean | undefined;
  /** What goes out in this VLAN has no tag. */
  readonly untagged?: boolean | undefined;
  /** The id of the tunnel that the VLAN is mapped to, such as a VXLAN's; of a range, that of the first. */
  readonly tunnel?: number | undefined;
  /** Spanning tree state of the VLAN. */
  readonly state?: VlanEntryValues["state"];
  /** Whether a multicast router is behind the port, in this VLAN. */
  readonly mcastRouter?: VlanEntryValues["mcastRouter"];
  /** Most multicast groups, 0 for no limit. */
  readonly mcastMaxGroups?: number | undefined;
  /** ARP and neighbour discovery are answered by the bridge, in this VLAN. */
  readonly neighSuppress?: boolean | undefined;
}

/** A VLAN as the kernel reports it. */
export interface BridgeVlanStatus extends BridgeVlan {
  /** Index of the port or bridge. */
  readonly index: number;
  /** Multicast groups on the port, in this VLAN. */
  readonly mcastNGroups?: number | undefined;
  /** Counters, where they were asked for: without the bridge's `vlanStatsEnabled` they stay 0. */
  readonly stats?: Values<typeof vlanStatistics> | undefined;
}

/** Which VLANs to list. */
export interface BridgeVlanFilter {
  /** Those of this port, or of this bridge itself; the kernel leaves the others out. */
  readonly link?: LinkReference | undefined;
  /** Counters, too: each VLAN is by itself then. */
  readonly stats?: boolean | undefined;
}

/** What may stand in a VLAN: what list gives can be given to add and set, which take no notice of what was only reported. */
const PROPERTIES: Readonly<Record<keyof BridgeVlanStatus, true>> = {
  id: true,
  to: true,
  pvid: true,
  untagged: true,
  tunnel: true,
  state: true,
  mcastRouter: true,
  mcastMaxGroups: true,
  neighSuppress: true,
  index: true,
  mcastNGroups: true,
  stats: true,
};

function checkVlan(vlan: BridgeVlan): void {
  checkObject(vlan, "");
  checkSwitch(vlan.pvid, "pvid");
  checkSwitch(vlan.untagged, "untagged");
  const stray = Object.keys(vlan).find((name) => !Object.hasOwn(PROPERTIES, name));
  if (stray !== undefined) throw new InputError("no such property of a VLAN", stray);
  checkRange(vlan);
  if (vlan.pvid === true && vlan.to !== undefined && vlan.to !== vlan.id)
    throw new InputError("it is one VLAN, not a range", "pvid");
}

/** Throws InputError for VLANs that cannot be meant: none such, the same twice, or two for what comes without a tag. */
export function checkVlans(vlans: readonly BridgeVlan[]): void {
  checkList(vlans, "vlans");
  const met = new Set<number>();
  let pvid: number | undefined;
  for (const [place, vlan] of vlans.entries()) {
    const path = `vlans.${place}`;
    under(path, () => {
      checkVlan(vlan);
    });
    for (const { id } of expandVlans<VlanRange>([vlan])) {
      if (met.has(id)) throw new InputError(`VLAN ${id} is given twice`, path);
      met.add(id);
    }
    if (vlan.pvid !== true) continue;
    if (pvid !== undefined) throw new InputError(`VLAN ${pvid} has it already`, `${path}.pvid`);
    pvid = vlan.id;
  }
}

function entryOf(vlan: BridgeVlan, more: readonly VlanFlag[] = []): VlanEntryValues {
  const { id, to, pvid, untagged, tunnel, state, mcastRouter, mcastMaxGroups, neighSuppress } = vlan;
  const flags: VlanFlag[] = [...more];
  if (pvid === true) flags.push("pvid");
  if (untagged === true) flags.push("untagged");
  return {
    info: { flags, vid: id },
    range: to === id ? undefined : to,
    state,
    tunnelInfo: tunnel === undefined ? undefined : { id: tunnel, cmd: "set" },
    mcastRouter,
    mcastMaxGroups,
    neighSuppress,
  };
}

function vlanOf(index: number, entry: VlanEntryValues): BridgeVlanStatus {
  const { info, range, tunnelInfo, ...options } = entry;
  const flags = info?.flags ?? [];
  return {
    index,
    id: info?.vid ?? 0,
    ...(range === undefined ? {} : { to: range }),
    ...(flags.includes("pvid") ? { pvid: true } : {}),
    ...(flags.includes("untagged") ? { untagged: true } : {}),
    ...(tunnelInfo?.id === undefined ? {} : { tunnel: tunnelInfo.id }),
    ...options,
  };
}

/** What was reported as something to be set; what a new VLAN has by itself is left out, for not every bridge takes it. */
function settingsOf(vlan: BridgeVlanStatus): BridgeVlan {
  const { id, to, pvid, untagged, tunnel, state, mcastRouter, mcastMaxGroups, neighSuppress } = vlan;
  return {
    id,
    to,
    pvid,
    untagged,
    tunnel,
    state: state === "forwarding" ? undefined : state,
    mcastRouter: mcastRouter === "tempQuery" ? undefined : mcastRouter,
    mcastMaxGroups: mcastMaxGroups === 0 ? undefined : mcastMaxGroups,
    neighSuppress: neighSuppress === false ? undefined : neighSuppress,
  };
}

/** The VLANs that a message reports, like neighbours as a range. */
export function vlansOf({ header, attributes }: Reported): BridgeVlanStatus[] {
  return (attributes.entry ?? []).map((entry) => vlanOf(header.ifindex, entry));
}

type Reported = Message<VlanHeader, Values<typeof vlanDatabase>>;

/** Dumps the VLAN database: of one link, or all of it. */
export async function dumpVlans(
  connection: Connection,
  link: LinkReference | undefined,
  flags: readonly ("stats" | "global")[],
): Promise<Reported[]> {
  const ifindex = link === undefined ? 0 : await indexOf(connection, link);
  const subject = link === undefined ? undefined : describeLink(link);
  const content = { header: { family: AF_BRIDGE, ifindex }, attributes: flags.length === 0 ? {} : { flags } };
  const about = { subject, reply: anyMessageType(RTM_NEWVLAN), identity: stated };
  return await connection.dump(RTM_GETVLAN, content, about);
}

/** The VLANs of ports, and of bridges themselves; like neighbours as a range. */
export async function listVlans(
  connection: Connection,
  { link, stats = false }: BridgeVlanFilter = {},
): Promise<BridgeVlanStatus[]> {
  const replies = await dumpVlans(connection, link, stats ? ["stats"] : []);
  return replies.flatMap(vlansOf);
}

type Target = Exclude<LinkReference, string>;

function request(
  connection: Connection,
  type: typeof RTM_NEWVLAN,
  link: Target,
  attributes: Values<typeof vlanDatabase>,
): Promise<unknown> {
  const ifindex = typeof link === "number" ? link : link.index;
  return connection.request(
    type,
    { header: { family: AF_BRIDGE, ifindex }, attributes },
    { subject: describeLink(link) },
  );
}

/** Adds VLANs, or changes those that are there. */
export async function addVlans(connection: Connection, link: Target, vlans: readonly BridgeVlan[]): Promise<void> {
  if (vlans.length === 0) return;
  await request(connection, RTM_NEWVLAN, link, { entry: vlans.map((vlan) => entryOf(vlan)) });
}

/** Changes the options of VLANs that are there, and not whether they are tagged. */
export async function changeVlans(connection: Connection, link: Target, vlans: readonly BridgeVlan[]): Promise<void> {
  if (vlans.length === 0) return;
  await request(connection, RTM_NEWVLAN, link, { entry: vlans.map((vlan) => entryOf(vlan, ["onlyOpts"])) });
}

/** Maps VLANs to no tunnel any longer. */
export async function removeTunnels(connection: Connection, link: Target, vlans: readonly VlanRange[]): Promise<void> {
  if (vlans.length === 0) return;
  const entry = vlans.map(({ id, to }) => ({
    ...entryOf({ id, to }, ["onlyOpts"]),
    tunnelInfo: { cmd: "delete" as const },
  }));
  await request(connection, RTM_NEWVLAN, link, { entry });
}

/** Removes VLANs; what is not there is passed over. */
export async function removeVlans(connection: Connection, link: Target, vlans: readonly VlanRange[]): Promise<void> {
  if (vlans.length === 0) return;
  await request(connection, RTM_DELVLAN, link, { entry: vlans.map(({ id, to }) => entryOf({ id, to })) });
}

/** Removes all VLANs but these, and adds these or changes them, in one message to the kernel. */
export async function replaceVlans(connection: Connection, link: Target, vlans: readonly BridgeVlan[]): Promise<void> {
  const results = await Promise.allSettled([
    removeVlans(connection, link, otherVlans(vlans)),
    addVlans(connection, link, vlans),
  ]);
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

/** Gives back VLANs as they were reported, with all their options; those that are so still are not touched. */
export async function restoreVlans(
  connection: Connection,
  link: Target,
  vlans: readonly BridgeVlanStatus[],
): Promise<void> {
  const singles = (list: readonly BridgeVlanStatus[]): BridgeVlan[] => expandVlans(list.map(settingsOf));
  const present = singles(await listVlans(connection, { link }));
  const wanted = singles(vlans);
  const isIn = (list: readonly BridgeVlan[]): ((vlan: BridgeVlan) => boolean) => {
    const found = new Map(list.map((vlan) => [vlan.id, vlan]));
    return (vlan) => found.has(vlan.id) && areAlike(found.get(vlan.id)!, vlan);
  };
  const [stays, isThere] = [isIn(wanted), isIn(present)];
  await removeVlans(connection, link, compressVlans(present.filter((vlan) => !stays(vlan))));
  await addVlans(connection, link, compressVlans(wanted.filter((vlan) => !isThere(vlan))));
}
