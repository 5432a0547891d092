import { InputError } from "../base/errors.js";
import type { Mutation } from "../ovsdb/operations.js";
import type { WaitOptions } from "../ovsdb/options.js";
import { named } from "../ovsdb/values.js";
import { addSwitched, change, mustExist, type ChangeTarget, switchError, type SwitchOperation } from "./commit.js";
import {
  bondColumns,
  bondConfig,
  type BondSettings,
  checkName,
  interfaceColumns,
  type InterfaceSettings,
  portColumns,
  type PortSettings,
} from "./port-columns.js";
import { leakingQos } from "./rates.js";
import type { OpenVswitchTables } from "./tables.js";

/** A port to be added. */
export type NewPort = { readonly name: string } & PortSettings;
/** A bond's interface: the name of a device, or more about it. */
export type BondInterface = string | ({ readonly name: string } & InterfaceSettings);

/** A port that is switched. */
export interface SwitchedPort {
  readonly name: string;
  /** Its number for OpenFlow. */
  readonly ofport: number;
}

interface Rows {
  readonly port: Record<string, unknown>;
  readonly interfaces: readonly ({ readonly name: string } & InterfaceSettings)[];
}

/** The operations that put a port with its interfaces into a bridge. */
function insertion(bridge: string, { port, interfaces }: Rows, number: number): SwitchOperation[] {
  const uuidNames = interfaces.map((_, i) => `interface${number}x${i}`);
  const uuidName = `port${number}`;
  return [
    ...interfaces.map(({ name, ...settings }, i): SwitchOperation => ({
      op: "insert",
      table: "Interface",
      row: { name, ...interfaceColumns(settings), external_ids: settings.externalIds },
      uuidName: uuidNames[i]!,
    })),
    { op: "insert", table: "Port", row: { ...port, interfaces: uuidNames.map(named) }, uuidName },
    {
      op: "mutate",
      table: "Bridge",
      where: [["name", "==", bridge]],
      mutations: [["ports", "insert", named(uuidName)]],
    },
  ];
}

async function add(
  place: ChangeTarget,
  bridge: string,
  rows: readonly Rows[],
  wait: WaitOptions,
): Promise<SwitchedPort[]> {
  const operations = [mustExist("Bridge", bridge), ...rows.flatMap((each, i) => insertion(bridge, each, i))];
  const undo = (results: readonly { uuid?: string }[]): SwitchOperation[] => {
    const ports = operations.flatMap((each, i) =>
      each.op === "insert" && each.table === "Port" ? [results[i]!.uuid!] : [],
    );
    return [
      { op: "mutate", table: "Bridge", where: [["name", "==", bridge]], mutations: [["ports", "delete", ports]] },
    ];
  };
  const interfaces = await addSwitched(place, operations, undo, wait);
  return interfaces.map(({ name, ofport }) => ({ name, ofport: Number(ofport) }));
}

/** Adds ports to a bridge, in one transaction. */
export function addPorts(
  place: ChangeTarget,
  bridge: string,
  ports: readonly NewPort[],
  wait: WaitOptions = {},
): Promise<SwitchedPort[]> {
  const rows = ports.map((settings) => {
    checkName(settings.name, "name");
    const port = { name: settings.name, ...portColumns(settings), other_config: settings.otherConfig };
    return { port, interfaces: [settings] };
  });
  return add(place, bridge, rows, wait);
}

/** Adds a bond of at least two interfaces. */
export async function addBond(
  place: ChangeTarget,
  bridge: string,
  name: string,
  given: readonly BondInterface[],
  settings: BondSettings,
  wait: WaitOptions = {},
): Promise<void> {
  checkName(name, "name");
  if (given.length < 2) throw new InputError("a bond has at least two interfaces", "interfaces");
  const interfaces = given.map((each) => (typeof each === "string" ? { name: each } : each));
  interfaces.forEach((each, i) => checkName(each.name, `interfaces.${i}`));
  const port = { name, ...bondColumns(settings), other_config: bondConfig(settings) };
  await add(place, bridge, [{ port, interfaces }], wait);
}

type PortRow = Pick<OpenVswitchTables["Port"], "_uuid" | "name" | "interfaces" | "qos">;

/** The ports of these names, and those whose names there are none of. */
async function findPorts(
  { database, timeout }: ChangeTarget,
  names: readonly string[],
  wait: WaitOptions,
): Promise<PortRow[]> {
  const columns = ["_uuid", "name", "interfaces", "qos"];
  const results = await database.transact(
    names.map((name) => ({
      op: "select" as const,
      table: "Port" as const,
      where: [["name", "==", name]] as const,
      columns,
    })),
    { timeout, ...wait },
  );
  return results.flatMap(({ rows }) => rows);
}

/** Takes ports out, in one transaction, with the QoS and queues that nobody else uses. */
export async function removePorts(
  place: ChangeTarget,
  names: readonly string[],
  { ifExists = false, bridge, ...wait }: { ifExists?: boolean; bridge?: string } & WaitOptions = {},
): Promise<void> {
  const ports = await findPorts(place, names, wait);
  const missing = names.find((name) => !ports.some((port) => port.name === name));
  if (missing !== undefined && !ifExists) throw switchError("ENODEV", missing, "there is no port of this name");
  if (ports.length === 0) return;
  const uuids = ports.map(({ _uuid }) => _uuid);
  const of = bridge === undefined ? [] : [["name", "==", bridge] as const];
  const operations = uuids.map((uuid): SwitchOperation => ({
    op: "mutate",
    table: "Bridge",
    where: [["ports", "includes", uuid], ...of],
    mutations: [["ports", "delete", uuid]],
  }));
  const leaks = bridge === undefined ? await leakingQos(place, ports, wait) : [];
  const results = await change(place, [...operations, ...leaks], wait);
  const stays = ports.findIndex((_, i) => results[i]!.count === 0);
  if (stays >= 0 && !ifExists)
    throw switchError(
      "ENODEV",
      ports[stays]!.name,
      bridge === undefined ? "no bridge has this port" : `it is no port of ${bridge}`,
    );
}

/** What mutates a map so that these keys have these values. */
export function putKeys(column: string, values: Readonly<Record<string, string>>): Mutation[] {
  return [
    [column, "delete", Object.keys(values)],
    [column, "insert", values],
  ];
}

function updates(table: "Port" | "Interface", name: string, row: object, maps: readonly Mutation[]): SwitchOperation[] {
  const where = [["name", "==", name]] as const;
  const given = Object.values(row).some((value) => value !== undefined);
  return [
    ...(given ? [{ op: "update" as const, table, where, row }] : []),
    ...(maps.length > 0 ? [{ op: "mutate" as const, table, where, mutations: maps }] : []),
  ];
}

/** Changes a port that is there; one that is no bond has an interface of its name. */
export async function setPort(
  place: ChangeTarget,
  name: string,
  settings: PortSettings & BondSettings,
  wait: WaitOptions = {},
): Promise<void> {
  const config = bondConfig(settings);
  const { options, ...columns } = interfaceColumns(settings);
  const keys = (column: string, values: object | undefined): Mutation[] =>
    values === undefined || Object.keys(values).length === 0 ? [] : putKeys(column, values as Record<string, string>);
  const ofInterface = updates("Interface", name, columns, [
    ...keys("options", options),
    ...keys("external_ids", settings.externalIds),
  ]);
  const operations: SwitchOperation[] = [
    mustExist("Port", name),
    ...updates("Port", name, bondColumns(settings), keys("other_config", config)),
    ...(ofInterface.length > 0 ? [mustExist("Interface", name), ...ofInterface] : []),
    { op: "select", table: "Interface", where: [["name", "==", name]], columns: ["_uuid"] },
  ];
  if (operations.length === 2) throw new InputError("there is nothing to change", name);
  await change(place, operations, wait, (results) => (results.at(-1)!.rows ?? []).map(({ _uuid }) => _uuid));
}
