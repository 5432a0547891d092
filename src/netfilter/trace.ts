import { attributes, type Values } from "../netlink/codecs/attributes.js";
import { pad, raw, text } from "../netlink/codecs/codec.js";
import { align, bytesOf } from "../netlink/codecs/bytes.js";
import { nest } from "../netlink/codecs/nests.js";
import { readHeader, readMessage } from "../netlink/message.js";
import { be16, be32, beCount64 } from "../netlink/codecs/numbers.js";
import { words } from "../netlink/codecs/words.js";
import { type Verdict, verdictAttributes, verdictCode, verdictOf } from "./values/data.js";
import { netfilterMessage, type NetfilterHeader, subsystem, type TableFamily } from "./messages/nfnetlink.js";

/** The multicast group of traces (NFNLGRP_NFTRACE, linux/netfilter/nfnetlink.h). */
export const NFNLGRP_NFTRACE = 9;

/** A step of a packet that is traced (NFTA_TRACE_*). */
export const traceAttributes = attributes("NFTA_TRACE", () => ({
  table: [1, text(255), "the table"],
  chain: [2, text(255), "the chain"],
  ruleHandle: [3, beCount64, "the rule"],
  type: [4, words(be32, { unspec: 0, policy: 1, return: 2, rule: 3 }), "a rule, the end of a chain, or the policy"],
  verdict: [5, nest(verdictAttributes), "what became of the packet there"],
  id: [6, be32, "number of the packet"],
  llHeader: [7, raw, "its link-layer header", "NFTA_TRACE_LL_HEADER"],
  networkHeader: [8, raw, "its network header"],
  transportHeader: [9, raw, "its transport header"],
  iif: [10, be32, "index of the link that it came in by"],
  iiftype: [11, be16, "that link's type"],
  oif: [12, be32, "index of the link that it goes out by"],
  oiftype: [13, be16, "that link's type"],
  mark: [14, be32, "its mark"],
  nfproto: [15, be32, "its family"],
  policy: [16, verdictCode, "the policy"],
  pad: [17, pad, "padding"],
}));

export const NFT_MSG_TRACE = netfilterMessage("NFT_MSG_TRACE", (subsystem.nftables << 8) | 17, traceAttributes);

export type TraceValues = Values<typeof traceAttributes>;

/** A step that a packet took. */
export interface TraceStep {
  /** The number that all steps of a packet have in common. */
  id: number;
  family: TableFamily;
  table: string;
  chain: string;
  /** A rule was met; a chain ended; the policy decided. */
  type: "rule" | "return" | "policy";
  /** The rule's handle. */
  handle?: number | undefined;
  /** What became of the packet there. */
  verdict?: Verdict | "stolen" | "queue" | "repeat" | undefined;
  /** All that the kernel reports. */
  attributes: TraceValues;
}

/** The step that a message reports; undefined for one that lacks what every step has. */
function traceStepOf(header: NetfilterHeader, values: TraceValues): TraceStep | undefined {
  const { id, table, chain, type, ruleHandle: handle, verdict, policy } = values;
  if (id === undefined || table === undefined || chain === undefined) return undefined;
  if (type !== "rule" && type !== "return" && type !== "policy") return undefined;
  const code = verdict?.code ?? policy;
  const what = verdict === undefined ? undefined : verdictOf(verdict);
  const plain = code as TraceStep["verdict"];
  const family = header.family as TableFamily;
  return { id, family, table, chain, type, handle, verdict: what ?? plain, attributes: values };
}

/** The steps in what a socket received that listens to NFNLGRP_NFTRACE; whatever else is there is passed over. */
export function readTrace(received: Buffer): TraceStep[] {
  const bytes = bytesOf(received);
  const steps: TraceStep[] = [];
  for (let offset = 0; offset < received.length;) {
    const header = readHeader(bytes, offset);
    if (header === undefined) break;
    const isTrace = header.type === NFT_MSG_TRACE.type;
    const message = isTrace ? readMessage(bytes, offset, header, NFT_MSG_TRACE) : undefined;
    const step = message && traceStepOf(message.header, message.attributes);
    if (step !== undefined) steps.push(step);
    offset += align(header.length);
  }
  return steps;
}
