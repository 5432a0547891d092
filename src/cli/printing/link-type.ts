/** What a link is on the wire (ARPHRD_*, linux/if_arp.h), as ip(8) calls it. */
const TYPES: Readonly<Record<number, string>> = {
  1: "ether",
  32: "infiniband",
  280: "can",
  512: "ppp",
  519: "rawip",
  768: "ipip",
  769: "tunnel6",
  772: "loopback",
  776: "sit",
  778: "gre",
  801: "ieee802.11",
  803: "ieee802.11/radiotap",
  823: "gre6",
  824: "netlink",
  825: "6lowpan",
  826: "vsockmon",
  65534: "none",
};

/** A link's type as people call it; the number of one that is not known here. */
export function typeText(type: number): string {
  return TYPES[type] ?? String(type);
}

/** Whether the addresses of links of a type are those of IP: they are tunnels over it. */
export function hasIpAddress(type: number): boolean {
  return ["ipip", "tunnel6", "sit", "gre", "gre6"].includes(typeText(type));
}
