import type { Check, Found } from "../check.js";
import { isTranslated, spelledFamily } from "../packets.js";
import { isPrivate, routedNetworks } from "./routed-networks.js";

export const forwardingOff: Check = {
  code: "forwarding-off",
  severity: "warning",
  symptom: "Guests reach the host and one another, and nothing beyond.",
  cause: "The host has an address in the guests' network and a way out by another link, and does not forward.",
  remedy:
    "Set net.ipv4.ip_forward, for IPv6 net.ipv6.conf.all.forwarding, to 1 (or forwarding of the links concerned).",
  async find(observation) {
    const found: Found[] = [];
    for (const { bridge, uplink, family, network, forwards, setting } of await routedNetworks(observation)) {
      if (forwards) continue;
      const translated = await isTranslated(observation, { family, from: bridge, to: uplink, source: network });
      found.push({
        links: [bridge.name, uplink.name],
        // Without translation it may be a network that is to stay by itself.
        severity: translated === true ? "warning" : "note",
        summary: `this host does not forward ${spelledFamily[family]}: what comes from ${bridge.name} goes no further`,
        evidence: [
          `${setting} is 0`,
          `${bridge.name} has ${network}, and the default route goes by ${uplink.name}`,
          ...(translated === true ? [`the addresses of ${network} are translated there`] : []),
        ],
        remedy: `linkwright sysctl set ${setting}=1${translated === true ? "" : ", unless the guests are to stay among themselves"}`,
      });
    }
    return found;
  },
};

export const notTranslated: Check = {
  code: "not-translated",
  severity: "warning",
  symptom: "Guests reach the host, and pings beyond it go out and are never answered.",
  cause: "The host forwards packets with the guests' private addresses as they are: who gets them knows no way back.",
  remedy:
    "Translate them on the way out (linkwright network with nat, or a masquerade rule); or give the router beyond a route back.",
  async find(observation) {
    const found: Found[] = [];
    for (const { bridge, uplink, family, network, forwards } of await routedNetworks(observation)) {
      if (!forwards || !isPrivate(network)) continue;
      const translated = await isTranslated(observation, { family, from: bridge, to: uplink, source: network });
      if (translated !== false) continue;
      // What iptables-legacy may translate is not read.
      if (observation.legacyTables?.[family === "inet" ? "ip" : "ip6"].includes("nat") !== false) continue;
      const own = observation.addressesOf(uplink).filter((each) => each.family === family && each.scope === "global");
      // In a private network beyond, a router may well know the way back.
      const isPublic = own.length > 0 && !own.some(({ address }) => isPrivate(address));
      found.push({
        links: [bridge.name, uplink.name],
        severity: isPublic ? "warning" : "note",
        summary: `${network} of ${bridge.name} goes out by ${uplink.name} with its own addresses, which are private`,
        evidence: [
          ...own.map(({ address }) => `${uplink.name} has ${address}`),
          `no chain of nftables translates what goes from ${bridge.name} to ${uplink.name}`,
        ],
        remedy: `Translate it (nft: oifname ${uplink.name} ip saddr ${network} masquerade), or give the router beyond a route to ${network}`,
      });
    }
    return found;
  },
};
