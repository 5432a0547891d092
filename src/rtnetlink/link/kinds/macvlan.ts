import { attributes, type Values } from "../../../netlink/codecs/attributes.js";
import { readOnly, unreported } from "../../../netlink/codecs/codec.js";
import { mac } from "../../../netlink/codecs/internet.js";
import { repeated } from "../../../netlink/codecs/nests.js";
import { s32, u16, u32 } from "../../../netlink/codecs/numbers.js";
import { bits, words } from "../../../netlink/codecs/words.js";

/** Which frames pass between the links on one parent (MACVLAN_MODE_*, linux/if_link.h). */
const mode = words(u32, { private: 1, vepa: 2, bridge: 4, passthru: 8, source: 16 });

/** What becomes of the list of source MACs (MACVLAN_MACADDR_*, linux/if_link.h). */
const macaddrMode = words(u32, { add: 0, del: 1, flush: 2, set: 3 });

/** Options of a macvlan or a macvtap (IFLA_MACVLAN_*, linux/if_link.h). */
export const macvlan = attributes("IFLA_MACVLAN", () => ({
  mode: [1, mode, "which frames pass between the links on one parent"],
  flags: [
    2,
    bits(u16, { nopromisc: 1, nodst: 2 }),
    "passthru without promiscuity; no second delivery of matched sources",
  ],
  macaddrMode: [
    3,
    unreported(macaddrMode, "an order: what macaddr and macaddrData do to the list"),
    "what macaddr and macaddrData do to the list of source MACs; set unless given",
  ],
  macaddr: [
    4,
    unreported(mac, "an order: one more, or one less, in the list"),
    "a source MAC to add or delete, by macaddrMode",
  ],
  macaddrData: [5, repeated(4, mac), "the source MACs that mode=source takes frames from"],
  macaddrCount: [6, readOnly(u32), "how many they are"],
  bcQueueLen: [7, u32, "broadcasts that may wait; the parent takes the most that any link on it asks for"],
  bcQueueLenUsed: [8, readOnly(u32), "what the parent uses"],
  bcCutoff: [9, s32, "multicast groups with at most this many members are delivered at once; -1: all"],
}));

/** Options of a macvlan or a macvtap. */
export type MacvlanOptions = Values<typeof macvlan>;
