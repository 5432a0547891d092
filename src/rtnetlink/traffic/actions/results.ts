import { s32, u32 } from "../../../netlink/codecs/numbers.js";
import { clockTicks64 } from "../../../netlink/codecs/numbers.js";
import { struct } from "../../../netlink/codecs/struct.js";
import { namedNumbers } from "../../../netlink/codecs/words.js";

/**
 * What becomes of a packet (TC_ACT_*, linux/pkt_cls.h), in tc's words: `continue` goes on to the next filter, `pipe` to the next
 * action. Jumps and other chains are numbers.
 */
export const actionResult = namedNumbers(s32, {
  continue: -1,
  pass: 0,
  reclassify: 1,
  drop: 2,
  pipe: 3,
  stolen: 4,
  queued: 5,
  repeat: 6,
  redirect: 7,
  trap: 8,
});

/** What becomes of a packet. */
export type ActionResult = Parameters<typeof actionResult.write>[1];

/** struct tcf_t (linux/pkt_cls.h): milliseconds since it was made, was used, was first used, and until it goes. */
export const actionTimes = struct(
  "tcf_t",
  { install: clockTicks64, lastuse: clockTicks64, expires: clockTicks64, firstuse: clockTicks64 },
  { optional: 1 },
);

/** The fields that every action's struct starts with (tc_gen, linux/pkt_cls.h). */
export const general = { index: u32, capab: u32, action: actionResult, refcnt: s32, bindcnt: s32 } as const;
