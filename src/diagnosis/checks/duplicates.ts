import type { Check, Found } from "../check.js";
import type { Observation } from "../observation.js";

/** The items that have a key in common, by that key. */
function grouped<T>(items: readonly T[], key: (item: T) => string | undefined): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const value = key(item);
    if (value !== undefined) groups.set(value, [...(groups.get(value) ?? []), item]);
  }
  return [...groups].filter(([, group]) => group.length > 1);
}

/** Ports of a bridge that have one MAC. */
function samePorts(observation: Observation): Found[] {
  return observation.bridges().flatMap((bridge) =>
    // The VLANs of a card have its MAC.
    grouped(
      observation.portsOf(bridge).filter(({ kind }) => kind !== "vlan"),
      ({ address }) => address,
    ).map(([address, ports]): Found => ({
      links: [bridge.name, ...ports.map(({ name }) => name)],
      summary: `${ports.map(({ name }) => name).join(" and ")} have the same MAC on ${bridge.name}`,
      evidence: [`${address} on ${ports.map(({ name }) => name).join(", ")}`],
    })),
  );
}

/** MACs that a bridge heard behind one port, behind another, and behind the first again. One that moves once has moved. */
function sameGuests({ moves, nameOf, pause }: Observation): Found[] {
  return moves.macs
    .filter(({ places }) => places.length > 2)
    .map(({ what, on, places }) => {
      const ports = [...new Set(places)].map((place) => nameOf(Number(place)));
      return {
        links: [nameOf(on), ...ports],
        summary: `${what} is used behind ${ports.join(" and ")} of ${nameOf(on)}, by turns`,
        evidence: [`${nameOf(on)} heard it move ${places.length - 1} times in ${pause} ms`],
        remedy: `Give one of the guests behind ${ports.join(" and ")} another MAC; where they are one and the same, there is a loop`,
      };
    });
}

export const duplicateMac: Check = {
  code: "duplicate-mac",
  severity: "error",
  symptom: "Two guests work in turns: one loses its network as soon as the other sends.",
  cause:
    "Two ports of one bridge have the same MAC, or the guests behind them: the bridge sends to where it was seen last.",
  remedy: "Give each guest a MAC of its own.",
  find: (observation) => [...samePorts(observation), ...sameGuests(observation)],
};

/** Links of this host that have one address, and are of one VRF or none. */
function sameLinks({ addresses, links, nameOf }: Observation): Found[] {
  const vrfs = new Set(links.filter(({ kind }) => kind === "vrf").map(({ index }) => index));
  const masters = new Map(links.map(({ index, master = 0 }) => [index, vrfs.has(master) ? master : 0]));
  return (
    grouped(
      addresses.filter(({ scope }) => scope !== "link" && scope !== "host"),
      ({ address, index }) => `${address.split("/")[0]} ${masters.get(index)}`,
    )
      .map(([, owners]) => [owners[0]!.address.split("/")[0]!, owners] as const)
      .filter(([, owners]) => new Set(owners.map(({ index }) => index)).size > 1)
      // Without a network beside it, an address on several links is what unnumbered links have.
      .filter(([, owners]) => !owners.every(({ address }) => /\/(32|128)$/.test(address)))
      .map(([address, owners]): Found => {
        const names = owners.map(({ index }) => nameOf(index));
        return {
          links: names,
          summary: `${names.join(" and ")} both have ${address}`,
          evidence: owners.map((owner, i) => `${names[i]}: ${owner.address}`),
          remedy: `linkwright address delete ${names[1]} ${owners[1]!.address}, or on ${names[0]}`,
        };
      })
  );
}

/** Where a MAC is heard on a bridge, in words. */
async function whereIs({ host, nameOf }: Observation, bridge: string, mac: string): Promise<string> {
  const entries = await host.fdb.list({ bridge });
  const entry = entries.find(({ address, master, local }) => address === mac && master !== undefined && !local);
  return entry === undefined ? mac : `${mac} behind ${nameOf(entry.index)}`;
}

/** Neighbours for whose address two MACs spoke while it was looked, or answered when they were asked. */
async function sameNeighbours(observation: Observation): Promise<Found[]> {
  const { moves, heard, nameOf, addressesOf, links, pause } = observation;
  const found: Found[] = [];
  for (const bridge of observation.bridges()) {
    const said = new Map<string, Set<string>>();
    for (const { what, on, places } of moves.addresses)
      if (on === bridge.index) said.set(what, new Set(places.map(String)));
    for (const { address, mac } of heard.get(bridge.index)?.claims ?? [])
      said.set(address, (said.get(address) ?? new Set()).add(mac));
    const own = new Set(addressesOf(bridge).map(({ address }) => address.split("/")[0]));
    const macs = new Set(links.map(({ address }) => address));
    for (const [address, speakers] of said) {
      const isOwn = own.has(address);
      const others = [...speakers].filter((mac) => !isOwn || !macs.has(mac));
      if (others.length < (isOwn ? 1 : 2)) continue;
      const places = await Promise.all(others.map((mac) => whereIs(observation, bridge.name, mac)));
      found.push({
        links: [nameOf(bridge.index)],
        summary: isOwn
          ? `${address} is ${bridge.name}'s own, and somebody else's there`
          : `${address} is used by more than one on ${bridge.name}`,
        evidence: [...places, `seen within ${pause} ms`],
        remedy: `Give one of them another address: ${places.join(", ")}`,
      });
    }
  }
  return found;
}

export const duplicateAddress: Check = {
  code: "duplicate-address",
  severity: "warning",
  symptom: "An address answers by another link than it should, or by turns from two guests.",
  cause: "Two links of this host have the same address, or two guests of one bridge, or a guest has the host's.",
  remedy: "Take it away from one of them.",
  find: async (observation) => [...sameLinks(observation), ...(await sameNeighbours(observation))],
};
