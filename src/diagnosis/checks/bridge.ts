import { isPortOf, type LinkOf, type PortOf } from "../../rtnetlink/link/link.js";
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
  cause: "The spanning tree holds the port: it listens and learns first, or blocks it because of a loop.",
  remedy:
    "Where the bridge has no second way out, switch the spanning tree off (stp-state=off) or shorten forward-delay; where it blocks, look for the loop.",
  find: (observation) =>
    portsOfBridges(observation).flatMap(([bridge, port]): Found[] => {
      const { state, forwardDelayTimer = 0 } = port.linkInfo.slaveData;
      const held = state === "listening" || state === "learning" || state === "blocking";
      if (!held || !port.up) return [];
      const rest = state === "blocking" ? [] : [`its next state comes in ${seconds(forwardDelayTimer)}`];
      const { forwardDelay = 0, stpState } = bridge.linkInfo.data;
      return [
        {
          links: [port.name, bridge.name],
          summary: `${port.name} is ${state}: ${bridge.name}'s spanning tree does not let frames through yet`,
          evidence: [
            `${port.name} is ${state}`,
            ...rest,
            `${bridge.name}: stp-state=${stpState}, forward-delay=${seconds(forwardDelay)}`,
          ],
          remedy:
            state === "blocking"
              ? "There is a loop: take one of the ways out, or leave it to the spanning tree."
              : `linkwright bridge set ${bridge.name} stp-state=off, or forward-delay=2s`,
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

/** Devices that stand for a network outside, or a guest: not the pairs and VLANs in between. */
export const mtuMismatch: Check = {
  code: "mtu-mismatch",
  severity: "warning",
  symptom: "Pings and small packets pass; SSH hangs after the login, downloads stall.",
  cause:
    "Frames that are larger than the MTU of the port that they leave by are dropped without a word: a bridge does not fragment.",
  remedy: "Give all ports of a bridge, and the guests, the same MTU.",
  find(observation) {
    const bridged = observation.bridges().flatMap((bridge): Found[] => {
      const ports = observation.portsOf(bridge).filter(({ up }) => up);
      const sizes = new Set(ports.map(({ mtu }) => mtu));
      if (sizes.size < 2) return [];
      return [
        {
          links: [bridge.name, ...ports.map(({ name }) => name)],
          summary: `the ports of ${bridge.name} have different MTUs`,
          evidence: ports.map(({ name, mtu }) => `${name}: ${mtu}`),
          remedy: `Set one MTU: linkwright link set PORT mtu=${Math.min(...ports.map(({ mtu = 0 }) => mtu))}`,
        },
      ];
    });
    const stacked = observation.links.flatMap((link): Found[] => {
      const below = observation.links.find(({ index }) => index === link.link && link.linkNetnsid === undefined);
      if (link.kind !== "vlan" || below === undefined || (link.mtu ?? 0) <= (below.mtu ?? 0)) return [];
      return [
        {
          links: [link.name, below.name],
          summary: `${link.name} has a larger MTU than ${below.name}, on which it stands`,
          evidence: [`${link.name}: ${link.mtu}`, `${below.name}: ${below.mtu}`],
        },
      ];
    });
    return [...bridged, ...stacked];
  },
};

function grouped<T>(items: readonly T[], key: (item: T) => string | undefined): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const value = key(item);
    if (value !== undefined) groups.set(value, [...(groups.get(value) ?? []), item]);
  }
  return [...groups].filter(([, group]) => group.length > 1);
}

export const duplicateMac: Check = {
  code: "duplicate-mac",
  severity: "error",
  symptom: "Two guests work in turns: one loses its network as soon as the other sends.",
  cause:
    "Two ports of one bridge have the same MAC, or the guests behind them: the bridge sends to where it was seen last.",
  remedy: "Give each guest a MAC of its own.",
  find: (observation) =>
    observation.bridges().flatMap((bridge) =>
      // The VLANs of a card have its MAC.
      grouped(
        observation.portsOf(bridge).filter(({ kind }) => kind !== "vlan"),
        ({ address }) => address,
      ).map(([address, ports]): Found => ({
        links: [bridge.name, ...ports.map(({ name }) => name)],
        summary: `${ports.map(({ name }) => name).join(" and ")} have the same MAC on ${bridge.name}`,
        evidence: [`${address} on ${ports.map(({ name }) => name).join(", ")}`],
      })),
    ),
};

export const duplicateAddress: Check = {
  code: "duplicate-address",
  severity: "warning",
  symptom: "An address of the host answers by another link than it should.",
  cause: "Two links of this host have the same address.",
  remedy: "Remove it from one of them.",
  find: (observation) =>
    grouped(
      observation.addresses.filter(({ scope }) => scope !== "link" && scope !== "host"),
      ({ address }) => address.split("/")[0],
    )
      .filter(([, owners]) => new Set(owners.map(({ index }) => index)).size > 1)
      // Without a network beside it, an address on several links is what unnumbered links have.
      .filter(([, owners]) => !owners.every(({ address }) => /\/(32|128)$/.test(address)))
      .map(([address, owners]): Found => {
        const names = owners.map(({ index }) => observation.nameOf(index));
        return {
          links: names,
          summary: `${names.join(" and ")} both have ${address}`,
          evidence: owners.map((owner, i) => `${names[i]}: ${owner.address}`),
        };
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
