import type { Connection } from "../netlink/connection.js";
import { type Address, listAddresses, replaceAddress } from "../rtnetlink/address-requests.js";
import type { LinkReference } from "../rtnetlink/link-requests.js";

/** The IPv6 addresses that somebody gave a link: the kernel takes them away when the link goes down. */
export async function lastingAddresses(connection: Connection, link: LinkReference): Promise<Address[]> {
  const addresses = await listAddresses(connection, { link, family: "inet6" });
  return addresses.filter(({ flags, scope }) => flags.includes("permanent") && scope !== "link");
}

/** Gives a link its addresses back. */
export async function addBack(
  connection: Connection,
  link: LinkReference,
  addresses: readonly Address[],
): Promise<void> {
  for (const { address, peer, rtPriority, proto, flags } of addresses) {
    const kept = flags.filter((flag) => ["nodad", "homeaddress", "noprefixroute", "mcautojoin"].includes(flag));
    await replaceAddress(connection, link, address, { peer, rtPriority, proto, flags: kept });
  }
}
