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

export const vlanAlone: Check = {
  code: "vlan-alone",
  severity: "error",
  symptom: "A guest reaches nobody, though its port is up and forwards.",
  cause: "The bridge filters by VLAN, and no other port has a VLAN of this port's: its frames have nowhere to go.",
  remedy: "Give the uplink, or the bridge itself, the VLAN too: linkwright bridge vlan add LINK vlan=N",
  find: (observation) =>
    filtering(observation).flatMap(({ bridge, members }) =>
      members
        .filter(({ link }) => link !== bridge && isPortOf(link, "bridge") && link.up)
        .flatMap(({ link, vlans }): Found[] => {
          const others = members.filter((member) => member.link !== link).flatMap((member) => member.vlans);
          if (members.length < 3 || vlans.some((vlan) => has(others, vlan))) return [];
          const own = vlans.length === 0 ? "no VLAN" : `VLAN ${formatVlans(vlans)}`;
          return [
            {
              links: [link.name, bridge.name],
              summary:
                vlans.length === 0
                  ? `${link.name} is in no VLAN of ${bridge.name}, which filters by VLAN`
                  : `no other port of ${bridge.name} is in VLAN ${formatVlans(vlans)}, as ${link.name} is`,
              evidence: [
                `${link.name}: ${own}`,
                ...members
                  .filter((member) => member.link !== link)
                  .map((member) => `${member.link.name}: ${formatVlans(member.vlans) || "none"}`),
              ],
            },
          ];
        }),
    ),
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
