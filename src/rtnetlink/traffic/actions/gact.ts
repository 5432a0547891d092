import { attributes } from "../../../netlink/codecs/attributes.js";
import { pad, readOnly } from "../../../netlink/codecs/codec.js";
import { s32, u16, u32 } from "../../../netlink/codecs/numbers.js";
import { struct } from "../../../netlink/codecs/struct.js";
import { words } from "../../../netlink/codecs/words.js";
import { type OptionValues, required, restated } from "../options-by-kind.js";
import { actionResult, actionTimes, general } from "./results.js";

/** struct tc_gact (linux/tc_act/tc_gact.h). */
export const gactParameters = struct("tc_gact", general);

/** struct tc_gact_p (linux/tc_act/tc_gact.h): another result for one packet in so many. */
export const gactProbability = struct("tc_gact_p", {
  type: words(u16, { none: 0, netrand: 1, determ: 2 }),
  value: u16,
  action: actionResult,
});

/** The action that decides (TCA_GACT_*, linux/tc_act/tc_gact.h). */
export const gactTable = attributes("TCA_GACT", () => ({
  tm: [1, readOnly(actionTimes), "times"],
  parms: [2, gactParameters, "what becomes of a packet"],
  prob: [3, gactProbability, "what becomes of some of them"],
  pad: [4, pad, "padding"],
}));

/** Options of a gact. */
export const gactOptions = {
  action: [actionResult, "what becomes of a packet"],
  index: [u32, "number of the action; one that exists is shared"],
  prob: [gactProbability, "what becomes of one packet in so many"],
  refcnt: [readOnly(s32), "who refers to the action"],
  bindcnt: [readOnly(s32), "filters that have the action"],
  tm: [readOnly(actionTimes), "times"],
} as const;

/** Options of a gact. */
export type GactOptions = OptionValues<typeof gactOptions>;

/** The action that decides: drop, pass, … */
export const gact = restated(gactTable, gactOptions, {
  toWire: ({ action, index = 0, prob }) => ({
    parms: { index, capab: 0, action: required(action, "action", "what becomes of a packet"), refcnt: 0, bindcnt: 0 },
    prob,
  }),
  fromWire({ parms, prob, tm }) {
    if (parms === undefined) return undefined;
    const { action, index, refcnt, bindcnt } = parms;
    return { action, index, prob, refcnt, bindcnt, tm };
  },
});
