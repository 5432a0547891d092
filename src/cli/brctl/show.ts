import type { Host } from "../../host/host.js";
import type { BridgeOptions } from "../../rtnetlink/link/kinds/bridge.js";
import type { BridgePortOptions } from "../../rtnetlink/link/kinds/bridge-port.js";
import type { Link } from "../../rtnetlink/link/link.js";
import { find } from "./find.js";
import { bridgeAccount, bridgeLine, macLine, portAccount } from "./format.js";
import { Failure, type Said } from "./messages.js";

const HEADER = "bridge name\tbridge id\t\tSTP enabled\tinterfaces\n";

/** In the order of their bytes, as the C locale has it. */
function byName(one: Link, other: Link): number {
  return Buffer.compare(Buffer.from(one.name), Buffer.from(other.name));
}

function optionsOf(bridge: Link): BridgeOptions {
  return (bridge.linkInfo?.data ?? {}) as BridgeOptions;
}

function portOptionsOf(port: Link): BridgePortOptions {
  return (port.linkInfo?.slaveData ?? {}) as BridgePortOptions;
}

async function portsOf(host: Host, bridge: Link): Promise<Link[]> {
  return (await host.links({ master: bridge })).sort(byName);
}

/** A bridge, or what is said of a name that is none. */
async function bridgeCalled(host: Host, name: string): Promise<Link | string> {
  const link = await find(host, name);
  if (link === undefined) return `bridge ${name} does not exist!`;
  return link.kind === "bridge" ? link : `device ${name} is not a bridge!`;
}

async function line(host: Host, bridge: Link): Promise<string> {
  const ports = await portsOf(host, bridge);
  return bridgeLine(
    bridge.name,
    optionsOf(bridge),
    ports.map(({ name }) => name),
  );
}

/** A line a bridge: all of them, or those that are named. */
export async function show(host: Host, names: readonly string[]): Promise<Said> {
  const wanted =
    names.length === 0
      ? (await host.links({ kind: "bridge" })).sort(byName)
      : await Promise.all(names.map((name) => bridgeCalled(host, name)));
  const bridges = wanted.filter((each) => typeof each !== "string");
  const missing = wanted.filter((each) => typeof each === "string");
  const found = (await Promise.all(bridges.map((bridge) => line(host, bridge)))).join("");
  return {
    stdout: found === "" ? "" : HEADER + found,
    stderr: missing.map((words) => `${words}\n`).join(""),
    status: missing.length > 0 ? 1 : 0,
  };
}

/** What the spanning tree of a bridge and its ports is like. */
export async function showStp(host: Host, [name = ""]: readonly string[]): Promise<Said> {
  const bridge = await bridgeCalled(host, name);
  if (typeof bridge === "string") throw new Failure(bridge);
  const ports = await portsOf(host, bridge);
  const accounts = ports.map((port) => portAccount(port.name, portOptionsOf(port)));
  return { stdout: [bridgeAccount(bridge.name, optionsOf(bridge)), ...accounts].join("") };
}

/** The MACs behind a bridge's ports, in their order. */
export async function showMacs(host: Host, [name = ""]: readonly string[]): Promise<Said> {
  const bridge = await find(host, name);
  if (bridge?.kind !== "bridge") {
    const why = bridge === undefined ? "No such device" : "Operation not supported";
    throw new Failure(`read of forward table failed: ${why}`);
  }
  const [ports, entries] = await Promise.all([portsOf(host, bridge), host.fdb.list({ bridge, table: "bridge" })]);
  const numbers = new Map(ports.map((port) => [port.index, portOptionsOf(port).no ?? 0]));
  const lines = entries
    .filter(({ index, state }) => numbers.has(index) && state !== "stale")
    .map(({ address, index, local, state, updated = 0 }) => ({
      address,
      line: macLine(numbers.get(index)!, address, local, state === "dynamic" ? updated : 0),
    }))
    .sort((one, other) => (one.address < other.address ? -1 : Number(one.address > other.address)));
  return { stdout: `port no\tmac addr\t\tis local?\tageing timer\n${lines.map((each) => each.line).join("")}` };
}
