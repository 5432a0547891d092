import { addMember, dropMember } from "./database-commands.js";
import { type Draft, type DraftRow, textOf } from "./draft.js";
import { Failure } from "../text/failure.js";

/** A bridge as commands name it: a real one, or one that stands for a VLAN of another. */
export interface BridgeView {
  readonly name: string;
  /** The row of the real bridge: its own, or its parent's. */
  readonly row: DraftRow;
  readonly parent: BridgeView | undefined;
  readonly vlan: number;
  readonly ports: PortView[];
}

export interface PortView {
  readonly name: string;
  readonly row: DraftRow;
  readonly bridge: BridgeView;
  readonly interfaces: { readonly name: string; readonly row: DraftRow }[];
}

/** Every bridge, port and interface of a draft, as it is now. */
export interface SwitchView {
  readonly bridges: ReadonlyMap<string, BridgeView>;
  readonly ports: ReadonlyMap<string, PortView>;
  readonly interfaces: ReadonlyMap<string, PortView>;
}

/** The first row of Open_vSwitch, made when there is none. */
export function rootOf(draft: Draft): DraftRow {
  return draft.rows("Open_vSwitch")[0] ?? draft.insert("Open_vSwitch");
}

function rowsOf(draft: Draft, row: DraftRow, column: string, table: string): DraftRow[] {
  return [...draft.read(row, column).keys()].flatMap((uuid) => draft.row(table, uuid as string) ?? []);
}

function tagOf(draft: Draft, row: DraftRow): number | undefined {
  const tag = textOf(draft, row, "tag");
  return tag === undefined ? undefined : Number(tag);
}

/** Looks at the bridges. */
export function viewOf(draft: Draft): SwitchView {
  const bridges = new Map<string, BridgeView>();
  const ports = new Map<string, PortView>();
  const interfaces = new Map<string, PortView>();
  for (const row of rowsOf(draft, rootOf(draft), "bridges", "Bridge")) {
    const name = textOf(draft, row, "name")!;
    const bridge: BridgeView = { name, row, parent: undefined, vlan: 0, ports: [] };
    bridges.set(name, bridge);
    const rows = rowsOf(draft, row, "ports", "Port");
    const children = new Map<number, BridgeView>();
    for (const port of rows) {
      const [tag, isFake] = [tagOf(draft, port), textOf(draft, port, "fake_bridge") === "true"];
      if (!isFake || tag === undefined) continue;
      const child: BridgeView = { name: textOf(draft, port, "name")!, row, parent: bridge, vlan: tag, ports: [] };
      bridges.set(child.name, child);
      if (!children.has(tag)) children.set(tag, child);
    }
    for (const port of rows) {
      const holder = children.get(tagOf(draft, port) ?? -1) ?? bridge;
      const members = rowsOf(draft, port, "interfaces", "Interface").map((each) => ({
        name: textOf(draft, each, "name")!,
        row: each,
      }));
      const view: PortView = { name: textOf(draft, port, "name")!, row: port, bridge: holder, interfaces: members };
      holder.ports.push(view);
      ports.set(view.name, view);
      for (const each of members) interfaces.set(each.name, view);
    }
  }
  return { bridges, ports, interfaces };
}

/** A bridge; it must exist. */
export function needBridge(view: SwitchView, name: string): BridgeView {
  const bridge = view.bridges.get(name);
  if (bridge === undefined) throw new Failure(`no bridge named ${name}`);
  return bridge;
}

/** A bridge that is none of VLAN; it must exist. */
export function needRealBridge(view: SwitchView, name: string): BridgeView {
  const bridge = needBridge(view, name);
  if (bridge.parent !== undefined) throw new Failure(`${name} is a fake bridge`);
  return bridge;
}

/** A port that is not the local one of its bridge. */
export function findPort(view: SwitchView, name: string): PortView | undefined {
  const port = view.ports.get(name);
  return port?.bridge.name === name ? undefined : port;
}

export function needPort(view: SwitchView, name: string): PortView {
  const port = findPort(view, name);
  if (port === undefined) throw new Failure(`no port named ${name}`);
  return port;
}

/** The port with this interface, unless it is the local one of its bridge. */
export function findInterface(view: SwitchView, name: string): PortView | undefined {
  const port = view.interfaces.get(name);
  return port?.bridge.name === name ? undefined : port;
}

/** Refuses a name that is taken. */
export function checkConflicts(view: SwitchView, name: string, message: string): void {
  if (view.bridges.has(name)) throw new Failure(`${message} because a bridge named ${name} already exists`);
  const port = view.ports.get(name);
  if (port !== undefined)
    throw new Failure(`${message} because a port named ${name} already exists on bridge ${port.bridge.name}`);
  const holder = view.interfaces.get(name);
  if (holder !== undefined)
    throw new Failure(`${message} because an interface named ${name} already exists on bridge ${holder.bridge.name}`);
}

/** Takes a port out, with its interfaces. */
export function removePort(draft: Draft, port: PortView): void {
  dropMember(draft, port.bridge.row, "ports", port.row.uuid);
  for (const { row } of port.interfaces) draft.remove(row);
  draft.remove(port.row);
}

/** Takes a bridge out, with its ports and the bridges that stand for its VLANs. */
export function removeBridge(draft: Draft, view: SwitchView, bridge: BridgeView): void {
  for (const each of view.bridges.values()) if (each.parent === bridge) removeBridge(draft, view, each);
  for (const port of bridge.ports) removePort(draft, port);
  if (bridge.parent !== undefined) return;
  for (const set of draft.rows("Flow_Sample_Collector_Set"))
    if (draft.read(set, "bridge").has(bridge.row.uuid)) draft.remove(set);
  dropMember(draft, rootOf(draft), "bridges", bridge.row.uuid);
  draft.remove(bridge.row);
}

/** Puts a port into a bridge. */
export function joinBridge(draft: Draft, bridge: DraftRow, port: DraftRow): void {
  addMember(draft, bridge, "ports", port.uuid);
}
