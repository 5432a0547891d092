import type { Connection } from "../../netlink/connection.js";
import { getLinkSummary } from "../../rtnetlink/link/link-summary.js";
import type { UpperLink } from "../../rtnetlink/link/upper-links.js";
import { getLink } from "../../rtnetlink/link/link-requests.js";
import { linksAbove } from "../work/links-above.js";

/** A link that was to become a port, and of which: their indexes. */
export interface Joining {
  readonly port: number;
  readonly master: number;
}

/** ARPHRD_ETHER (linux/if_arp.h). */
const ETHERNET = 1;

/** Whether it is a MAC that a link can have: neither zeros nor a multicast one. */
export function isOwnMac(address = ""): boolean {
  return /^[^:][02468ace](:..){5}$/i.test(address) && !/^[0:]*$/.test(address);
}

/** What a bridge refuses as a port without a word (br_add_if, net/bridge/br_if.c). */
export async function unbridgeable(connection: Connection, { port, master }: Joining): Promise<string | undefined> {
  if ((await getLinkSummary(connection, master)).kind !== "bridge") return undefined;
  const { name, flags, type, address } = await getLink(connection, port);
  if (flags.includes("loopback")) return `${name} is the loopback link, which cannot be a bridge's port`;
  if (type !== ETHERNET) return `${name} carries no Ethernet frames, as a bridge's port must`;
  return isOwnMac(address) ? undefined : `${name} has no MAC of its own, as a bridge's port must`;
}

/** The links that a link is on, one below the other, as far as they are in this namespace. A veth's peer counts as well. */
async function allBelow(connection: Connection, link: number, found: number[] = []): Promise<readonly number[]> {
  const { link: below, linkNetnsid } = await getLink(connection, link);
  if (below === undefined || linkNetnsid !== undefined || found.includes(below)) return found;
  return allBelow(connection, below, [...found, below]);
}

/** What is on a link and takes its frames, which then are no bridge's, nor anything else's. */
export async function frameTaker(connection: Connection, below: number): Promise<UpperLink | undefined> {
  const takers = await linksAbove(connection, [below], ["macvlan", "macvtap", "ipvlan", "ipvtap"]);
  return takers.find(({ link }) => link === below);
}

/** What keeps a link that is nobody's port from becoming one (net/core/dev.c). */
export async function inUse(connection: Connection, { port, master }: Joining): Promise<string | undefined> {
  const { index, name } = await getLinkSummary(connection, port);
  const owner = await getLinkSummary(connection, master);
  if ((await allBelow(connection, index)).includes(owner.index)) return `${name} is on ${owner.name} itself`;
  const other = await frameTaker(connection, index);
  return other && `${other.name}, of kind ${other.kind}, is on ${name} and takes its frames`;
}
