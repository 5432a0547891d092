import {
  checkConflicts,
  findInterface,
  findPort,
  joinBridge,
  needBridge,
  needPort,
  type PortView,
  removeBridge,
  removePort,
  rootOf,
  viewOf,
} from "./bridges.js";
import { type Call, command, type Command, type Printed } from "./command.js";
import { sorted } from "../text/datum.js";
import { addMember, dropMember, setColumn } from "./database-commands.js";
import { type Draft, type DraftRow, setOf } from "./draft.js";
import { Failure } from "../text/failure.js";

const MANY = Infinity;
const VLANS = 4095;

function lines(names: readonly string[]): string {
  return [...names]
    .sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
    .map((name) => `${name}\n`)
    .join("");
}

function insertInterface(draft: Draft, name: string, type = ""): DraftRow {
  const row = draft.insert("Interface");
  draft.write(row, "name", setOf(name));
  if (type !== "") draft.write(row, "type", setOf(type));
  draft.expected.push(row.uuid);
  return row;
}

function insertPort(draft: Draft, name: string, interfaces: readonly DraftRow[]): DraftRow {
  const row = draft.insert("Port");
  draft.write(row, "name", setOf(name));
  draft.write(row, "interfaces", setOf(...interfaces.map(({ uuid }) => uuid)));
  return row;
}

/** Whether a bridge is there as it is wanted. */
function isThere({ draft }: Call, name: string, parent: string | undefined, vlan: number): boolean {
  const bridge = viewOf(draft).bridges.get(name);
  if (bridge === undefined) return false;
  if (parent === undefined) {
    if (bridge.parent !== undefined)
      throw new Failure(`"--may-exist add-br ${name}" but ${name} is a VLAN bridge for VLAN ${bridge.vlan}`);
    return true;
  }
  const wanted = `"--may-exist add-br ${name} ${parent} ${vlan}" but ${name}`;
  if (bridge.parent === undefined) throw new Failure(`${wanted} is not a VLAN bridge`);
  if (bridge.parent.name !== parent) throw new Failure(`${wanted} has the wrong parent ${bridge.parent.name}`);
  if (bridge.vlan !== vlan) throw new Failure(`${wanted} is a VLAN bridge for the wrong VLAN ${bridge.vlan}`);
  return true;
}

function addBridge(call: Call): void {
  const { draft, words, options } = call;
  const [name = "", parentName, tag = "0"] = words;
  if (name === "") throw new Failure("bridge name must not be empty string");
  if (words.length === 2) throw new Failure("'add-br' command takes exactly 1 or 3 arguments");
  const vlan = Number.parseInt(tag, 10) || 0;
  if (vlan < 0 || vlan > VLANS) throw new Failure(`add-br: vlan must be between 0 and ${VLANS}`);
  if (options.has("--may-exist") && isThere(call, name, parentName, vlan)) return;
  const view = viewOf(draft);
  checkConflicts(view, name, `cannot create a bridge named ${name}`);
  if (parentName === undefined) {
    const port = insertPort(draft, name, [insertInterface(draft, name, "internal")]);
    const bridge = draft.insert("Bridge");
    draft.write(bridge, "name", setOf(name));
    draft.write(bridge, "ports", setOf(port.uuid));
    addMember(draft, rootOf(draft), "bridges", bridge.uuid);
    return;
  }
  const parent = view.bridges.get(parentName);
  if (parent?.parent !== undefined) throw new Failure("cannot create bridge with fake bridge as parent");
  if (parent === undefined) throw new Failure(`parent bridge ${parentName} does not exist`);
  const conflict = [...view.bridges.values()].find((each) => each.parent === parent && each.vlan === vlan);
  if (conflict !== undefined)
    throw new Failure(`bridge ${parentName} already has a child VLAN bridge ${conflict.name} on VLAN ${vlan}`);
  const port = insertPort(draft, name, [insertInterface(draft, name, "internal")]);
  draft.write(port, "fake_bridge", setOf(true));
  draft.write(port, "tag", setOf(vlan));
  joinBridge(draft, parent.row, port);
}

function deleteBridge({ draft, words, options }: Call): void {
  const view = viewOf(draft);
  const bridge = options.has("--if-exists") ? view.bridges.get(words[0]!) : needBridge(view, words[0]!);
  if (bridge !== undefined) removeBridge(draft, view, bridge);
}

function listBridges({ draft, options }: Call): Printed {
  const [real, fake] = [options.has("--real"), options.has("--fake")];
  const bridges = [...viewOf(draft).bridges.values()];
  return lines(
    bridges.filter(({ parent }) => real === fake || (parent === undefined ? real : fake)).map(({ name }) => name),
  );
}

/** Whether a port with these interfaces is there, on this bridge. */
function hasPort({ draft, typed }: Call, bridge: string, name: string, wanted: readonly string[]): boolean {
  const port = findPort(viewOf(draft), name);
  if (port === undefined) return false;
  if (port.bridge.name !== bridge)
    throw new Failure(`"${typed}" but ${name} is actually attached to bridge ${port.bridge.name}`);
  const [have, want] = [port.interfaces.map((each) => each.name).sort(), [...wanted].sort()];
  if (have.join() !== want.join())
    throw new Failure(`"${typed}" but ${name} actually has interface(s) ${have.join(", ")}`);
  return true;
}

function add(call: Call, name: string, interfaces: readonly string[], settings: readonly string[]): void {
  const { draft, words, options } = call;
  const bridgeName = words[0]!;
  if (name === "") throw new Failure("port name must not be empty string");
  if (interfaces.includes("")) throw new Failure("interface name must not be empty string");
  if (options.has("--may-exist") && hasPort(call, bridgeName, name, interfaces)) return;
  const view = viewOf(draft);
  checkConflicts(view, name, `cannot create a port named ${name}`);
  for (const each of interfaces) checkConflicts(view, each, `cannot create an interface named ${each}`);
  const bridge = needBridge(view, bridgeName);
  const port = insertPort(
    draft,
    name,
    interfaces.map((each) => insertInterface(draft, each)),
  );
  if (options.has("--fake-iface")) draft.write(port, "bond_fake_iface", setOf(true));
  if (bridge.parent !== undefined) draft.write(port, "tag", setOf(bridge.vlan));
  for (const text of settings) setColumn(draft, port, text);
  joinBridge(draft, bridge.row, port);
}

function addBond(call: Call): void {
  const { words } = call;
  const first = words.findIndex((word, i) => i >= 2 && word.includes("="));
  const end = first < 0 ? words.length : first;
  if (end - 2 < 2) throw new Failure(`add-bond requires at least 2 interfaces, but only ${end - 2} were specified`);
  add(call, words[1]!, words.slice(2, end), words.slice(end));
}

function addBondInterface({ draft, words, options, typed }: Call): void {
  const [bond = "", name = ""] = words;
  const view = viewOf(draft);
  const port = needPort(view, bond);
  const holder = options.has("--may-exist") ? findInterface(view, name) : undefined;
  if (holder === port) return;
  if (holder !== undefined) throw new Failure(`"${typed}" but ${name} is actually attached to port ${holder.name}`);
  checkConflicts(view, name, `cannot create an interface named ${name}`);
  addMember(draft, port.row, "interfaces", insertInterface(draft, name).uuid);
}

function deleteBondInterface({ draft, words, options }: Call): void {
  const view = viewOf(draft);
  const name = words.at(-1)!;
  const holder = findInterface(view, name);
  if (holder === undefined) {
    if (options.has("--if-exists")) return;
    throw new Failure(`no interface named ${name}`);
  }
  if (words.length > 1 && needPort(view, words[0]!) !== holder)
    throw new Failure(`port ${words[0]} does not have an interface ${name}`);
  if (holder.interfaces.length === 1) throw new Failure(`cannot delete last interface from port ${holder.name}`);
  const { row } = holder.interfaces.find((each) => each.name === name)!;
  dropMember(draft, holder.row, "interfaces", row.uuid);
  draft.remove(row);
}

function portToDelete({ draft, words, options }: Call): PortView | undefined {
  const view = viewOf(draft);
  const target = words.at(-1)!;
  const mayMiss = options.has("--if-exists");
  if (view.bridges.has(target)) {
    if (mayMiss) return undefined;
    throw new Failure(
      `cannot delete port ${target} because it is the local port for bridge ${target} (deleting this port requires deleting the entire bridge)`,
    );
  }
  if (!options.has("--with-iface")) return mayMiss ? findPort(view, target) : needPort(view, target);
  const port = findPort(view, target) ?? findInterface(view, target);
  if (port === undefined && !mayMiss) throw new Failure(`no port or interface named ${target}`);
  return port;
}

function deletePort(call: Call): void {
  const { draft, words } = call;
  const port = portToDelete(call);
  if (port === undefined) return;
  if (words.length === 2) {
    const bridge = needBridge(viewOf(draft), words[0]!);
    if (port.bridge.name !== bridge.name) {
      const isChild = port.bridge.parent?.name === bridge.name;
      throw new Failure(
        `bridge ${words[0]} does not have a port ${words[1]}${isChild ? ` (although its child bridge ${port.bridge.name} does)` : ""}`,
      );
    }
  }
  removePort(draft, port);
}

/** The row and the prefix where a bridge's external ids stand. */
function externalIds({ draft, words }: Call): { row: DraftRow; prefix: string } {
  const view = viewOf(draft);
  const bridge = needBridge(view, words[0]!);
  if (bridge.parent === undefined) return { row: bridge.row, prefix: "" };
  return { row: view.ports.get(words[0]!)!.row, prefix: "fake-bridge-" };
}

function setExternalId(call: Call): void {
  const { row, prefix } = externalIds(call);
  const [, key = "", value] = call.words;
  const ids = new Map(call.draft.read(row, "external_ids"));
  if (value === undefined) ids.delete(prefix + key);
  else ids.set(prefix + key, value);
  call.draft.write(row, "external_ids", sorted(ids));
}

function getExternalId(call: Call): Printed {
  const { row, prefix } = externalIds(call);
  const [, key] = call.words;
  const ids = call.draft.read(row, "external_ids");
  if (key !== undefined) return ids.has(prefix + key) ? `${String(ids.get(prefix + key))}\n` : "";
  return [...ids]
    .filter(([name]) => String(name).startsWith(prefix))
    .map(([name, value]) => `${String(name).slice(prefix.length)}=${String(value)}\n`)
    .join("");
}

function ofBridge(say: (bridge: ReturnType<typeof needBridge>) => string): Command {
  return command(1, 1, [], ({ draft, words }) => say(needBridge(viewOf(draft), words[0]!)));
}

/** The commands about bridges, ports and interfaces. */
export const switchCommands: Readonly<Record<string, Command>> = {
  init: command(0, 0, [], ({ draft }) => void rootOf(draft)),
  "add-br": command(1, 3, ["--may-exist"], addBridge),
  "del-br": command(1, 1, ["--if-exists"], deleteBridge),
  "list-br": command(0, 0, ["--real", "--fake"], listBridges),
  "br-exists": command(1, 1, [], ({ draft, words }) => {
    if (!viewOf(draft).bridges.has(words[0]!)) throw new Failure("", 2);
  }),
  "br-to-vlan": ofBridge(({ vlan }) => `${vlan}\n`),
  "br-to-parent": ofBridge(({ name, parent }) => `${parent?.name ?? name}\n`),
  "br-set-external-id": command(2, 3, [], setExternalId),
  "br-get-external-id": command(1, 2, [], getExternalId),
  "list-ports": ofBridge(({ name, ports }) => lines(ports.map((port) => port.name).filter((each) => each !== name))),
  "list-ifaces": ofBridge(({ name, ports }) =>
    lines(ports.flatMap((port) => port.interfaces.map((each) => each.name)).filter((each) => each !== name)),
  ),
  "add-port": command(2, MANY, ["--may-exist"], (call) =>
    add(call, call.words[1]!, [call.words[1]!], call.words.slice(2)),
  ),
  "del-port": command(1, 2, ["--if-exists", "--with-iface"], deletePort),
  "port-to-br": command(1, 1, [], ({ draft, words }) => `${needPort(viewOf(draft), words[0]!).bridge.name}\n`),
  "add-bond": command(4, MANY, ["--may-exist", "--fake-iface"], addBond),
  "add-bond-iface": command(2, 2, ["--may-exist"], addBondInterface),
  "del-bond-iface": command(1, 2, ["--if-exists"], deleteBondInterface),
  "iface-to-br": command(1, 1, [], ({ draft, words }) => {
    const port = findInterface(viewOf(draft), words[0]!);
    if (port === undefined) throw new Failure(`no interface named ${words[0]}`);
    return `${port.bridge.name}\n`;
  }),
};
