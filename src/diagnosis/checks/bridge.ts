import { isPortOf, type Link, type LinkOf, type PortOf } from "../../rtnetlink/link/link.js";
import type { Check, Found } from "../check.js";
import type { Observation } from "../observation.js";

/** Each bridge with each of its ports. */
function portsOfBridges(observation: Observation): [LinkOf<"bridge">, PortOf<"bridge">][] {
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

/** The other end of a pair that is in this namespace. */
function otherEnd({ links }: Observation, { kind, link, linkNetnsid }: Link): Link | undefined {
  const isHere = (kind === "veth" || kind === "netkit") && linkNetnsid === undefined;
  return isHere ? links.find(({ index }) => index === link) : undefined;
}

/** Pairs that join two bridges without a spanning tree, or one with itself, and pass frames; each pair once. */
function joints(observation: Observation): { bridges: readonly [Link, Link]; ends: readonly [Link, Link] }[] {
  const ports = new Map(
    portsOfBridges(observation)
      .filter(([{ up, linkInfo }]) => up && linkInfo.data.stpState === "off")
      .filter(([, { up, linkInfo }]) => up && linkInfo.slaveData.state === "forwarding")
      .map(([bridge, port]) => [port.index, { bridge, port }]),
  );
  return [...ports.values()].flatMap(({ bridge, port }) => {
    const other = ports.get(otherEnd(observation, port)?.index ?? 0);
    if (other === undefined || other.port.name < port.name) return [];
    return [{ bridges: [bridge, other.bridge] as const, ends: [port, other.port] as const }];
  });
}

export const loop: Check = {
  code: "loop",
  severity: "error",
  symptom: "The whole network stands still, or processors are busy with nothing: frames go round for ever.",
  cause:
    "Bridges, or a bridge and a switch, are joined by two ways, and no spanning tree closes one of them: each broadcast goes round, and round again.",
  remedy: "Take one of the ways out, or switch the spanning tree on: linkwright bridge set BRIDGE stp-state=on",
  find(observation) {
    /** For each bridge, one that stands for all that it is joined with. */
    const joined = new Map<number, number>();
    const rootOf = (index: number): number => {
      const next = joined.get(index) ?? index;
      return next === index ? index : rootOf(next);
    };
    const found: Found[] = [];
    for (const { bridges, ends } of joints(observation)) {
      const [one, other] = bridges.map(({ index }) => rootOf(index)) as [number, number];
      joined.set(one, other);
      if (one !== other) continue;
      const [first, second] = bridges.map(({ name }) => name).sort();
      found.push({
        links: [...new Set(bridges.map(({ name }) => name)), ...ends.map(({ name }) => name)],
        summary:
          first === second
            ? `${first} is joined with itself, by ${ends.map(({ name }) => name).join(" and ")}`
            : `${first} and ${second} are joined by more than one way, and no spanning tree closes one`,
        evidence: [
          `${ends.map(({ name }) => name).join(" and ")} are the ends of a pair, and both forward`,
          ...bridges.map(({ name }) => `${name}: stp-state=off`),
        ],
        remedy: `Take ${ends[0].name} out, or linkwright bridge set ${first} stp-state=on`,
      });
    }
    for (const bridge of observation.bridges()) {
      if (observation.heard.get(bridge.index)?.echoes !== true) continue;
      found.push({
        links: [bridge.name],
        summary: `what ${bridge.name} sends comes back to it: there is a loop`,
        evidence: [
          `a broadcast of ${bridge.name}'s came in by one of its ports`,
          `${bridge.name}: stp-state=${String(bridge.linkInfo.data.stpState)}`,
        ],
        remedy: `Look for two ports of ${bridge.name} with one switch behind them; or linkwright bridge set ${bridge.name} stp-state=on`,
      });
    }
    return found;
  },
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
