import { InputError, quoted } from "../base/errors.js";
import type { Columns } from "../ovsdb/operations.js";
import type { OpenVswitchTables } from "./tables.js";

type PortColumns = Columns<OpenVswitchTables["Port"]>;
type InterfaceColumns = Columns<OpenVswitchTables["Interface"]>;

/** What is said of an interface. What is undefined is left alone. */
export interface InterfaceSettings {
  /** "system" (a device that is there) unless given; "internal", "tap", "patch", "vxlan", "gre", "geneve", … */
  readonly type?: string | undefined;
  /** The other end of a patch. */
  readonly peer?: string | undefined;
  /** A tunnel's other end: an address, or "flow". */
  readonly remote?: string | undefined;
  /** A tunnel's own address. */
  readonly local?: string | undefined;
  /** A tunnel's key (VNI), or "flow". */
  readonly key?: number | "flow" | undefined;
  /** A tunnel's UDP port. */
  readonly destinationPort?: number | undefined;
  /** Further options of the type, as ovs-vswitchd.conf.db(5) names them. */
  readonly options?: Readonly<Record<string, string>> | undefined;
  /** Of an internal port. */
  readonly mac?: string | undefined;
  /** Bytes. */
  readonly mtu?: number | undefined;
  /** The number that the port shall have for OpenFlow. */
  readonly ofport?: number | undefined;
  /** "iface-id", "attached-mac", "vm-id", …: added to those that are there. */
  readonly externalIds?: Readonly<Record<string, string>> | undefined;
}

/** VLANs and the rest that is said of a port. null takes a setting away. */
export interface PortOnlySettings {
  /** The VLAN of an access port, or the native one. */
  readonly tag?: number | null | undefined;
  /** The VLANs that pass; none given: all. */
  readonly trunks?: readonly number[] | undefined;
  readonly vlanMode?: "access" | "native-tagged" | "native-untagged" | "trunk" | "dot1q-tunnel" | null | undefined;
  /** No frames between ports that are isolated (column "protected"). */
  readonly isolated?: boolean | undefined;
  /** Further configuration: added to what is there. */
  readonly otherConfig?: Readonly<Record<string, string>> | undefined;
}

export interface PortSettings extends InterfaceSettings, PortOnlySettings {}

export interface BondSettings extends PortOnlySettings {
  /** "active-backup" unless given; "balance-tcp" needs LACP. */
  readonly mode?: "active-backup" | "balance-slb" | "balance-tcp" | undefined;
  readonly lacp?: "active" | "passive" | "off" | undefined;
  /** LACP's time: 1 s or 30 s between packets. */
  readonly lacpTime?: "fast" | "slow" | undefined;
  /** Milliseconds before a link that came up, or went down, counts. */
  readonly upDelay?: number | undefined;
  readonly downDelay?: number | undefined;
  /** Milliseconds between two rounds of balancing; 0 for none. */
  readonly rebalanceInterval?: number | undefined;
}

const VLANS = 4095;

function checkVlan(vlan: number, path: string): void {
  if (!Number.isInteger(vlan) || vlan < 0 || vlan > VLANS)
    throw new InputError(`${quoted(vlan)} is no VLAN: 0 to ${VLANS}`, path);
}

/** A name of a bridge, port or interface. Throws InputError for what cannot be one. */
export function checkName(name: string, path: string): void {
  if (typeof name !== "string" || name === "" || /[/\s\0]/.test(name))
    throw new InputError(`${quoted(name)} is no name: it must not be empty, and have no space and no "/"`, path);
}

/** The options of an interface's type. */
function optionsOf(settings: InterfaceSettings): Record<string, string> {
  const { peer, remote, local, key, destinationPort, options } = settings;
  const given = { peer, remote_ip: remote, local_ip: local, key, dst_port: destinationPort, ...options };
  const known = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known.map(([name, value]) => [name, String(value)]));
}

/** Columns of Interface. */
export function interfaceColumns(settings: InterfaceSettings): InterfaceColumns {
  if (settings.type === "patch" && optionsOf(settings)["peer"] === undefined)
    throw new InputError("a patch needs the name of its other end", "peer");
  const options = optionsOf(settings);
  return {
    type: settings.type === "system" ? "" : settings.type,
    ...(Object.keys(options).length === 0 ? {} : { options }),
    mac: settings.mac,
    mtu_request: settings.mtu,
    ofport_request: settings.ofport,
  };
}

/** Columns of Port. */
export function portColumns({ tag, trunks, vlanMode, isolated }: PortOnlySettings): PortColumns {
  if (tag !== undefined && tag !== null) checkVlan(tag, "tag");
  trunks?.forEach((vlan, i) => checkVlan(vlan, `trunks.${i}`));
  return { tag, trunks, vlan_mode: vlanMode, protected: isolated };
}

/** Columns of a Port that is a bond. */
export function bondColumns(settings: BondSettings): PortColumns {
  return {
    ...portColumns(settings),
    bond_mode: settings.mode,
    lacp: settings.lacp,
    bond_updelay: settings.upDelay,
    bond_downdelay: settings.downDelay,
  };
}

/** What of a bond's settings stands in other_config. */
export function bondConfig({ lacpTime, rebalanceInterval, otherConfig }: BondSettings): Record<string, string> {
  return {
    ...(lacpTime === undefined ? {} : { "lacp-time": lacpTime }),
    ...(rebalanceInterval === undefined ? {} : { "bond-rebalance-interval": String(rebalanceInterval) }),
    ...otherConfig,
  };
}
