import { attributes, type Values } from "../../netlink/codecs/attributes.js";
import { LITTLE_ENDIAN } from "../../netlink/codecs/bytes.js";
import {
  type Codec,
  flag,
  mapped,
  pad,
  raw,
  readOnly,
  superseded,
  text,
  unspoken,
} from "../../netlink/codecs/codec.js";
import type { MessageType } from "../../netlink/message.js";
import { nest } from "../../netlink/codecs/nests.js";
import { flag8, s16, s32, u16, u32, u8 } from "../../netlink/codecs/numbers.js";
import { struct, type StructValues } from "../../netlink/codecs/struct.js";
import { actions, bitfield32 } from "./actions/action.js";
import { etherType, flower } from "./filters/flower.js";
import { matchall } from "./filters/matchall.js";
import { u32 as u32Filter } from "./filters/u32.js";
import { optionsByKind } from "./options-by-kind.js";
import { fifo } from "./qdiscs/fifo.js";
import { fqCodel, fqCodelStatistics } from "./qdiscs/fq-codel.js";
import { htb, htbClass, htbStatistics } from "./qdiscs/htb.js";
import { prio } from "./qdiscs/prio.js";
import { tbf } from "./qdiscs/tbf.js";
import { estimator, statisticsTable } from "./traffic-statistics.js";
import { trafficHandle } from "./traffic-handle.js";
import { messageType } from "../protocol/message-types.js";

/** struct tcmsg (linux/rtnetlink.h) of a qdisc or a class. `info` is how many refer to a qdisc, or the qdisc below a class. */
export const tcmsg = struct(
  "tcmsg",
  { family: u8, index: s32, handle: trafficHandle, parent: trafficHandle, info: u32 },
  { gaps: { index: 3 } },
);

/** struct tcmsg of a filter: tcm_info holds the protocol in its low half, as the frame has it, and the priority. */
export const filterMessage = struct(
  "tcmsg",
  {
    ...{ family: u8, index: s32, handle: u32, parent: trafficHandle },
    ...(LITTLE_ENDIAN ? { protocol: etherType, priority: u16 } : { priority: u16, protocol: etherType }),
  },
  { gaps: { index: 3 } },
);

/** struct tcamsg (linux/rtnetlink.h). */
export const actionMessage = struct("tcamsg", { family: u8, pad1: u8, pad2: u16 });

const none = nest(attributes("TCA_OPTIONS", () => ({})));

/** The kinds of qdisc whose options are known. */
export const qdiscKinds = {
  bfifo: fifo,
  clsact: none,
  fq_codel: nest(fqCodel),
  htb,
  ingress: none,
  pfifo: fifo,
  pfifo_fast: readOnly(prio),
  prio,
  tbf,
};
/** The kinds of qdisc whose classes have options that are known. */
export const classKinds = { htb: htbClass };
/** The kinds of filter whose options are known. */
export const filterKinds = { flower: nest(flower), matchall: nest(matchall), u32: nest(u32Filter) };

/** struct tc_sizespec (linux/pkt_sched.h). */
export const sizespec = struct("tc_sizespec", {
  ...{ cellLog: u8, sizeLog: u8, cellAlign: s16, overhead: s32 },
  ...{ linklayer: u32, mpu: u32, mtu: u32, tsize: u32 },
});

/** A table of sizes that packets count as (TCA_STAB_*, linux/pkt_sched.h). */
export const sizeTable = attributes("TCA_STAB", () => ({
  base: [1, sizespec, "how the table is made"],
  data: [2, raw, "the table, 16 bits a cell"],
}));

/** The qdisc's own counters; those of a flow, which have another form, stay raw. */
const fqCodelCounters = mapped(fqCodelStatistics, {
  words: "",
  toWire: (values: StructValues<(typeof fqCodelStatistics)["fields"]>) => values,
  fromWire: (values) => (values.type === 0 ? values : undefined),
  parse: unspoken("counters"),
});

const counterKinds = { fq_codel: fqCodelCounters, htb: htbStatistics };

/** A qdisc, class or filter (TCA_*, linux/rtnetlink.h). */
function entriesWith<T>(options: Codec<T>) {
  return {
    kind: [1, text(15), "the kind, such as tbf"],
    options: [2, options, "the kind's options"],
    stats: [3, superseded, "struct tc_stats: stats2 in 32 bits"],
    xstats: [4, readOnly(optionsByKind(counterKinds)), "the kind's own counters"],
    rate: [5, estimator, "how the rate is estimated"],
    fcnt: [6, readOnly(raw), "unused"],
    stats2: [7, readOnly(nest(statisticsTable)), "counters"],
    stab: [8, nest(sizeTable), "sizes that packets count as"],
    pad: [9, pad, "padding"],
    dumpInvisible: [10, flag, "list what the kernel keeps for itself, too"],
    chain: [11, u32, "number of the filter's chain"],
    hwOffload: [12, readOnly(flag8), "the device does the work"],
    ingressBlock: [13, u32, "number of the shared block of filters for what comes in"],
    egressBlock: [14, u32, "number of the shared block of filters for what goes out"],
    dumpFlags: [15, bitfield32, "TCA_DUMP_FLAGS_*"],
    extWarnMsg: [16, readOnly(text()), "a warning in words"],
  } as const;
}

export const qdiscAttributes = attributes("TCA", () => entriesWith(optionsByKind(qdiscKinds)));
export const classAttributes = attributes("TCA", () => entriesWith(optionsByKind(classKinds)));
export const filterAttributes = attributes("TCA", () => entriesWith(optionsByKind(filterKinds)));

/** Actions on their own (TCA_ROOT_*, linux/rtnetlink.h). */
export const actionRoot = attributes("TCA_ROOT", () => ({
  tab: [1, actions, "the actions", { since: "4.14" }],
  flags: [2, bitfield32, "TCA_ACT_FLAG_*", { since: "4.14" }],
  count: [3, readOnly(u32), "how many there are", { since: "4.14" }],
  timeDelta: [4, u32, "only those used within so many milliseconds", { since: "4.14" }],
  extWarnMsg: [5, readOnly(text()), "a warning in words", { since: "6.3" }],
}));

export type TrafficHeader = StructValues<(typeof tcmsg)["fields"]>;
export type FilterHeader = StructValues<(typeof filterMessage)["fields"]>;
export type QdiscValues = Values<typeof qdiscAttributes>;
export type ClassValues = Values<typeof classAttributes>;
export type FilterValues = Values<typeof filterAttributes>;

function qdiscMessage(name: string, type: number): MessageType<TrafficHeader, (typeof qdiscAttributes)["entries"]> {
  return messageType({ name, type, header: tcmsg, attributes: qdiscAttributes });
}

function classMessage(name: string, type: number): MessageType<TrafficHeader, (typeof classAttributes)["entries"]> {
  return messageType({ name, type, header: tcmsg, attributes: classAttributes });
}

function filterMessageType(
  name: string,
  type: number,
): MessageType<FilterHeader, (typeof filterAttributes)["entries"]> {
  return messageType({ name, type, header: filterMessage, attributes: filterAttributes });
}

type ActionHeader = StructValues<(typeof actionMessage)["fields"]>;

function actionMessageType(name: string, type: number): MessageType<ActionHeader, (typeof actionRoot)["entries"]> {
  return messageType({ name, type, header: actionMessage, attributes: actionRoot });
}

export const RTM_NEWQDISC = qdiscMessage("RTM_NEWQDISC", 36);
export const RTM_DELQDISC = qdiscMessage("RTM_DELQDISC", 37);
export const RTM_GETQDISC = qdiscMessage("RTM_GETQDISC", 38);
export const RTM_NEWTCLASS = classMessage("RTM_NEWTCLASS", 40);
export const RTM_DELTCLASS = classMessage("RTM_DELTCLASS", 41);
export const RTM_GETTCLASS = classMessage("RTM_GETTCLASS", 42);
export const RTM_NEWTFILTER = filterMessageType("RTM_NEWTFILTER", 44);
export const RTM_DELTFILTER = filterMessageType("RTM_DELTFILTER", 45);
export const RTM_GETTFILTER = filterMessageType("RTM_GETTFILTER", 46);
export const RTM_NEWACTION = actionMessageType("RTM_NEWACTION", 48);
export const RTM_DELACTION = actionMessageType("RTM_DELACTION", 49);
export const RTM_GETACTION = actionMessageType("RTM_GETACTION", 50);
