import { attributes } from "../../../netlink/codecs/attributes.js";
import { type Codec, mapped, pad, raw, readOnly, text, unspoken } from "../../../netlink/codecs/codec.js";
import { InputError } from "../../../base/errors.js";
import { checkList, checkObject } from "../../../base/input.js";
import { indexed, nest } from "../../../netlink/codecs/nests.js";
import { u32 } from "../../../netlink/codecs/numbers.js";
import { struct } from "../../../netlink/codecs/struct.js";
import { optionsByKind, type WithOptions } from "../options-by-kind.js";
import { statisticsOf, statisticsTable, type TrafficStatistics } from "../traffic-statistics.js";
import { gact } from "./gact.js";
import { mirred } from "./mirred.js";
import { police } from "./police.js";

/** The kinds of action whose options are known. */
export const actionKinds = { gact, mirred, police };

/** struct nla_bitfield32 (linux/netlink.h): the bits, and which of them are meant. */
export const bitfield32 = struct("nla_bitfield32", { value: u32, selector: u32 });

/** An action (TCA_ACT_*, linux/pkt_cls.h). */
export const actionTable = attributes("TCA_ACT", () => ({
  kind: [1, text(15), "the kind, such as police"],
  options: [2, optionsByKind(actionKinds), "the kind's options"],
  index: [3, u32, "number of the action among its kind"],
  stats: [4, readOnly(nest(statisticsTable)), "counters"],
  pad: [5, pad, "padding"],
  cookie: [6, raw, "bytes of whoever made it, at most 16"],
  flags: [7, bitfield32, "TCA_ACT_FLAGS_*"],
  hwStats: [8, bitfield32, "TCA_ACT_HW_STATS_*: which counters hardware is asked for"],
  usedHwStats: [9, readOnly(bitfield32), "TCA_ACT_HW_STATS_*: which it gives"],
  inHwCount: [10, readOnly(u32), "devices that have it in hardware"],
}));

/** An action of a filter. */
export type Action = WithOptions<typeof actionKinds> & {
  /** Bytes of whoever made it, at most 16. */
  cookie?: Uint8Array | undefined;
  /** Read only. */
  statistics?: TrafficStatistics | undefined;
};

/** The actions of a filter, in their order. */
export const actions: Codec<readonly Action[]> = {
  ...mapped(indexed(nest(actionTable), 1), {
    type: "nest of actions",
    words: "",
    toWire(list: readonly Action[]) {
      checkList(list);
      return list.map((action: Action, place) => {
        checkObject(action, String(place));
        const { kind, options, cookie, statistics } = action;
        if (statistics !== undefined) throw new InputError("only the kernel sets it", "statistics");
        return { kind, options, cookie };
      });
    },
    fromWire: (list) =>
      list.map(
        ({ kind = "", options, cookie, stats }) =>
          ({ kind, options, cookie, statistics: statisticsOf(stats) }) as Action,
      ),
    parse: unspoken("list of actions"),
  }),
  nested: indexed(nest(actionTable), 1).nested!,
};
