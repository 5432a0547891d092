import { parseInternetAddress } from "../../netlink/codecs/internet.js";
import type { Link } from "../../rtnetlink/link/link.js";
import type { Observation } from "../observation.js";
import type { Family } from "../packets.js";

/** A guests' network for which this host is the router, by its addresses and routes. */
export interface RoutedNetwork {
  readonly bridge: Link;
  /** The link of a default route. */
  readonly uplink: Link;
  readonly family: Family;
  /** The host's address in it, with the length of its prefix. */
  readonly network: string;
  /** Whether the kernel forwards what comes in by the bridge. */
  readonly forwards: boolean;
  /** The sysctl that says so. */
  readonly setting: string;
}

/** Networks that the Internet has no routes to (RFC 1918, RFC 6598, RFC 4193). */
const PRIVATE: readonly (readonly [first: readonly number[], length: number])[] = [
  [[10], 8],
  [[172, 16], 12],
  [[192, 168], 16],
  [[100, 64], 10],
  [[0xfc], 7],
];

/** Whether an address, with a length or without, is of a private network. */
export function isPrivate(address: string): boolean {
  const bytes = parseInternetAddress(address.split("/")[0]!);
  return PRIVATE.some(
    ([first, length]) =>
      (first[0] === 0xfc) === (bytes.length === 16) &&
      first.every((byte, place) => {
        const kept = 0xff & ~(0xff >> Math.min(8, Math.max(0, length - 8 * place)));
        return (bytes[place]! & kept) === byte;
      }),
  );
}

/** The host's address on a link that others share a network with it by; undefined for none. */
export function networkOf({ addressesOf }: Observation, link: Link, family: Family): string | undefined {
  const own = addressesOf(link).find(
    (each) => each.family === family && each.scope === "global" && !/\/(32|128)$/.test(each.address),
  );
  return own?.address;
}

const BYTES = [24, 16, 8, 0];

/** The first address of a network such as that of 10.0.0.1/24 that this host does not have. */
export function otherIn(network: string, own: ReadonlySet<string>): string | undefined {
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

/** The links of default routes that are in use. */
function uplinks({ routes, links }: Observation, family: Family): Link[] {
  const out = routes.filter(
    ({ destination, family: of, type, table }) =>
      destination === "default" && of === family && type === "unicast" && table === "main",
  );
  const indexes = new Set(out.flatMap(({ link, nexthops = [] }) => [link, ...nexthops.map((each) => each.link)]));
  return links.filter(({ index, up }) => indexes.has(index) && up);
}

/** Whether what comes in by a bridge is forwarded, and which sysctl says so: for IPv4 the bridge's own, unless none of the host's is. */
async function forwardingOf(
  { setting }: Observation,
  bridge: Link,
  family: Family,
): Promise<Pick<RoutedNetwork, "forwards" | "setting"> | undefined> {
  const forAll = family === "inet" ? "net.ipv4.ip_forward" : "net.ipv6.conf.all.forwarding";
  const own = family === "inet" ? `net.ipv4.conf.${bridge.name.replaceAll(".", "/")}.forwarding` : forAll;
  const value = await setting(own);
  if (value === undefined) return undefined;
  const forwards = value === "1";
  return { forwards, setting: !forwards && (await setting(forAll)) === "0" ? forAll : own };
}

/** Bridges with ports that are up and an address of the host's, beside the links by which it goes out. */
export async function routedNetworks(observation: Observation): Promise<RoutedNetwork[]> {
  const found: RoutedNetwork[] = [];
  for (const family of ["inet", "inet6"] as const) {
    const out = uplinks(observation, family);
    const [uplink] = out;
    if (uplink === undefined) continue;
    for (const bridge of observation.bridges()) {
      const network = networkOf(observation, bridge, family);
      // One that is a VRF's has routes of its own.
      const isGuests =
        !out.includes(bridge) &&
        bridge.master === undefined &&
        bridge.up &&
        observation.portsOf(bridge).some(({ up }) => up);
      if (!isGuests || network === undefined) continue;
      const forwarding = await forwardingOf(observation, bridge, family);
      if (forwarding !== undefined) found.push({ bridge, uplink, family, network, ...forwarding });
    }
  }
  return found;
}
