import { InputError } from "../base/errors.js";
import type { WaitOptions } from "../ovsdb/options.js";
import { named } from "../ovsdb/values.js";
import { change, mustExist, type ChangeTarget, switchError, type SwitchOperation } from "./commit.js";

/** What is copied, and where to. */
export interface MirrorSettings {
  /** Every frame of the bridge. */
  readonly all?: boolean | undefined;
  /** Frames that come from, or go to, these ports. */
  readonly from?: readonly string[] | undefined;
  readonly to?: readonly string[] | undefined;
  /** Only frames of these VLANs. */
  readonly vlans?: readonly number[] | undefined;
  /** The port that gets the copies. */
  readonly outputPort?: string | undefined;
  /** Or the VLAN that they are sent into. */
  readonly outputVlan?: number | undefined;
}

/** Adds a mirror to a bridge. */
export async function addMirror(
  place: ChangeTarget,
  bridge: string,
  name: string,
  settings: MirrorSettings,
  wait: WaitOptions = {},
): Promise<void> {
  const { all, from = [], to = [], vlans, outputPort, outputVlan } = settings;
  if ((outputPort === undefined) === (outputVlan === undefined))
    throw new InputError("a mirror needs either outputPort or outputVlan", name);
  const names = [...new Set([...from, ...to, ...(outputPort === undefined ? [] : [outputPort])])];
  const { database, timeout } = place;
  const found = await database.transact(
    names.map((each) => ({
      op: "select" as const,
      table: "Port" as const,
      where: [["name", "==", each]] as const,
      columns: ["_uuid"],
    })),
    { timeout, ...wait },
  );
  const uuid = (port: string): string => {
    const row = found[names.indexOf(port)]!.rows[0];
    if (row === undefined) throw switchError("ENODEV", port, "there is no port of this name");
    return row._uuid;
  };
  const operations: SwitchOperation[] = [
    mustExist("Bridge", bridge),
    {
      op: "insert",
      table: "Mirror",
      row: {
        name,
        select_all: all,
        select_src_port: from.map(uuid),
        select_dst_port: to.map(uuid),
        select_vlan: vlans,
        output_port: outputPort === undefined ? undefined : uuid(outputPort),
        output_vlan: outputVlan,
      },
      uuidName: "mirror",
    },
    {
      op: "mutate",
      table: "Bridge",
      where: [["name", "==", bridge]],
      mutations: [["mirrors", "insert", named("mirror")]],
    },
  ];
  await change(place, operations, wait);
}

/** Removes a mirror from a bridge. */
export async function removeMirror(
  place: ChangeTarget,
  bridge: string,
  name: string,
  wait: WaitOptions = {},
): Promise<void> {
  const { database, timeout } = place;
  const [{ rows: mirrors }, { rows: bridges }] = await database.transact(
    [
      { op: "select", table: "Mirror", where: [["name", "==", name]], columns: ["_uuid"] },
      { op: "select", table: "Bridge", where: [["name", "==", bridge]], columns: ["_uuid", "mirrors"] },
    ],
    { timeout, ...wait },
  );
  if (bridges[0] === undefined) throw switchError("ENODEV", bridge, "there is no bridge of this name");
  const mirror = mirrors.find(({ _uuid }) => bridges[0]!.mirrors.has(_uuid));
  if (mirror === undefined) throw switchError("ENODEV", name, `${bridge} has no mirror of this name`);
  const { _uuid: uuid } = bridges[0];
  await change(
    place,
    [
      {
        op: "mutate",
        table: "Bridge",
        where: [["_uuid", "==", uuid]],
        mutations: [["mirrors", "delete", mirror._uuid]],
      },
    ],
    wait,
  );
}
