import type { Cancellation } from "../../base/signal.js";
import { checkSwitch } from "../../base/input.js";
import type { Codec } from "../../netlink/codecs/codec.js";
import type { Connection } from "../../netlink/connection.js";
import { vlanGlobalOptions } from "../../rtnetlink/bridge/bridge-vlan.js";
import {
  addVlans,
  type BridgeVlan,
  type BridgeVlanFilter,
  type BridgeVlanStatus,
  changeVlans,
  checkVlans,
  listVlans,
  removeTunnels,
  removeVlans,
  replaceVlans,
  restoreVlans,
} from "../../rtnetlink/bridge/bridge-vlan-requests.js";
import { getLink, type LinkReference } from "../../rtnetlink/link/link-requests.js";
import {
  changeVlanGlobals,
  checkVlanGlobals,
  listVlanGlobals,
  type VlanGlobalOptions,
  type VlanGlobalStatus,
} from "../../rtnetlink/bridge/vlan-global-requests.js";
import { compressVlans, expandVlans, type VlanRange } from "../../rtnetlink/bridge/vlan-ranges.js";
import { checked, type Known, link, list, object, optional } from "../work/arguments.js";
import { explained } from "../hints/late-hints.js";
import { changePort, type PortState, portState } from "./port.js";
import { refuse } from "../hints/own-refusals.js";
import { givenNames, isHeeded } from "../links/verify.js";
import { withJournal } from "../work/journal.js";

/**
 * The VLANs of bridges: of their ports, of the bridges themselves, and the options that a VLAN has in a whole bridge. They
 * filter on a bridge with `vlanFiltering`. A change that fails half-way is undone. It needs Linux 5.6 or newer
 * (RTM_NEWVLAN and its like, linux/rtnetlink.h; net/bridge/br_vlan.c).
 */
export interface BridgeVlans {
  /** VLANs, of one port or bridge or of all; like neighbours as a range. */
  list(filter?: BridgeVlanFilter & Cancellation): Promise<BridgeVlanStatus[]>;
  /** Adds VLANs to a port, or to a bridge itself; of those that are there, `pvid` and `untagged` become what is given. */
  add(link: LinkReference, vlans: readonly BridgeVlan[]): Promise<void>;
  /** Removes VLANs; what is not there is passed over. */
  remove(link: LinkReference, vlans: readonly VlanRange[]): Promise<void>;
  /** Makes these all the VLANs of a port, or of a bridge itself. Those that stay are not interrupted, and keep the options that are not given. */
  set(link: LinkReference, vlans: readonly BridgeVlan[]): Promise<void>;
  /** Changes options of VLANs that are there: their tunnel, state and multicast. A `pvid` or `untagged` is not looked at. */
  change(link: LinkReference, vlans: readonly BridgeVlan[]): Promise<void>;
  /** Maps VLANs of a port to no tunnel any longer. */
  removeTunnels(port: LinkReference, vlans: readonly VlanRange[]): Promise<void>;
  /** The options of VLANs in their whole bridge, of one bridge or of all. */
  globalOptions(bridge?: LinkReference): Promise<VlanGlobalStatus[]>;
  /** Changes options of VLANs in a whole bridge. The bridge itself, or a port, must have the VLANs. */
  setGlobalOptions(bridge: LinkReference, options: readonly VlanGlobalOptions[]): Promise<void>;
}

/** A port has to be told of tunnels before its VLANs are mapped to them. */
function needsTunnels(port: PortState, vlans: readonly BridgeVlan[]): boolean {
  return port.options.vlanTunnel === false && vlans.some(({ tunnel }) => tunnel !== undefined);
}

/**
 * What is left to say of VLANs that are to be mapped to tunnels: the kernel takes no mapping where there is one. One that is
 * the same is not said again, another is taken away first.
 */
async function withTunnels(
  connection: Connection,
  target: PortState,
  before: readonly BridgeVlanStatus[],
  vlans: readonly BridgeVlan[],
): Promise<readonly BridgeVlan[]> {
  if (vlans.every(({ tunnel }) => tunnel === undefined)) return vlans;
  const mapped = new Map(expandVlans(before).map(({ id, tunnel }) => [id, tunnel]));
  const isMapped = ({ id, tunnel }: BridgeVlan): boolean => tunnel !== undefined && mapped.get(id) !== undefined;
  const others = expandVlans(vlans).filter((vlan) => isMapped(vlan) && mapped.get(vlan.id) !== vlan.tunnel);
  await removeTunnels(connection, target, compressVlans(others.map(({ id }) => ({ id }))));
  const isSaid = (vlan: BridgeVlan): boolean => isMapped(vlan) && mapped.get(vlan.id) === vlan.tunnel;
  return compressVlans(expandVlans(vlans).map((vlan) => (isSaid(vlan) ? { ...vlan, tunnel: undefined } : vlan)));
}

/** Makes a change of a link's VLANs; when it fails, they are put back. */
async function whole(
  connection: Connection,
  link: LinkReference,
  vlans: readonly BridgeVlan[],
  change: (target: PortState, vlans: readonly BridgeVlan[]) => Promise<unknown>,
  needsNothing: (before: readonly BridgeVlanStatus[]) => boolean = () => false,
): Promise<void> {
  checkVlans(vlans);
  const target = await portState(connection, link);
  const before = await listVlans(connection, { link: target });
  if (needsNothing(before)) return;
  const tunnels = needsTunnels(target, vlans);
  await withJournal(connection, async (journal) => {
    journal.add({
      done: `${target.name} was given other VLANs`,
      undo: `give ${target.name} its former VLANs back`,
      async requests(to) {
        await restoreVlans(to, target, before);
        if (tunnels) await changePort(to, target, "bridge", { vlanTunnel: false });
      },
    });
    if (tunnels) await changePort(connection, target, "bridge", { vlanTunnel: true });
    await change(target, await withTunnels(connection, target, before, vlans));
  });
}

/** Whether all that is wanted is there, and nothing else. */
function isSame(before: readonly BridgeVlanStatus[], wanted: readonly BridgeVlan[]): boolean {
  const found = new Map(expandVlans(before).map((vlan) => [vlan.id, vlan]));
  const singles = expandVlans(wanted);
  if (singles.length !== found.size) return false;
  return singles.every(({ id, pvid = false, untagged = false, ...options }) => {
    const vlan = found.get(id);
    if (vlan === undefined || (vlan.pvid ?? false) !== pvid || (vlan.untagged ?? false) !== untagged) return false;
    const given: Readonly<Record<string, unknown>> = options;
    const has: Readonly<Record<string, unknown>> = { ...vlan };
    return givenNames(given).every((name) => has[name] === given[name]);
  });
}

/** Makes these all the VLANs of a port, or of a bridge itself. */
export function setVlans(connection: Connection, link: LinkReference, vlans: readonly BridgeVlan[]): Promise<void> {
  const change = (target: PortState, wanted: readonly BridgeVlan[]): Promise<void> =>
    replaceVlans(connection, target, wanted);
  return whole(connection, link, vlans, change, (before) => isSame(before, vlans));
}

/** The names of the options that are given. */
function settingNames(options: VlanGlobalOptions): string[] {
  return givenNames({ ...options, id: undefined, to: undefined });
}

/** Of what VLANs had, the options that are about to be changed. */
function former(before: readonly VlanGlobalStatus[], options: readonly VlanGlobalOptions[]): VlanGlobalOptions[] {
  const names = ["id", "to", ...options.flatMap(settingNames)];
  return before.map(
    (each) => Object.fromEntries(Object.entries(each).filter(([name]) => names.includes(name))) as VlanGlobalOptions,
  );
}

/** Throws EOPNOTSUPP for an option of which the kernel made another value than was given. */
function checkHeeded(bridge: string, options: readonly VlanGlobalOptions[], after: readonly VlanGlobalStatus[]): void {
  const found = new Map(expandVlans(after).map((vlan) => [vlan.id, vlan as Readonly<Record<string, unknown>>]));
  for (const vlan of expandVlans(options)) {
    const has = found.get(vlan.id) ?? {};
    const given = vlan as Readonly<Record<string, unknown>>;
    const name = settingNames(vlan).find((each) => {
      const codec = vlanGlobalOptions.entries[each as keyof typeof vlanGlobalOptions.entries][1] as Codec<unknown>;
      return has[each] !== undefined && !isHeeded(codec, given[each], has[each]);
    });
    if (name !== undefined) throw refuse("EOPNOTSUPP", bridge, `the kernel made another ${name} of VLAN ${vlan.id}`);
  }
}

async function setGlobals(
  connection: Connection,
  bridge: LinkReference,
  options: readonly VlanGlobalOptions[],
): Promise<void> {
  checkVlanGlobals(options);
  const { index, name, kind } = await getLink(connection, bridge);
  if (kind !== "bridge") throw refuse("EINVAL", name, "it is not a bridge");
  const target = { index, name };
  const before = await listVlanGlobals(connection, target);
  const names = [...new Set(options.flatMap(settingNames))];
  await withJournal(connection, async (journal) => {
    journal.add({
      done: `VLANs of ${name} were given another ${names.join(", ")}`,
      undo: `give the VLANs of ${name} their former ${names.join(", ")} back`,
      requests: (to) => changeVlanGlobals(to, target, former(before, options)),
    });
    await explained(changeVlanGlobals(connection, target, options), {}, { path: "globalOptions", names });
    checkHeeded(name, options, await listVlanGlobals(connection, target));
  });
}

const FILTER: Known<BridgeVlanFilter> = {
  link: true,
  stats: checkSwitch,
};

/** The VLANs of bridges, over a connection. */
export function bridgeVlansOf(connection: Connection): BridgeVlans {
  return checked<BridgeVlans>(
    {
      list: (filter) => explained(listVlans(connection, filter)),
      add: (link, vlans) =>
        explained(whole(connection, link, vlans, (target, wanted) => addVlans(connection, target, wanted))),
      remove: (link, vlans) =>
        explained(whole(connection, link, vlans, (target) => removeVlans(connection, target, vlans))),
      set: (link, vlans) => explained(setVlans(connection, link, vlans)),
      change: (link, vlans) =>
        explained(whole(connection, link, vlans, (target, wanted) => changeVlans(connection, target, wanted))),
      removeTunnels: (port, vlans) =>
        explained(whole(connection, port, vlans, (target) => removeTunnels(connection, target, vlans))),
      globalOptions: (bridge) => explained(listVlanGlobals(connection, bridge)),
      setGlobalOptions: (bridge, options) => explained(setGlobals(connection, bridge, options)),
    },
    {
      list: [optional(object("filter", FILTER))],
      add: [link("link"), list("vlans")],
      remove: [link("link"), list("vlans")],
      set: [link("link"), list("vlans")],
      change: [link("link"), list("vlans")],
      removeTunnels: [link("port"), list("vlans")],
      globalOptions: [optional(link("bridge"))],
      setGlobalOptions: [link("bridge"), list("options")],
    },
  );
}
