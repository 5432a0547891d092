import type { WaitOptions } from "../ovsdb/options.js";
import type { ChangeTarget } from "./commit.js";
import type { OpenVswitchTables } from "./tables.js";

/** An interface as it is. */
export interface ShownInterface {
  readonly name: string;
  readonly type: string;
  readonly options: Readonly<Record<string, string>>;
  readonly externalIds: Readonly<Record<string, string>>;
  /** Its number for OpenFlow; undefined until it is switched, and where it failed. */
  readonly ofport: number | undefined;
  /** What ovs-vswitchd says of a failure. */
  readonly error: string | undefined;
  readonly mac: string | undefined;
  readonly link: "up" | "down" | undefined;
  /** Whether LACP has agreed with the other end. */
  readonly lacpCurrent: boolean | undefined;
}

/** A port, as it is shown. */
export interface ShownPort {
  readonly name: string;
  readonly tag: number | undefined;
  readonly trunks: readonly number[];
  readonly vlanMode: string | undefined;
  readonly isolated: boolean;
  readonly interfaces: readonly ShownInterface[];
  /** Of a port with several interfaces. */
  readonly bond?: {
    readonly mode: string | undefined;
    readonly lacp: string | undefined;
    /** The MAC of the interface that is active. */
    readonly active: string | undefined;
  };
  /** The port of a bridge that stands for a VLAN of this one. */
  readonly isFakeBridge: boolean;
  /** STP's or RSTP's role, state and the like, as the switch says. */
  readonly spanningTree: Readonly<Record<string, string>>;
}

/** A bridge, as it is shown. */
export interface ShownBridge {
  readonly name: string;
  readonly datapathType: string;
  readonly failMode: string | undefined;
  readonly controllers: readonly { readonly target: string; readonly isConnected: boolean }[];
  readonly stp: boolean;
  readonly rstp: boolean;
  readonly externalIds: Readonly<Record<string, string>>;
  readonly ports: readonly ShownPort[];
  readonly mirrors: readonly string[];
}

type Rows<N extends keyof OpenVswitchTables> = ReadonlyMap<string, OpenVswitchTables[N]>;

const COLUMNS = {
  Bridge: [
    "name",
    "datapath_type",
    "fail_mode",
    "controller",
    "stp_enable",
    "rstp_enable",
    "external_ids",
    "ports",
    "mirrors",
  ],
  Port: [
    ...["name", "tag", "trunks", "vlan_mode", "protected", "interfaces", "bond_mode", "lacp", "bond_active_slave"],
    ...["fake_bridge", "status", "rstp_status"],
  ],
  Interface: ["name", "type", "options", "external_ids", "ofport", "error", "mac_in_use", "link_state", "lacp_current"],
  Controller: ["target", "is_connected"],
  Mirror: ["name"],
} as const;

function object(map: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries(map);
}

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : 1;
}

function pick<T>(rows: ReadonlyMap<string, T>, uuids: Iterable<string>): T[] {
  return [...uuids].flatMap((uuid) => rows.get(uuid) ?? []);
}

function showInterface(row: OpenVswitchTables["Interface"]): ShownInterface {
  return {
    name: row.name,
    type: row.type === "" ? "system" : row.type,
    options: object(row.options),
    externalIds: object(row.external_ids),
    ofport: row.ofport === undefined || row.ofport === -1 ? undefined : Number(row.ofport),
    error: row.error,
    mac: row.mac_in_use,
    link: row.link_state,
    lacpCurrent: row.lacp_current,
  };
}

function showPort(row: OpenVswitchTables["Port"], interfaces: Rows<"Interface">): ShownPort {
  const { bond_mode: mode, lacp, bond_active_slave: active } = row;
  return {
    name: row.name,
    tag: row.tag,
    trunks: [...row.trunks].sort((a, b) => a - b),
    vlanMode: row.vlan_mode,
    isolated: row.protected,
    interfaces: pick(interfaces, row.interfaces).map(showInterface).sort(byName),
    ...(row.interfaces.size > 1 ? { bond: { mode, lacp, active } } : {}),
    isFakeBridge: row.fake_bridge,
    spanningTree: { ...object(row.status), ...object(row.rstp_status) },
  };
}

/** Every bridge with its ports and their interfaces, of one moment. */
export async function show({ database, timeout }: ChangeTarget, wait: WaitOptions = {}): Promise<ShownBridge[]> {
  const select = <N extends keyof typeof COLUMNS>(table: N) =>
    ({ op: "select", table, where: [], columns: ["_uuid", ...COLUMNS[table]] }) as const;
  const results = await database.transact(
    [select("Bridge"), select("Port"), select("Interface"), select("Controller"), select("Mirror")],
    { timeout, ...wait },
  );
  const [bridges, ...others] = results;
  // Each answer has the rows of the table that was asked for in its place.
  const [ports, interfaces, controllers, mirrors] = others.map(
    ({ rows }) => new Map((rows as readonly { _uuid: string }[]).map((row) => [row._uuid, row])),
  ) as unknown as [Rows<"Port">, Rows<"Interface">, Rows<"Controller">, Rows<"Mirror">];
  return bridges.rows
    .map((row) => ({
      name: row.name,
      datapathType: row.datapath_type === "" ? "system" : row.datapath_type,
      failMode: row.fail_mode,
      controllers: pick(controllers, row.controller)
        .map(({ target, is_connected: isConnected }) => ({ target, isConnected }))
        .sort((one, other) => (one.target < other.target ? -1 : 1)),
      stp: row.stp_enable,
      rstp: row.rstp_enable,
      externalIds: object(row.external_ids),
      ports: pick(ports, row.ports)
        .map((port) => showPort(port, interfaces))
        .sort(byName),
      mirrors: pick(mirrors, row.mirrors)
        .map(({ name }) => name)
        .sort(),
    }))
    .sort(byName);
}
