import type { Connection } from "../../netlink/connection.js";
import { type Address, listAddresses, replaceAddress } from "../../rtnetlink/address/address-requests.js";
import type { LinkReference } from "../../rtnetlink/link/link-requests.js";

/** Who adds addresses by himself: IFAPROT_KERNEL_LO, _RA and _LL (linux/if_addr.h, since Linux 5.18). */
const KERNEL: readonly (number | undefined)[] = [1, 2, 3];
/** A temporary address of RFC 8981, which the kernel makes itself, and one that another node has. */
const LOST: readonly string[] = ["temporary", "dadfailed"];

/** The IPv6 addresses that somebody gave a link: the kernel takes them away when the link goes down. */
export async function lastingAddresses(connection: Connection, link: LinkReference): Promise<Address[]> {
  const addresses = await listAddresses(connection, { link, family: "inet6" });
  return addresses.filter(({ proto, flags }) => !KERNEL.includes(proto) && !flags.some((flag) => LOST.includes(flag)));
}

const KEPT: readonly string[] = ["nodad", "homeaddress", "managetempaddr", "noprefixroute", "mcautojoin"];

/** Gives a link its addresses back, with what was left of their lifetimes. */
export async function addBack(
  connection: Connection,
  link: LinkReference,
  addresses: readonly Address[],
): Promise<void> {
  for (const { address, flags, peer, rtPriority, proto, validLifetime, preferredLifetime } of addresses) {
    const kept = flags.filter((flag) => KEPT.includes(flag));
    const settings = { peer, rtPriority, proto, validLifetime, preferredLifetime, flags: kept };
    await replaceAddress(connection, link, address, settings);
  }
}
