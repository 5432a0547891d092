import { isPortOf, type LinkOf, type PortOf } from "../../rtnetlink/link/link.js";
import type { Check, Found } from "../check.js";
import type { Observation } from "../observation.js";

/** Each bridge with each of its ports. */
export function portsOfBridges(observation: Observation): [LinkOf<"bridge">, PortOf<"bridge">][] {
  return observation
    .bridges()
    .flatMap((bridge) =>
      observation
        .portsOf(bridge)
        .flatMap((port): [LinkOf<"bridge">, PortOf<"bridge">][] => (isPortOf(port, "bridge") ? [[bridge, port]] : [])),
    );
}

export const bridgeDown: Check = {
  code: "bridge-down",
  severity: "error",
  symptom: "No port of the bridge reaches any other.",
  cause: "The bridge itself is down; its ports do not forward then.",
  remedy: "linkwright up BRIDGE",
  find: (observation) =>
    observation
      .bridges()
      .filter((bridge) => !bridge.up && observation.portsOf(bridge).some(({ up }) => up))
      .map((bridge) => ({
        links: [bridge.name],
        summary: `${bridge.name} is down, and its ports are up`,
        evidence: [`${observation.portsOf(bridge).filter(({ up }) => up).length} of its ports are up`],
        remedy: `linkwright up ${bridge.name}`,
      })),
};

const seconds = (milliseconds: number): string => `${Math.ceil(milliseconds / 100) / 10} s`;

export const portBlocked: Check = {
  code: "port-blocked",
  severity: "warning",
  symptom: "A guest has no network for half a minute after it started, or never: no lease, no answer.",
  cause:
    "The spanning tree holds the port: it listens and learns first, or blocks it because of a loop; or a program that runs it (mstpd) has it disabled.",
  remedy:
    "Where the bridge has no second way out, switch the spanning tree off (stp-state=off) or shorten forward-delay, and take the port down and up again, for what it waits for by then goes on; where it blocks, look for the loop.",
  find: (observation) =>
    portsOfBridges(observation).flatMap(([bridge, port]): Found[] => {
      const { state, forwardDelayTimer = 0 } = port.linkInfo.slaveData;
      const passes = state === undefined || state === "forwarding";
      // Without a carrier, or in a bridge that is down, every port is disabled.
      if (passes || !port.up || (state === "disabled" && !(bridge.up && port.operstate === "up"))) return [];
      const isOnItsWay = state === "listening" || state === "learning";
      const { forwardDelay = 0, stpState } = bridge.linkInfo.data;
      // A port that listens learns for a whole period before it forwards.
      const remaining = forwardDelayTimer + (state === "listening" ? forwardDelay : 0);
      const rest = isOnItsWay ? [`it forwards in ${seconds(remaining)}`] : [];
      return [
        {
          links: [port.name, bridge.name],
          summary: `${port.name} is ${state}: ${bridge.name}'s spanning tree does not let frames through yet`,
          evidence: [
            `${port.name} is ${state}`,
            ...rest,
            `${bridge.name}: stp-state=${stpState}, forward-delay=${seconds(forwardDelay)}`,
          ],
          remedy: isOnItsWay
            ? `Wait; or linkwright bridge set ${bridge.name} stp-state=off && linkwright down ${port.name} && linkwright up ${port.name}`
            : state === "blocking"
              ? "There is a loop: take one of the ways out, or leave it to the spanning tree."
              : `Ask whoever runs the spanning tree (mstpctl showport ${bridge.name}), or linkwright bridge set ${bridge.name} stp-state=off`,
        },
      ];
    }),
};

export const addressOnPort: Check = {
  code: "address-on-port",
  severity: "error",
  symptom: "The host lost its network when its card went into a bridge, or answers only some of the time.",
  cause:
    "The address stayed on the card: what comes in by a port of a bridge is the bridge's, and never gets to that address.",
  remedy: "Give the address and its routes to the bridge.",
  find: (observation) =>
    portsOfBridges(observation).flatMap(([bridge, port]): Found[] => {
      const own = observation.addressesOf(port).filter(({ scope }) => scope !== "link");
      const routes = observation.routes.filter(
        ({ link, table, protocol }) => link === port.index && table !== "local" && protocol !== "kernel",
      );
      if (own.length === 0 && routes.length === 0) return [];
      return [
        {
          links: [port.name, bridge.name],
          summary: `${port.name} is a port of ${bridge.name}, and has ${own.length > 0 ? "addresses" : "routes"} of its own`,
          evidence: [
            ...own.map(({ address }) => `${port.name} has ${address}`),
            ...routes.map(({ destination, gateway }) =>
              gateway === undefined
                ? `the route to ${destination} goes by ${port.name}`
                : `the route to ${destination} goes via ${gateway} by ${port.name}`,
            ),
          ],
          remedy: own
            .map(
              ({ address }) =>
                `linkwright address delete ${port.name} ${address} && linkwright address add ${bridge.name} ${address}`,
            )
            .concat(routes.length > 0 ? [`give the routes to ${bridge.name}`] : [])
            .join("; "),
        },
      ];
    }),
};

export const bridgeMacFollows: Check = {
  code: "bridge-mac-follows",
  severity: "note",
  symptom: "The host is unreachable for a while whenever a guest starts or stops.",
  cause:
    "A bridge without a MAC of its own has the lowest of its ports', and changes it as they come and go; neighbours remember the old one.",
  remedy: "Give it a MAC of its own: linkwright bridge set BRIDGE address=…",
  find(observation) {
    return observation.bridges().flatMap((bridge): Found[] => {
      const folder = `sys/class/net/${bridge.name}`;
      // What is seen of /sys may be another namespace's.
      const isSame = observation.machine.text(`${folder}/ifindex`)?.trim() === String(bridge.index);
      const kind = isSame ? observation.machine.text(`${folder}/addr_assign_type`)?.trim() : undefined;
      const ports = observation.portsOf(bridge).map(({ address }) => address);
      const lowest = ports.filter((address) => address !== undefined).sort()[0];
      // NET_ADDR_SET (linux/netdevice.h): somebody gave it this MAC.
      if (kind === undefined || kind === "3" || ports.length === 0 || bridge.address !== lowest) return [];
      return [
        {
          links: [bridge.name],
          summary: `${bridge.name} has the MAC of one of its ports, and will take another's`,
          evidence: [`${bridge.name} has ${bridge.address}, and nobody gave it that`],
          remedy: `linkwright bridge set ${bridge.name} address=${bridge.address}`,
        },
      ];
    });
  },
};
