import type { Link } from "../../rtnetlink/link/link.js";
import type { Check, Found } from "../check.js";
import type { Heard, Speaker } from "../listening.js";
import type { Observation } from "../observation.js";

/** Somebody who speaks on a bridge: this host itself, or one behind a port. */
interface Voice {
  readonly words: string;
  /** Behind the port of a guest, who is to ask and not to answer. */
  readonly isGuest: boolean;
}

/** Kinds of ports that guests and containers are behind; a card, a bond, a VLAN or a tunnel leads to the network. */
const GUESTS: readonly string[] = ["tun", "veth", "netkit"];

async function voiceOf({ host, links, nameOf }: Observation, bridge: Link, { address, mac }: Speaker): Promise<Voice> {
  const [entry] = (await host.fdb.list({ bridge: bridge.name })).filter(
    (each) => each.address === mac && each.master !== undefined,
  );
  const port = links.find(({ index }) => index === entry?.index);
  return {
    words: `${address} answers, from ${mac}${entry === undefined ? "" : `, behind ${nameOf(entry.index)}`}`,
    isGuest: port !== undefined && GUESTS.includes(port.linkInfo?.kind ?? ""),
  };
}

/**
 * One finding for each bridge on which more speak than should; this host's own voice is one of them where it `has` one. That several
 * are behind the cards may be what the network is meant to have.
 */
async function tooMany(
  observation: Observation,
  speakers: (heard: Heard) => readonly Speaker[],
  own: (bridge: Link, heard: Heard) => Promise<string | undefined>,
  summary: (bridge: string) => string,
): Promise<Found[]> {
  const found: Found[] = [];
  const macs = new Set(observation.links.map(({ address }) => address));
  for (const bridge of observation.bridges()) {
    const heard = observation.heard.get(bridge.index);
    if (heard === undefined) continue;
    const others = await Promise.all(
      speakers(heard)
        .filter(({ mac }) => !macs.has(mac))
        .map((each) => voiceOf(observation, bridge, each)),
    );
    const ours = others.length === 0 ? undefined : await own(bridge, heard);
    if (others.length + (ours === undefined ? 0 : 1) < 2) continue;
    found.push({
      links: [bridge.name],
      severity: others.some(({ isGuest }) => isGuest) ? undefined : "note",
      summary: summary(bridge.name),
      evidence: [...(ours === undefined ? [] : [ours]), ...others.map(({ words }) => words)],
    });
  }
  return found;
}

export const secondDhcpServer: Check = {
  code: "second-dhcp-server",
  severity: "warning",
  symptom: "Some guests get addresses of a network that nobody set up, or lose theirs at times.",
  cause:
    "Two DHCP servers answer on one bridge: guests take what comes first. Where both are beyond its cards, they may be meant (a failover pair).",
  remedy:
    "Turn one of them off; or let guests answer as no server: antiSpoof on their ports (linkwright network, docs/networks.md).",
  find: (observation) =>
    tooMany(
      observation,
      ({ servers }) => servers,
      ({ name }, { serves }) =>
        Promise.resolve(serves ? `a program on this host has UDP port 67, for ${name} or for all links` : undefined),
      (bridge) => `more than one DHCP server answers on ${bridge}`,
    ),
};

/**
 * Why this host is the router of a bridge's guests: it forwards there, has a lasting address of its own, and goes out by another way.
 * A host that forwards for other networks, and is one among others on this bridge, is none.
 */
async function routesFor({ setting, addressesOf, routes }: Observation, bridge: Link): Promise<string | undefined> {
  if ((await setting(`net/ipv6/conf/${bridge.name}/forwarding`)) !== "1") return undefined;
  const own = addressesOf(bridge).find(
    ({ family, scope, flags }) => family === "inet6" && scope === "global" && flags.includes("permanent"),
  );
  const goesOutThere = routes.some(
    ({ family, destination, link, nexthops = [] }) =>
      family === "inet6" &&
      destination === "default" &&
      [link, ...nexthops.map((each) => each.link)].includes(bridge.index),
  );
  return own === undefined || goesOutThere
    ? undefined
    : `this host forwards IPv6 on ${bridge.name}, and has ${own.address} there`;
}

export const secondRouter: Check = {
  code: "second-router",
  severity: "warning",
  symptom: "IPv6 of guests works at times, or goes out by a router that nobody meant.",
  cause:
    "More than one router advertises itself on a bridge, or one does beside this host, which routes for the guests there. Where both are beyond its cards, they may be meant.",
  remedy: "Turn the other off; or let guests send no router advertisements: antiSpoof on their ports.",
  find: (observation) =>
    tooMany(
      observation,
      ({ routers }) => routers,
      (bridge) => routesFor(observation, bridge),
      (bridge) => `${bridge} has more than one IPv6 router`,
    ),
};
