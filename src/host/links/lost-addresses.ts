import type { Connection } from "../../netlink/connection.js";
import { addAddress, type Address, listAddresses, replaceAddress } from "../../rtnetlink/address/address-requests.js";
import type { LinkReference } from "../../rtnetlink/link/link-requests.js";

/** What the kernel adds again by itself when a link comes up: IFAPROT_KERNEL_LO and _LL (linux/if_addr.h, since Linux 5.18). */
const KERNEL: readonly (number | undefined)[] = [1, 3];
/** A temporary address of RFC 8981, which the kernel makes itself, and one that another node has. */
const LOST: readonly string[] = ["temporary", "dadfailed"];

/**
 * The IPv6 addresses that somebody gave a link, a router among them, who may not be heard again for long: the kernel takes them
 * away when the link goes down.
 */
export async function addressesToLose(connection: Connection, link: LinkReference): Promise<Address[]> {
  const addresses = await listAddresses(connection, { link, family: "inet6" });
  return addresses.filter(({ proto, flags }) => !KERNEL.includes(proto) && !flags.some((flag) => LOST.includes(flag)));
}

const KEPT: readonly string[] = ["nodad", "homeaddress", "managetempaddr", "noprefixroute", "mcautojoin"];

/** Gives a link IPv4 addresses that it had, in their order, where they are gone. */
export async function addSecondariesBack(
  connection: Connection,
  link: LinkReference,
  before: readonly Address[],
): Promise<void> {
  const now = await listAddresses(connection, { link, family: "inet" });
  const there = now.map(({ address, peer }) => `${address} ${peer}`);
  for (const each of before) {
    if (there.includes(`${each.address} ${each.peer}`)) continue;
    const { address, peer, broadcast, label, scope, rtPriority, proto, validLifetime, preferredLifetime } = each;
    const flags = each.flags.filter((flag) => KEPT.includes(flag));
    const settings = { peer, broadcast, label, scope, rtPriority, proto, validLifetime, preferredLifetime, flags };
    await addAddress(connection, link, address, settings);
  }
}

/**
 * Gives a link its addresses back, with what was left of their lifetimes. Nobody else had one that was in use: it is not looked for
 * again (duplicate address detection), so that routes can have it for a source at once; a change takes that flag off.
 */
export async function addBack(
  connection: Connection,
  link: LinkReference,
  addresses: readonly Address[],
): Promise<void> {
  for (const { address, flags, peer, rtPriority, proto, validLifetime, preferredLifetime } of addresses) {
    const kept = flags.filter((flag) => KEPT.includes(flag));
    const settings = { peer, rtPriority, proto, validLifetime, preferredLifetime, flags: kept };
    if (!flags.includes("tentative") && !kept.includes("nodad"))
      await replaceAddress(connection, link, address, { ...settings, flags: [...kept, "nodad"] });
    await replaceAddress(connection, link, address, settings);
  }
}
