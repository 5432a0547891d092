import { be16 } from "../../netlink/codecs/numbers.js";
import { words } from "../../netlink/codecs/words.js";

/** The EtherType of a VLAN tag (ETH_P_*, linux/if_ether.h). */
export const vlanProtocol = words(be16, { "802.1Q": 0x8100, "802.1ad": 0x88a8 });
