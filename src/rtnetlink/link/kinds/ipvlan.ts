import { attributes, type Values } from "../../../netlink/codecs/attributes.js";
import { u16 } from "../../../netlink/codecs/numbers.js";
import { bits, words } from "../../../netlink/codecs/words.js";

/** Options of an ipvlan or an ipvtap (IFLA_IPVLAN_*, linux/if_link.h). All links on one parent share them. */
export const ipvlan = attributes("IFLA_IPVLAN", () => ({
  mode: [1, words(u16, { l2: 0, l3: 1, l3s: 2 }), "frames are switched, packets routed, or routed through netfilter"],
  flags: [
    2,
    bits(u16, { private: 1, vepa: 2 }),
    "no traffic among the links on one parent, or only by way of a switch",
  ],
}));

/** Options of an ipvlan or an ipvtap. */
export type IpvlanOptions = Values<typeof ipvlan>;
