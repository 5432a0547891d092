import type { BridgeOptions } from "../../rtnetlink/link/kinds/bridge.js";
import type { BridgePortOptions } from "../../rtnetlink/link/kinds/bridge-port.js";

/** A time in milliseconds as "   2.00", in seconds. */
export function timer(milliseconds = 0): string {
  const hundredths = Math.floor(milliseconds / 10);
  return `${String(Math.floor(hundredths / 100)).padStart(4)}.${String(hundredths % 100).padStart(2, "0")}`;
}

function hex(value = 0): string {
  return value.toString(16).padStart(4, "0");
}

function count(value = 0): string {
  return String(value).padStart(4);
}

const NO_ID = "0000.000000000000";

/** A line of `show`, and one for each further port. */
export function bridgeLine(
  name: string,
  { bridgeId = NO_ID, stpState }: BridgeOptions,
  ports: readonly string[],
): string {
  const isOn = stpState !== undefined && stpState !== "off";
  return `${name}\t\t${bridgeId}\t${isOn ? "yes" : "no"}\t\t${ports.join("\n\t\t\t\t\t\t\t")}\n`;
}

/** The part of `showstp` about the bridge. */
export function bridgeAccount(name: string, options: BridgeOptions): string {
  const { maxAge, helloTime, forwardDelay, rootPort, rootPathCost } = options;
  const flags =
    (options.topologyChange === true ? "TOPOLOGY_CHANGE " : "") +
    (options.topologyChangeDetected === true ? "TOPOLOGY_CHANGE_DETECTED " : "");
  return [
    name,
    ` bridge id\t\t${options.bridgeId ?? NO_ID}`,
    ` designated root\t${options.rootId ?? NO_ID}`,
    ` root port\t\t${count(rootPort)}\t\t\tpath cost\t\t${count(rootPathCost)}`,
    ` max age\t\t${timer(maxAge)}\t\t\tbridge max age\t\t${timer(maxAge)}`,
    ` hello time\t\t${timer(helloTime)}\t\t\tbridge hello time\t${timer(helloTime)}`,
    ` forward delay\t\t${timer(forwardDelay)}\t\t\tbridge forward delay\t${timer(forwardDelay)}`,
    ` ageing time\t\t${timer(options.ageingTime)}`,
    ` hello timer\t\t${timer(options.helloTimer)}\t\t\ttcn timer\t\t${timer(options.tcnTimer)}`,
    ` topology change timer\t${timer(options.topologyChangeTimer)}\t\t\tgc timer\t\t${timer(options.gcTimer)}`,
    ` flags\t\t\t${flags}`,
    "\n\n",
  ].join("\n");
}

/** The part of `showstp` about a port. */
export function portAccount(name: string, options: BridgePortOptions): string {
  const { no = 0, state = "disabled", cost, designatedCost } = options;
  const flags =
    (options.configPending === true ? "CONFIG_PENDING " : "") +
    (options.topologyChangeAck === true ? "TOPOLOGY_CHANGE_ACK " : "") +
    (options.mode === true ? `\n hairpin mode\t\t${count(1)}` : "");
  return [
    `${name} (${no})`,
    ` port id\t\t${hex(options.id)}\t\t\tstate\t\t${String(state).padStart(15)}`,
    ` designated root\t${options.rootId ?? NO_ID}\tpath cost\t\t${count(cost)}`,
    ` designated bridge\t${options.bridgeId ?? NO_ID}\tmessage age timer\t${timer(options.messageAgeTimer)}`,
    ` designated port\t${hex(options.designatedPort)}\t\t\tforward delay timer\t${timer(options.forwardDelayTimer)}`,
    ` designated cost\t${count(designatedCost)}\t\t\thold timer\t\t${timer(options.holdTimer)}`,
    ` flags\t\t\t${flags}`,
    "\n",
  ].join("\n");
}

/** A line of `showmacs`. */
export function macLine(port: number, address: string, isLocal: boolean, age: number): string {
  return `${String(port).padStart(3)}\t${address}\t${isLocal ? "yes" : "no"}\t\t${timer(age)}\n`;
}
