import type { Link } from "../../rtnetlink/link/link.js";
import type { Check, Found } from "../check.js";
import type { Observation } from "../observation.js";

/** Bytes that a VXLAN's own headers take, inside of IPv4 and of IPv6 (RFC 7348). */
const VXLAN_HEADERS = { inet: 50, inet6: 70 } as const;

const spelled = ({ name, mtu }: Link): string => `${name}: ${mtu}`;

/** Ports of a bridge that differ, and a bridge that is above one of them. */
function bridged(observation: Observation): Found[] {
  return observation.bridges().flatMap((bridge): Found[] => {
    const ports = observation.portsOf(bridge).filter(({ up }) => up);
    const sizes = ports.map(({ mtu = 0 }) => mtu);
    const least = Math.min(...sizes);
    const differ = new Set(sizes).size > 1;
    const isAbove = ports.length > 0 && (bridge.mtu ?? 0) > least;
    if (!differ && !isAbove) return [];
    return [
      {
        links: [bridge.name, ...ports.map(({ name }) => name)],
        summary: differ
          ? `the ports of ${bridge.name} have different MTUs`
          : `${bridge.name} has a larger MTU than its ports: what this host sends is dropped there`,
        evidence: [...(isAbove ? [bridge] : []), ...ports].map(spelled),
        remedy: isAbove
          ? `linkwright link set ${bridge.name} mtu=${least}, or all ports mtu=${bridge.mtu}`
          : `Set one MTU: linkwright link set PORT mtu=${least}`,
      },
    ];
  });
}

/** What a link's frames go on by, and how large they may be there. */
function beyond({ links, portsOf }: Observation, link: Link): { on: readonly Link[]; room: number; why: string } {
  const here = link.linkNetnsid === undefined ? links.find(({ index }) => index === link.link) : undefined;
  if (link.kind === "bond") return { on: portsOf(link).filter(({ up }) => up), room: 0, why: "its port" };
  if ((link.kind === "veth" || link.kind === "netkit") && here !== undefined && here.index > link.index)
    return { on: [here], room: 0, why: "its other end" };
  if (link.kind !== "vxlan") return { on: [], room: 0, why: "" };
  const { link: under, remote, remote6, local6 } = link.linkInfo.data;
  const card = links.find(({ index }) => index === (under ?? 0));
  const family = [remote, remote6, local6].some((address) => address?.includes(":") === true) ? "inet6" : "inet";
  return { on: card === undefined ? [] : [card], room: VXLAN_HEADERS[family], why: "what carries it" };
}

export const mtuMismatch: Check = {
  code: "mtu-mismatch",
  severity: "warning",
  symptom: "Pings and small packets pass; SSH hangs after the login, downloads stall.",
  cause:
    "Frames that are larger than the MTU of the port that they leave by are dropped without a word: a bridge does not fragment.",
  remedy: "Give all ports of a bridge, the bridge, what they stand on, and the guests, the same MTU.",
  find(observation) {
    const stacked = observation.links.flatMap((link): Found[] => {
      const { on, room, why } = beyond(observation, link);
      return on
        .filter(({ mtu }) =>
          link.kind === "veth" || link.kind === "netkit" ? mtu !== link.mtu : (link.mtu ?? 0) + room > (mtu ?? 0),
        )
        .map((below) => ({
          links: [link.name, below.name],
          summary: `${link.name} and ${below.name}, ${why}, have MTUs that do not fit`,
          evidence: [
            spelled(link),
            spelled(below),
            ...(room === 0 ? [] : [`the headers of ${link.name} take ${room} bytes`]),
          ],
          remedy: `linkwright link set ${(link.mtu ?? 0) > (below.mtu ?? 0) - room ? link.name : below.name} mtu=${Math.min(link.mtu ?? 0, (below.mtu ?? 0) - room)}, or the larger one for both`,
        }));
    });
    return [...bridged(observation), ...stacked];
  },
};
