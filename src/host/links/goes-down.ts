import type { LinkSettings } from "../../rtnetlink/link/link-requests.js";

/** Bytes that IPv6 needs (RFC 8200, section 5): on a link of a smaller MTU the kernel has none of it. */
export const LEAST_IPV6_MTU = 1280;

/** What the kernel takes from a link with a change of it: neighbours, or addresses, routes and next hops, too. */
export type Loss = "neighbours" | "all";

/**
 * What a link loses by a change that may be refused all the same, so that it has to be looked at before. The kernel works through a
 * message: what takes a link down, or IPv6 from it, or into other tables (a VRF), comes before what may be refused, and so does
 * another MAC, or none asked for. A change of one thing is refused whole.
 */
export function lossBeforeRefusal(
  settings: Pick<LinkSettings, "up" | "mtu" | "address" | "arp"> & { readonly master?: unknown },
): Loss | undefined {
  // What is no object is refused later.
  const { up, mtu, master, address, arp } = Object(settings) as typeof settings;
  if (Object.values(settings).filter((value) => value !== undefined).length < 2) return undefined;
  if (up === false || master !== undefined || (mtu !== undefined && mtu < LEAST_IPV6_MTU)) return "all";
  return address !== undefined || arp !== undefined ? "neighbours" : undefined;
}
