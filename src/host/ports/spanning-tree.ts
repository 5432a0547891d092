import type { Connection } from "../../netlink/connection.js";
import type { BridgeOptions } from "../../rtnetlink/link/kinds/bridge.js";
import type { BridgePortOptions } from "../../rtnetlink/link/kinds/bridge-port.js";
import type { Link } from "../../rtnetlink/link/link.js";
import { getLink, type LinkReference, listLinks } from "../../rtnetlink/link/link-requests.js";
import { refuse } from "../hints/own-refusals.js";

/**
 * What a port does in the spanning tree (IEEE 802.1D). "root": it leads to the root. "designated": its segment reaches the
 * root through it. "alternate": another bridge does that for its segment. "backup": another port of the same bridge does.
 */
export type PortRole = "root" | "designated" | "alternate" | "backup" | "disabled";

/** A port in the spanning tree. Times are milliseconds; a timer that does not run is 0. */
export interface SpanningTreePort {
  index: number;
  name: string;
  /** The port's number in its bridge. */
  no: number;
  /** Its priority and number, as four hexadecimal digits: "8001". */
  id: string;
  role: PortRole;
  state: NonNullable<BridgePortOptions["state"]>;
  priority: number;
  /** Cost of the path through the port. */
  cost: number;
  /** The root that the port knows of, such as "8000.525400123456". */
  designatedRoot: string;
  /** Cost of the path to it from the designated bridge. */
  designatedCost: number;
  /** The bridge through which the port's segment reaches the root. */
  designatedBridge: string;
  /** The id of that bridge's port on the segment. */
  designatedPort: string;
  /** Until what the port knows of the root is too old. */
  messageAgeTimer: number;
  /** Until the port's next state. */
  forwardDelayTimer: number;
  /** Until the next packet may be sent. */
  holdTimer: number;
  /** The next packet acknowledges a change of the topology. */
  topologyChangeAck: boolean;
  /** A packet waits for the hold timer. */
  configPending: boolean;
}

/** A bridge in the spanning tree. Times are milliseconds; a timer that does not run is 0. */
export interface SpanningTree {
  index: number;
  name: string;
  /** Who runs the spanning tree. */
  stpState: NonNullable<BridgeOptions["stpState"]>;
  /** This bridge: its priority and MAC, such as "8000.525400123456". */
  bridgeId: string;
  /** The root of the tree; this bridge where it is the root. */
  designatedRoot: string;
  isRoot: boolean;
  priority: number;
  /** Number of the port that leads to the root, 0 for none. */
  rootPort: number;
  /** Cost of the path to the root. */
  rootPathCost: number;
  /** The times in force, which are the root's. */
  maxAge: number;
  helloTime: number;
  forwardDelay: number;
  ageingTime: number;
  helloTimer: number;
  tcnTimer: number;
  topologyChangeTimer: number;
  gcTimer: number;
  topologyChange: boolean;
  topologyChangeDetected: boolean;
  /** By their numbers. */
  ports: SpanningTreePort[];
}

function hexadecimal(id: number): string {
  return id.toString(16).padStart(4, "0");
}

function roleOf(port: BridgePortOptions, bridge: BridgeOptions): PortRole {
  if (port.state === "disabled") return "disabled";
  if (port.no !== 0 && port.no === bridge.rootPort) return "root";
  if (port.bridgeId !== bridge.bridgeId) return "alternate";
  return port.designatedPort === port.id ? "designated" : "backup";
}

function portOf({ index, name, linkInfo }: Link, bridge: BridgeOptions): SpanningTreePort {
  const port = (linkInfo?.slaveData ?? {}) as BridgePortOptions;
  return {
    index,
    name,
    no: port.no ?? 0,
    id: hexadecimal(port.id ?? 0),
    role: roleOf(port, bridge),
    state: port.state ?? "disabled",
    priority: port.priority ?? 0,
    cost: port.cost ?? 0,
    designatedRoot: port.rootId ?? "",
    designatedCost: port.designatedCost ?? 0,
    designatedBridge: port.bridgeId ?? "",
    designatedPort: hexadecimal(port.designatedPort ?? 0),
    messageAgeTimer: port.messageAgeTimer ?? 0,
    forwardDelayTimer: port.forwardDelayTimer ?? 0,
    holdTimer: port.holdTimer ?? 0,
    topologyChangeAck: port.topologyChangeAck ?? false,
    configPending: port.configPending ?? false,
  };
}

function treeOf({ index, name }: Link, bridge: BridgeOptions, ports: readonly Link[]): SpanningTree {
  const { bridgeId = "", rootId = "" } = bridge;
  return {
    index,
    name,
    stpState: bridge.stpState ?? "off",
    bridgeId,
    designatedRoot: rootId,
    isRoot: rootId === bridgeId,
    priority: bridge.priority ?? 0,
    rootPort: bridge.rootPort ?? 0,
    rootPathCost: bridge.rootPathCost ?? 0,
    maxAge: bridge.maxAge ?? 0,
    helloTime: bridge.helloTime ?? 0,
    forwardDelay: bridge.forwardDelay ?? 0,
    ageingTime: bridge.ageingTime ?? 0,
    helloTimer: bridge.helloTimer ?? 0,
    tcnTimer: bridge.tcnTimer ?? 0,
    topologyChangeTimer: bridge.topologyChangeTimer ?? 0,
    gcTimer: bridge.gcTimer ?? 0,
    topologyChange: bridge.topologyChange ?? false,
    topologyChangeDetected: bridge.topologyChangeDetected ?? false,
    ports: ports.map((port) => portOf(port, bridge)).sort((one, other) => one.no - other.no),
  };
}

/** A bridge and its ports in the spanning tree, by one request and one dump. */
export async function readSpanningTree(connection: Connection, reference: LinkReference): Promise<SpanningTree> {
  const link = await getLink(connection, reference);
  if (link.kind !== "bridge") throw refuse("EOPNOTSUPP", link.name, "it is not a bridge");
  const ports = await listLinks(connection, { master: link });
  return treeOf(link, link.linkInfo?.data ?? {}, ports);
}
