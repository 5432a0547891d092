import { attributes } from "../../../netlink/codecs/attributes.js";
import { pad, readOnly } from "../../../netlink/codecs/codec.js";
import { count64, u32 } from "../../../netlink/codecs/numbers.js";
import { struct } from "../../../netlink/codecs/struct.js";
import { bits } from "../../../netlink/codecs/words.js";
import { actions } from "../actions/action.js";
import { trafficHandle } from "../traffic-handle.js";

/** What holds for a filter (TCA_CLS_FLAGS_*, linux/pkt_cls.h). */
export const filterFlags = bits(u32, { skipHw: 0x1, skipSw: 0x2, inHw: 0x4, notInHw: 0x8, verbose: 0x10 });

/** struct tc_matchall_pcnt (linux/pkt_cls.h). */
export const matchallCount = struct("tc_matchall_pcnt", { rhit: count64 });

/** The filter that takes everything (TCA_MATCHALL_*, linux/pkt_cls.h). */
export const matchall = attributes("TCA_MATCHALL", () => ({
  classid: [1, trafficHandle, "the class that packets go to"],
  actions: [2, actions, "what is done with packets, in this order", "TCA_MATCHALL_ACT"],
  flags: [3, filterFlags, "whether hardware does it"],
  pcnt: [4, readOnly(matchallCount), "packets that matched"],
  pad: [5, pad, "padding"],
}));
