import { attributes, type Values } from "../../../netlink/codecs/attributes.js";
import { atCreation, mandatory, readOnly, unreported } from "../../../netlink/codecs/codec.js";
import { mac } from "../../../netlink/codecs/internet.js";
import { u16, u32, u8 } from "../../../netlink/codecs/numbers.js";
import { words } from "../../../netlink/codecs/words.js";

/** Options of an hsr: every frame goes by two ports (IFLA_HSR_*, linux/if_link.h; IEC 62439-3). */
export const hsr = attributes("IFLA_HSR", () => ({
  port1: [1, mandatory(atCreation(u32)), "index of the one port", "IFLA_HSR_SLAVE1"],
  port2: [2, mandatory(atCreation(u32)), "index of the other", "IFLA_HSR_SLAVE2"],
  multicastSpec: [
    3,
    unreported(atCreation(u8), "the last byte of supervisionAddr (net/hsr/hsr_netlink.c)"),
    "last byte of the MAC that supervision frames go to",
  ],
  supervisionAddr: [4, readOnly(mac), "the MAC that supervision frames go to"],
  seqNr: [5, readOnly(u16), "number of the next frame"],
  version: [6, unreported(atCreation(u8), "nowhere (net/hsr/hsr_netlink.c)"), "0: 2010, 1: 2012"],
  protocol: [7, atCreation(words(u8, { hsr: 0, prp: 1 })), "a ring, or two networks side by side"],
  interlink: [8, atCreation(u32), "index of the link to a station, or a network, without"],
}));

/** Options of an hsr. */
export type HsrOptions = Values<typeof hsr>;
