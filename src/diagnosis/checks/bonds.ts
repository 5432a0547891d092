import type { LinkOf } from "../../rtnetlink/link/link.js";
import type { Check, Found } from "../check.js";
import { needsGroup, type Observation } from "../observation.js";

const NOBODY = "00:00:00:00:00:00";

function bondsOf({ links }: Observation): LinkOf<"bond">[] {
  return links.filter((link): link is LinkOf<"bond"> => link.kind === "bond" && link.up);
}

/** In mode 802.3ad: ports that no partner answered, or several. Who may not change the network is not told the partners. */
async function lacp({ host }: Observation, bond: LinkOf<"bond">): Promise<Found[]> {
  const { ports } = await host.bondState(bond);
  const working = ports.filter(({ miiStatus }) => miiStatus === "up");
  const alone = working.filter(({ partner }) => partner?.system === NOBODY);
  const aggregators = new Set(working.map(({ adAggregatorId }) => adAggregatorId));
  if (working.length === 0 || (alone.length === 0 && aggregators.size === 1)) return [];
  return [
    {
      links: [bond.name, ...working.map(({ name }) => name)],
      summary:
        alone.length > 0
          ? `${alone.map(({ name }) => name).join(" and ")} of ${bond.name} ${alone.length > 1 ? "have" : "has"} no LACP partner`
          : `the ports of ${bond.name} are not one group: the other side has them in several, or does not answer on all`,
      evidence: working.map(
        ({ name, partner, adAggregatorId }) =>
          `${name}: partner ${partner?.system ?? "unknown"}, aggregator ${adAggregatorId ?? "unknown"}`,
      ),
    },
  ];
}

/** In modes that need a group of the switch's without LACP: what the bond sent came back by another port. */
function ungrouped({ heard, portsOf, nameOf }: Observation, bond: LinkOf<"bond">): Found[] {
  const place = heard.get(bond.index) ?? heard.get(bond.master ?? 0);
  if (place?.echoes !== true) return [];
  return [
    {
      links: [bond.name, ...portsOf(bond).map(({ name }) => name)],
      summary: `the switch does not take the ports of ${bond.name} as one: what it sends comes back by another port`,
      evidence: [
        `${bond.name}: mode=${String(bond.linkInfo.data.mode)}`,
        `a broadcast that ${heard.has(bond.index) ? bond.name : nameOf(bond.master)} sent came in again`,
      ],
      remedy: `Set the ports of the switch up as one static group, or linkwright bond set ${bond.name} mode=active-backup`,
    },
  ];
}

export const bondWithoutPartner: Check = {
  code: "bond-without-partner",
  severity: "error",
  symptom: "A bond carries traffic on one of its ports at most, or loses frames.",
  cause:
    "In mode 802.3ad no partner answered by LACP on all of its ports; in other modes that need a group of the switch's, frames come back by another port: the switch's side is not set up as one group.",
  remedy: "Set the ports of the switch up as one LACP group, or choose a mode that needs no switch (active-backup).",
  async find(observation) {
    const bonds = bondsOf(observation);
    const alone = await Promise.all(
      bonds.filter(({ linkInfo }) => linkInfo.data.mode === "802.3ad").map((bond) => lacp(observation, bond)),
    );
    return [...alone.flat(), ...bonds.filter(needsGroup).flatMap((bond) => ungrouped(observation, bond))];
  },
};

export const bondUnwatched: Check = {
  code: "bond-unwatched",
  severity: "warning",
  symptom: "A cable of a bond is pulled, and a part of the traffic is lost for good.",
  cause:
    "The bond looks neither at the carrier of its ports (miimon) nor asks by ARP: it does not notice one that fails.",
  remedy: "linkwright bond set BOND miimon=100ms",
  find: (observation) =>
    bondsOf(observation)
      .filter(({ linkInfo: { data } }) => data.miimon === 0 && (data.arpInterval ?? 0) === 0)
      .map(({ name }) => ({
        links: [name],
        summary: `${name} does not notice when a port fails`,
        evidence: [`${name}: miimon=0, arp-interval=0`],
        remedy: `linkwright bond set ${name} miimon=100ms`,
      })),
};

export const bondDegraded: Check = {
  code: "bond-degraded",
  severity: "warning",
  symptom: "A bond works, until one more cable fails; or it is slower than it was.",
  cause: "One of its ports is down, or has no carrier.",
  remedy: "Look at the cable and the switch's port: linkwright bond show BOND",
  find: (observation) =>
    bondsOf(observation).flatMap((bond): Found[] => {
      const ports = observation.portsOf(bond);
      const lost = ports.filter(({ up, carrier }) => !up || carrier === false);
      if (lost.length === 0) return [];
      const left = ports.length - lost.length;
      return [
        {
          links: [bond.name, ...lost.map(({ name }) => name)],
          severity: left === 0 ? "error" : undefined,
          summary: `${lost.map(({ name }) => name).join(" and ")} of ${bond.name} ${lost.length > 1 ? "carry" : "carries"} nothing; ${left === 0 ? "no port is" : left === 1 ? "one port is" : `${left} ports are`} left`,
          evidence: lost.map(({ name, up }) => `${name} ${up ? "has no carrier" : "is down"}`),
          remedy: lost.some(({ up }) => !up)
            ? `linkwright up ${lost.find(({ up }) => !up)!.name}`
            : `Look at the cable and the switch's port of ${lost.map(({ name }) => name).join(", ")}`,
        },
      ];
    }),
};
