import { attributes, type Values } from "../../../../netlink/codecs/attributes.js";
import { atCreation, unreported } from "../../../../netlink/codecs/codec.js";
import { ipv4, ipv6 } from "../../../../netlink/codecs/internet.js";
import { flag8, u32, u8 } from "../../../../netlink/codecs/numbers.js";
import { words } from "../../../../netlink/codecs/words.js";

/** Options of a gtp: a tunnel of mobile networks (IFLA_GTP_*, linux/if_link.h). */
export const gtp = attributes("IFLA_GTP", () => ({
  fd0: [
    1,
    unreported(atCreation(u32), "a socket's descriptor (drivers/net/gtp.c)"),
    "descriptor of the UDP socket of GTPv0",
  ],
  fd1: [
    2,
    unreported(atCreation(u32), "a socket's descriptor (drivers/net/gtp.c)"),
    "descriptor of the UDP socket of GTPv1",
  ],
  pdpHashsize: [3, atCreation(u32), "buckets for contexts"],
  role: [4, atCreation(words(u32, { ggsn: 0, sgsn: 1 })), "the end that it is"],
  createSockets: [5, unreported(atCreation(flag8), "an order"), "the kernel makes the sockets"],
  restartCount: [6, atCreation(u8), "how often this end has started"],
  local: [7, atCreation(ipv4), "the address of those sockets"],
  local6: [8, atCreation(ipv6), "the same of IPv6", "IFLA_GTP_LOCAL6"],
}));

/** Options of a gtp. */
export type GtpOptions = Values<typeof gtp>;
