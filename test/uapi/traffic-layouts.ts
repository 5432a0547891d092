import type { Struct } from "../../src/netlink/codecs/struct.js";
import { bitfield32 } from "../../src/rtnetlink/traffic/actions/action.js";
import { gactParameters, gactProbability } from "../../src/rtnetlink/traffic/actions/gact.js";
import { mirredParameters } from "../../src/rtnetlink/traffic/actions/mirred.js";
import { policeParameters } from "../../src/rtnetlink/traffic/actions/police.js";
import { actionTimes } from "../../src/rtnetlink/traffic/actions/results.js";
import { matchallCount } from "../../src/rtnetlink/traffic/filters/matchall.js";
import { u32Key, u32Mark, u32SelectorHead } from "../../src/rtnetlink/traffic/filters/u32.js";
import { fifo } from "../../src/rtnetlink/traffic/qdiscs/fifo.js";
import { prioParameters } from "../../src/rtnetlink/traffic/qdiscs/prio.js";
import { fqCodelStatistics } from "../../src/rtnetlink/traffic/qdiscs/fq-codel.js";
import { htbClassParameters, htbParameters, htbStatistics } from "../../src/rtnetlink/traffic/qdiscs/htb.js";
import { ratespec } from "../../src/rtnetlink/traffic/qdiscs/ratespec.js";
import { tbfParameters } from "../../src/rtnetlink/traffic/qdiscs/tbf.js";
import { actionMessage, filterMessage, sizespec, tcmsg } from "../../src/rtnetlink/traffic/traffic-control.js";
import {
  estimator,
  queueStatistics,
  rateEstimate,
  rateEstimate64,
} from "../../src/rtnetlink/traffic/traffic-statistics.js";
import { type Layout, layoutOf, snake } from "./structs.js";

/** The layout of a struct whose members C calls as the fields are called here, but for those in `names`. */
function layout<T>(struct: Struct<T>, names: Record<string, string> = {}): Layout {
  const members = Object.keys(struct.fields).map((field) => names[field] ?? snake(field));
  return layoutOf(struct.type, struct, members);
}

const flow = (field: string): string => `qdisc_stats.${snake(field)}`;

/** The structs of traffic control. The priority of a filter is the upper half of tcm_info. */
export function trafficLayouts(): Layout[] {
  return [
    layoutOf("struct tcmsg", tcmsg, ["tcm_family", "tcm_ifindex", "tcm_handle", "tcm_parent", "tcm_info"]),
    layoutOf("struct tcmsg", filterMessage, [
      ...["tcm_family", "tcm_ifindex", "tcm_handle", "tcm_parent"],
      ...["tcm_info", "tcm_info) + (2"],
    ]),
    layoutOf("struct tcamsg", actionMessage, ["tca_family", "tca__pad1", "tca__pad2"]),
    layout(ratespec),
    layout(sizespec),
    layout(tbfParameters),
    layout(htbClassParameters),
    layout(htbParameters),
    layout(htbStatistics),
    layout(fifo),
    layout(prioParameters),
    layout(fqCodelStatistics, {
      ...Object.fromEntries(Object.keys(fqCodelStatistics.fields).map((field) => [field, flow(field)])),
      type: "type",
    }),
    layout(estimator),
    layout(queueStatistics),
    layout(rateEstimate),
    layout(rateEstimate64),
    layout(policeParameters),
    layout(gactParameters),
    layout(gactProbability, { type: "ptype", value: "pval", action: "paction" }),
    layout(mirredParameters),
    layout(actionTimes),
    layout(matchallCount),
    layout(u32Key),
    layout(u32Mark),
    layout(u32SelectorHead),
    layout(bitfield32),
  ];
}
