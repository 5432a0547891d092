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

const BYTES = [24, 16, 8, 0];

/** The first address of a network such as that of 10.0.0.1/24 that this host does not have. */
function otherIn(network: string, own: ReadonlySet<string>): string | undefined {
  const [, text = "", length = ""] = /^([\d.]+)\/(\d+)$/.exec(network) ?? [];
  const size = 2 ** (32 - Number(length));
  if (text === "" || size < 4) return undefined;
  const value = text.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
  const first = Math.floor(value / size) * size;
  for (let place = 1; place < Math.min(size - 1, own.size + 2); place++) {
    const address = BYTES.map((shift) => Math.floor((first + place) / 2 ** shift) % 256).join(".");
    if (!own.has(address)) return address;
  }
  return undefined;
}

export const reversePath: Check = {
  code: "reverse-path",
  severity: "error",
  symptom: "A link gets packets, as a capture shows, and the host answers none of them.",
  cause: "rp_filter is strict there, and the way back to their senders goes by another link: the kernel drops them.",
  remedy: "Set net.ipv4.conf.LINK.rp_filter to 2 (loose), and .all to 0 or 2; or mend the routes.",
  async find(observation) {
    const { host, addresses, links, nameOf, setting } = observation;
    const all = Number((await setting("net.ipv4.conf.all.rp_filter")) ?? 0);
    const own = new Set(addresses.map(({ address }) => address.split("/")[0]!));
    const found: Found[] = [];
    for (const { index, family, address, scope } of addresses) {
      const link = links.find((each) => each.index === index);
      const other = family === "inet" && scope === "global" ? otherIn(address, own) : undefined;
      if (link?.up !== true || link.carrier === false || other === undefined) continue;
      const mode = Number((await setting(`net/ipv4/conf/${link.name}/rp_filter`)) ?? 0);
      if (Math.max(all, mode) !== 1) continue;
      const back = await host.routes.get(other).catch(() => undefined);
      if (back?.link === undefined || back.link === index) continue;
      found.push({
        links: [link.name, nameOf(back.link)],
        summary: `what comes in by ${link.name} from its own network is dropped: the way back goes by ${nameOf(back.link)}`,
        evidence: [
          `net.ipv4.conf: all.rp_filter is ${all}, ${link.name}.rp_filter is ${mode}`,
          `${link.name} has ${address}, and the route to ${other} goes by ${nameOf(back.link)}`,
        ],
        remedy: `linkwright sysctl set net/ipv4/conf/${link.name}/rp_filter=2, or mend the routes`,
      });
    }
    return found;
  },
};
