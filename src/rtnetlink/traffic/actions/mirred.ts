import { attributes } from "../../../netlink/codecs/attributes.js";
import { pad, raw, readOnly } from "../../../netlink/codecs/codec.js";
import { s32, u32 } from "../../../netlink/codecs/numbers.js";
import { struct } from "../../../netlink/codecs/struct.js";
import { words } from "../../../netlink/codecs/words.js";
import { type OptionValues, required, restated } from "../options-by-kind.js";
import { actionResult, actionTimes, general } from "./results.js";

/** Where a packet goes (TCA_EGRESS_*, TCA_INGRESS_*, linux/tc_act/tc_mirred.h). */
export const mirredDirection = words(s32, { egressRedir: 1, egressMirror: 2, ingressRedir: 3, ingressMirror: 4 });

/** struct tc_mirred (linux/tc_act/tc_mirred.h). */
export const mirredParameters = struct("tc_mirred", { ...general, eaction: mirredDirection, ifindex: u32 });

/** The action that sends packets, or copies of them, to another link (TCA_MIRRED_*, linux/tc_act/tc_mirred.h). */
export const mirredTable = attributes("TCA_MIRRED", () => ({
  tm: [1, readOnly(actionTimes), "times"],
  parms: [2, mirredParameters, "where packets go"],
  pad: [3, pad, "padding"],
  blockid: [4, raw, "number of the block whose links all get them"],
}));

/** Options of a mirred. */
export const mirredOptions = {
  eaction: [mirredDirection, "whether packets or copies of them go, and whether they leave or enter the link"],
  ifindex: [u32, "index of that link"],
  action: [
    actionResult,
    "what becomes of the packet; stolen for one that goes, pipe for one that is copied unless given",
  ],
  index: [u32, "number of the action; one that exists is shared"],
  refcnt: [readOnly(s32), "who refers to the action"],
  bindcnt: [readOnly(s32), "filters that have the action"],
  tm: [readOnly(actionTimes), "times"],
} as const;

/** Options of a mirred. */
export type MirredOptions = OptionValues<typeof mirredOptions>;

/** The action that sends packets, or copies of them, to another link. */
export const mirred = restated(mirredTable, mirredOptions, {
  toWire({ index = 0, ...options }) {
    const eaction = required(options.eaction, "eaction", "egressRedir, egressMirror, ingressRedir or ingressMirror");
    const ifindex = required(options.ifindex, "ifindex", "the index of a link");
    const copies = eaction === "egressMirror" || eaction === "ingressMirror";
    const action = options.action ?? (copies ? "pipe" : "stolen");
    return { parms: { index, capab: 0, action, refcnt: 0, bindcnt: 0, eaction, ifindex } };
  },
  fromWire({ parms, tm }) {
    if (parms === undefined) return undefined;
    const { eaction, ifindex, action, index, refcnt, bindcnt } = parms;
    return { eaction, ifindex, action, index, refcnt, bindcnt, tm };
  },
});
