import type { BridgeVlanStatus } from "../../rtnetlink/bridge/bridge-vlan-requests.js";
import { formatVlans } from "../../rtnetlink/bridge/vlan-ranges.js";
import { isPortOf, type Link } from "../../rtnetlink/link/link.js";
import type { Check, Found } from "../check.js";
import type { Observation } from "../observation.js";

/** The bridges that filter by VLAN, each with its ports and all of their VLANs. */
function filtering({ bridges, portsOf, vlans = [] }: Observation): {
  bridge: Link;
  members: { link: Link; vlans: readonly BridgeVlanStatus[] }[];
}[] {
  return bridges()
    .filter(({ linkInfo }) => linkInfo.data.vlanFiltering === true)
    .map((bridge) => ({
      bridge,
      members: [bridge, ...portsOf(bridge)].map((link) => ({
        link,
        vlans: vlans.filter(({ index }) => index === link.index),
      })),
    }));
}

function has(vlans: readonly BridgeVlanStatus[], { id, to = id }: BridgeVlanStatus): boolean {
  return vlans.some((vlan) => vlan.id <= to && (vlan.to ?? vlan.id) >= id);
}

/** A port, beside all others of its bridge and the bridge itself. */
interface Member {
  readonly bridge: Link;
  readonly link: Link;
  readonly vlans: readonly BridgeVlanStatus[];
  readonly others: readonly { readonly link: Link; readonly vlans: readonly BridgeVlanStatus[] }[];
}

/** The ports that are up. */
function ports(observation: Observation): Member[] {
  return filtering(observation).flatMap(({ bridge, members }) =>
    members
      .filter(({ link }) => link !== bridge && isPortOf(link, "bridge") && link.up)
      .map(({ link, vlans }) => ({ bridge, link, vlans, others: members.filter((each) => each.link !== link) })),
  );
}

/** The VLANs of a port that nobody else has, if it has no other to reach anybody by. */
function lonely(
  { addressesOf }: Observation,
  { bridge, vlans, others }: Member,
): readonly BridgeVlanStatus[] | undefined {
  // A first guest waits for others, unless this host is to be reached.
  if (others.length < 2 && addressesOf(bridge).every(({ scope }) => scope !== "global")) return undefined;
  const shared = vlans.filter((vlan) => others.some((other) => has(other.vlans, vlan)));
  if (shared.length === 0) return vlans;
  // What it sends without a tag is in its pvid's; other VLANs reach it, and it answers in none, unless it has some with tags.
  const own = vlans.filter(({ pvid }) => pvid === true);
  const isTrunk = shared.some(({ untagged }) => untagged !== true);
  return own.length === 0 || isTrunk || own.some((vlan) => shared.includes(vlan)) ? undefined : own;
}

export const vlanAlone: Check = {
  code: "vlan-alone",
  severity: "error",
  symptom: "A guest reaches nobody, though its port is up and forwards.",
  cause: "The bridge filters by VLAN, and no other port has a VLAN of this port's: its frames have nowhere to go.",
  remedy: "Give the uplink, or the bridge itself, the VLAN too: linkwright bridge vlan add LINK vlan=N",
  find(observation) {
    const alone = ports(observation).flatMap((member): Found[] => {
      const vlans = lonely(observation, member);
      if (vlans === undefined) return [];
      const { bridge, link, others } = member;
      const own = formatVlans(vlans);
      const less = vlans.length < member.vlans.length ? "what it sends without a tag is there" : "its only one";
      return [
        {
          links: [link.name, bridge.name],
          summary:
            own === ""
              ? `${link.name} is in no VLAN of ${bridge.name}, which filters by VLAN`
              : `no other port of ${bridge.name} is in VLAN ${own}, as ${link.name} is`,
          evidence: [
            `${link.name}: ${own === "" ? "no VLAN" : `VLAN ${own}, ${less}`}`,
            ...others.map((other) => `${other.link.name}: ${formatVlans(other.vlans) || "none"}`),
          ],
          remedy:
            own === ""
              ? undefined
              : `linkwright bridge vlan add LINK vlan=${own.split(/[,-]/)[0]}, for the uplink or ${bridge.name}`,
        },
      ];
    });
    const above = filtering(observation).flatMap(({ bridge, members: [self] }): Found[] =>
      observation.links.flatMap((link): Found[] => {
        if (link.kind !== "vlan" || link.link !== bridge.index || link.linkNetnsid !== undefined) return [];
        const id = link.linkInfo.data.id ?? 0;
        if (has(self!.vlans, { id } as BridgeVlanStatus)) return [];
        return [
          {
            links: [link.name, bridge.name],
            summary: `${link.name} stands on ${bridge.name}, which is not in VLAN ${id} itself`,
            evidence: [`${bridge.name}: VLAN ${formatVlans(self!.vlans) || "none"}`],
            remedy: `linkwright bridge vlan add ${bridge.name} vlan=${id}`,
          },
        ];
      }),
    );
    return [...alone, ...above];
  },
};

export const vlanLeak: Check = {
  code: "vlan-leak",
  severity: "warning",
  symptom: "A guest sees broadcasts of a network that is not its own, and gets addresses from there at times.",
  cause:
    "Its port lets a second VLAN out without tags beside its pvid's, as VLAN 1 that every port has from the start: frames of others reach it.",
  remedy: "linkwright bridge vlan delete PORT vlan=1",
  find: (observation) =>
    ports(observation).flatMap(({ bridge, link, vlans, others }): Found[] => {
      const own = vlans.find(({ pvid }) => pvid === true);
      if (own === undefined) return [];
      const leaking = vlans
        .filter((vlan) => vlan !== own && vlan.untagged === true)
        .filter((vlan) => others.some((other) => has(other.vlans, vlan)));
      if (leaking.length === 0) return [];
      const text = formatVlans(leaking);
      const senders = others.filter((other) => leaking.some((vlan) => has(other.vlans, vlan)));
      return [
        {
          links: [link.name, bridge.name],
          summary: `${link.name} is in VLAN ${own.id}, and gets what is sent in VLAN ${text}, too`,
          evidence: [
            `${link.name}: VLAN ${text} untagged beside the pvid ${own.id}`,
            `in VLAN ${text}, too: ${senders.map((other) => other.link.name).join(", ")}`,
          ],
          remedy: `linkwright bridge vlan delete ${link.name} vlan=${text}`,
        },
      ];
    }),
};

export const noPvid: Check = {
  code: "no-pvid",
  severity: "error",
  symptom: "A guest that sends without tags reaches nobody; what it receives looks right.",
  cause:
    "The port lets frames out without a tag, but has no pvid: what comes in without a tag belongs to no VLAN and is dropped.",
  remedy: "linkwright bridge vlan add PORT vlan=N pvid untagged",
  find: (observation) =>
    filtering(observation).flatMap(({ bridge, members }) =>
      members
        .filter(({ link, vlans }) => link !== bridge && link.up && vlans.some(({ untagged }) => untagged))
        .filter(({ vlans }) => !vlans.some(({ pvid }) => pvid))
        .map(({ link, vlans }): Found => {
          const open = formatVlans(vlans.filter(({ untagged }) => untagged));
          return {
            links: [link.name, bridge.name],
            summary: `${link.name} has VLAN ${open} without tags, and no pvid`,
            evidence: [`${link.name}: VLAN ${open} untagged, none is the pvid`],
            remedy: `linkwright bridge vlan add ${link.name} vlan=${open.split(/[,-]/)[0]} pvid untagged`,
          };
        }),
    ),
};
