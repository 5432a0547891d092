import type { LinkSettings } from "../../rtnetlink/link/link-requests.js";

/** Bytes that IPv6 needs (RFC 8200, section 5): on a link of a smaller MTU the kernel has none of it. */
export const LEAST_IPV6_MTU = 1280;

/**
 * Whether a change takes a link down, or IPv6 from it, and may be refused all the same: what it loses has to be looked at before.
 * A change of one thing is refused whole.
 */
export function losesBeforeRefusal(settings: Pick<LinkSettings, "up" | "mtu">): boolean {
  // What is no object is refused later.
  const { up, mtu } = Object(settings) as typeof settings;
  const loses = up === false || (mtu !== undefined && mtu < LEAST_IPV6_MTU);
  return loses && Object.values(settings).filter((value) => value !== undefined).length > 1;
}
