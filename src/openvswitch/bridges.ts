import { InputError } from "../base/errors.js";
import type { Columns, Mutation } from "../ovsdb/operations.js";
import type { WaitOptions } from "../ovsdb/options.js";
import { named } from "../ovsdb/values.js";
import { addSwitched, change, mustExist, type ChangeTarget, switchError, type SwitchOperation } from "./commit.js";
import { checkName } from "./port-columns.js";
import { putKeys } from "./ports.js";
import { leakingQos } from "./rates.js";
import type { OpenVswitchTables } from "./tables.js";

/** What is said of a bridge. What is undefined is left alone, null takes a setting away. */
export interface BridgeSettings {
  /** "system" (in the kernel) unless given, or "netdev" (in ovs-vswitchd). */
  readonly datapathType?: string | undefined;
  /** What happens without a controller: switch on by oneself, or stop learning. */
  readonly failMode?: "standalone" | "secure" | null | undefined;
  /** OpenFlow controllers, as in "tcp:10.0.0.1:6653"; none given: none. */
  readonly controllers?: readonly string[] | undefined;
  readonly stp?: boolean | undefined;
  readonly rstp?: boolean | undefined;
  readonly multicastSnooping?: boolean | undefined;
  readonly mac?: string | undefined;
  readonly externalIds?: Readonly<Record<string, string>> | undefined;
  readonly otherConfig?: Readonly<Record<string, string>> | undefined;
}

function columns(settings: BridgeSettings): Columns<OpenVswitchTables["Bridge"]> {
  if (settings.stp === true && settings.rstp === true)
    throw new InputError("one spanning tree at a time: stp or rstp", "rstp");
  const { controllers } = settings;
  return {
    datapath_type: settings.datapathType,
    fail_mode: settings.failMode,
    stp_enable: settings.stp,
    rstp_enable: settings.rstp,
    mcast_snooping_enable: settings.multicastSnooping,
    controller: controllers?.map((_, i) => named(`controller${i}`)),
  };
}

function newControllers({ controllers = [] }: BridgeSettings): SwitchOperation[] {
  return controllers.map((target, i): SwitchOperation => ({
    op: "insert",
    table: "Controller",
    row: { target },
    uuidName: `controller${i}`,
  }));
}

function configOf({ mac, otherConfig }: BridgeSettings): Record<string, string> {
  return { ...(mac === undefined ? {} : { hwaddr: mac }), ...otherConfig };
}

/** Adds a bridge with the internal port of its name. */
export async function addBridge(
  place: ChangeTarget,
  name: string,
  settings: BridgeSettings,
  wait: WaitOptions = {},
): Promise<void> {
  checkName(name, "name");
  const row = { ...columns(settings), external_ids: settings.externalIds, other_config: configOf(settings) };
  const operations: SwitchOperation[] = [
    ...newControllers(settings),
    { op: "insert", table: "Interface", row: { name, type: "internal" }, uuidName: "interface" },
    { op: "insert", table: "Port", row: { name, interfaces: [named("interface")] }, uuidName: "port" },
    { op: "insert", table: "Bridge", row: { ...row, name, ports: [named("port")] }, uuidName: "bridge" },
    { op: "mutate", table: "Open_vSwitch", where: [], mutations: [["bridges", "insert", named("bridge")]] },
  ];
  const undo = (results: readonly { uuid?: string }[]): SwitchOperation[] => [
    {
      op: "mutate",
      table: "Open_vSwitch",
      where: [],
      mutations: [["bridges", "delete", results[operations.length - 2]!.uuid!]],
    },
  ];
  await addSwitched(place, operations, undo, wait);
}

/** Removes bridges with their ports, in one transaction, and the QoS and queues that nobody else uses. */
export async function removeBridges(
  place: ChangeTarget,
  names: readonly string[],
  { ifExists = false, ...wait }: { ifExists?: boolean } & WaitOptions = {},
): Promise<void> {
  const [{ rows: bridges }, { rows: ports }] = await place.database.transact(
    [
      { op: "select", table: "Bridge", where: [], columns: ["_uuid", "name", "ports"] },
      { op: "select", table: "Port", where: [], columns: ["_uuid", "qos"] },
    ],
    { timeout: place.timeout, ...wait },
  );
  const leaving = bridges.filter(({ name }) => names.includes(name));
  const missing = names.find((name) => !leaving.some((bridge) => bridge.name === name));
  if (missing !== undefined && !ifExists) throw switchError("ENODEV", missing, "there is no bridge of this name");
  if (leaving.length === 0) return;
  const theirs = ports.filter(({ _uuid }) => leaving.some((bridge) => bridge.ports.has(_uuid)));
  const uuids = leaving.map(({ _uuid }) => _uuid);
  const operations: SwitchOperation[] = [
    { op: "mutate", table: "Open_vSwitch", where: [], mutations: [["bridges", "delete", uuids]] },
    ...(await leakingQos(place, theirs, wait)),
  ];
  await change(place, operations, wait);
}

/** Changes a bridge that is there. */
export async function setBridge(
  place: ChangeTarget,
  name: string,
  settings: BridgeSettings,
  wait: WaitOptions = {},
): Promise<void> {
  const where = [["name", "==", name]] as const;
  const row = columns(settings);
  const config = configOf(settings);
  const mutations: Mutation[] = [
    ...(Object.keys(config).length === 0 ? [] : putKeys("other_config", config)),
    ...(settings.externalIds === undefined ? [] : putKeys("external_ids", settings.externalIds)),
  ];
  const operations: SwitchOperation[] = [
    mustExist("Bridge", name),
    ...newControllers(settings),
    ...(Object.values(row).some((value) => value !== undefined)
      ? [{ op: "update" as const, table: "Bridge" as const, where, row }]
      : []),
    ...(mutations.length > 0 ? [{ op: "mutate" as const, table: "Bridge" as const, where, mutations }] : []),
  ];
  if (operations.length === 1) throw new InputError("there is nothing to change", name);
  await change(place, operations, wait);
}
