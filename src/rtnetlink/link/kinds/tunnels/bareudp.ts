import { attributes, type Values } from "../../../../netlink/codecs/attributes.js";
import { atCreation, flag, mandatory } from "../../../../netlink/codecs/codec.js";
import { be16, u16 } from "../../../../netlink/codecs/numbers.js";
import { namedNumbers } from "../../../../netlink/codecs/words.js";

/** What a bareudp carries (ETH_P_*, linux/if_ether.h). */
const carried = namedNumbers(be16, { ip: 0x0800, ipv6: 0x86dd, mpls: 0x8847, mplsMulticast: 0x8848 });

/** Options of a bareudp: packets in UDP without a header of their own (IFLA_BAREUDP_*, linux/if_link.h). */
export const bareudp = attributes("IFLA_BAREUDP", () => ({
  port: [1, mandatory(atCreation(be16)), "UDP port that packets go to", { since: "5.7" }],
  ethertype: [2, mandatory(atCreation(carried)), "what is carried", { since: "5.7" }],
  srcportMin: [3, atCreation(u16), "lowest UDP port that packets leave from", { since: "5.7" }],
  multiprotoMode: [4, atCreation(flag), "ip: IPv6, too; mpls: its multicast, too", { since: "5.7" }],
}));

/** Options of a bareudp. */
export type BareudpOptions = Values<typeof bareudp>;
