import type { Check, Found } from "../check.js";
import type { Speaker } from "../listening.js";
import type { Observation } from "../observation.js";

/** Who said something, and the ports that the bridge heard it by. */
async function spelled({ host, nameOf }: Observation, bridge: string, { address, mac }: Speaker): Promise<string> {
  const [entry] = (await host.fdb.list({ bridge })).filter((each) => each.address === mac && each.master !== undefined);
  return `${address} answers, from ${mac}${entry === undefined ? "" : `, behind ${nameOf(entry.index)}`}`;
}

/** One finding for each bridge on which more speak than should; this host's own voice is one of them where it `has` one. */
async function tooMany(
  observation: Observation,
  speakers: (heard: { servers: readonly Speaker[]; routers: readonly Speaker[] }) => readonly Speaker[],
  own: (bridge: string, serves: boolean) => Promise<string | undefined>,
  summary: (bridge: string) => string,
): Promise<Found[]> {
  const found: Found[] = [];
  for (const { index, name } of observation.bridges()) {
    const heard = observation.heard.get(index);
    if (heard === undefined) continue;
    const others = speakers(heard);
    const ours = await own(name, heard.serves);
    if (others.length + (ours === undefined ? 0 : 1) < 2) continue;
    const evidence = await Promise.all(others.map((each) => spelled(observation, name, each)));
    found.push({
      links: [name],
      summary: summary(name),
      evidence: ours === undefined ? evidence : [ours, ...evidence],
    });
  }
  return found;
}

export const secondDhcpServer: Check = {
  code: "second-dhcp-server",
  severity: "warning",
  symptom: "Some guests get addresses of a network that nobody set up, or lose theirs at times.",
  cause: "Two DHCP servers answer on one bridge: guests take what comes first.",
  remedy:
    "Turn one of them off; or let guests answer as no server: antiSpoof on their ports (linkwright network, docs/networks.md).",
  find: (observation) =>
    tooMany(
      observation,
      ({ servers }) => servers,
      async (bridge, serves) =>
        Promise.resolve(serves ? `a program on this host has UDP port 67, for ${bridge} or for all links` : undefined),
      (bridge) => `more than one DHCP server answers on ${bridge}`,
    ),
};

export const secondRouter: Check = {
  code: "second-router",
  severity: "warning",
  symptom: "IPv6 of guests works at times, or goes out by a router that nobody meant.",
  cause: "More than one router advertises itself on a bridge, or one does beside this host, which forwards IPv6 there.",
  remedy: "Turn the other off; or let guests send no router advertisements: antiSpoof on their ports.",
  find: (observation) =>
    tooMany(
      observation,
      ({ routers }) => routers,
      async (bridge) =>
        (await observation.setting(`net/ipv6/conf/${bridge}/forwarding`)) === "1"
          ? `this host forwards IPv6 on ${bridge}`
          : undefined,
      (bridge) => `${bridge} has more than one IPv6 router`,
    ),
};
