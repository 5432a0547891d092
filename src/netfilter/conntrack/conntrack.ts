import { attributes, type Values } from "../../netlink/codecs/attributes.js";
import { pad, raw, text } from "../../netlink/codecs/codec.js";
import { InputError } from "../../base/errors.js";
import { ipv4, ipv6 } from "../../netlink/codecs/internet.js";
import { nest } from "../../netlink/codecs/nests.js";
import { be16, be32, be64, beCount64, u32, u8 } from "../../netlink/codecs/numbers.js";
import { struct } from "../../netlink/codecs/struct.js";
import { bits, words } from "../../netlink/codecs/words.js";
import { netfilterMessage, subsystem } from "../messages/nfnetlink.js";
import { connectionStatusBits, protocolNumbers } from "../values/types.js";

/** Addresses of one direction (CTA_IP_*). */
export const tupleIp = attributes("CTA_IP", () => ({
  v4Src: [1, ipv4, "the source", "CTA_IP_V4_SRC"],
  v4Dst: [2, ipv4, "the destination", "CTA_IP_V4_DST"],
  v6Src: [3, ipv6, "the source", "CTA_IP_V6_SRC"],
  v6Dst: [4, ipv6, "the destination", "CTA_IP_V6_DST"],
}));

/** What is above IP in one direction (CTA_PROTO_*). */
export const tupleProto = attributes("CTA_PROTO", () => ({
  num: [1, words(u8, protocolNumbers), "the protocol"],
  srcPort: [2, be16, "the source port"],
  dstPort: [3, be16, "the destination port"],
  icmpId: [4, be16, "the id of ICMP"],
  icmpType: [5, u8, "the type of ICMP"],
  icmpCode: [6, u8, "the code of ICMP"],
  icmpv6Id: [7, be16, "the id of ICMPv6"],
  icmpv6Type: [8, u8, "the type of ICMPv6"],
  icmpv6Code: [9, u8, "the code of ICMPv6"],
}));

/** One direction of a connection (CTA_TUPLE_*). */
export const tuple = attributes("CTA_TUPLE", () => ({
  ip: [1, nest(tupleIp), "its addresses"],
  proto: [2, nest(tupleProto), "its protocol and ports"],
  zone: [3, be16, "its zone"],
}));

/** struct nf_ct_tcp_flags (linux/netfilter/nf_conntrack_tcp.h). */
export const tcpFlags = struct("nf_ct_tcp_flags", { flags: u8, mask: u8 });

/** How far TCP is (CTA_PROTOINFO_TCP_*; enum tcp_conntrack). */
export const protoinfoTcp = attributes("CTA_PROTOINFO_TCP", () => ({
  state: [
    1,
    words(u8, {
      none: 0,
      synSent: 1,
      synRecv: 2,
      established: 3,
      finWait: 4,
      closeWait: 5,
      lastAck: 6,
      timeWait: 7,
      close: 8,
      synSent2: 9,
    }),
    "the state",
  ],
  wscaleOriginal: [2, u8, "window scale of who began"],
  wscaleReply: [3, u8, "window scale of who answers"],
  flagsOriginal: [4, tcpFlags, "IP_CT_TCP_FLAG_* of who began"],
  flagsReply: [5, tcpFlags, "IP_CT_TCP_FLAG_* of who answers"],
}));

/** How far the protocol above IP is (CTA_PROTOINFO_*). */
export const protoinfo = attributes("CTA_PROTOINFO", () => ({
  tcp: [1, nest(protoinfoTcp), "TCP"],
  dccp: [2, raw, "DCCP"],
  sctp: [3, raw, "SCTP"],
}));

/** Who follows what is said in a connection (CTA_HELP_*). */
export const help = attributes("CTA_HELP", () => ({
  name: [1, text(15), "the helper"],
  info: [2, raw, "what it knows"],
}));

/** What passed in one direction (CTA_COUNTERS_*). */
export const connectionCounters = attributes("CTA_COUNTERS", () => ({
  packets: [1, beCount64, "packets"],
  bytes: [2, beCount64, "bytes"],
  packets32: [3, be32, "no longer used", "CTA_COUNTERS32_PACKETS"],
  bytes32: [4, be32, "no longer used", "CTA_COUNTERS32_BYTES"],
  pad: [5, pad, "padding"],
}));

/** When a connection began and ended (CTA_TIMESTAMP_*). */
export const connectionTimestamp = attributes("CTA_TIMESTAMP", () => ({
  start: [1, be64, "nanoseconds since 1970 when it began"],
  stop: [2, be64, "and when it ended"],
  pad: [3, pad, "padding"],
}));

/** What of the tuples a listing goes by (CTA_FILTER_*). */
export const connectionFilter = attributes("CTA_FILTER", () => ({
  origFlags: [1, u32, "parts of tupleOrig"],
  replyFlags: [2, u32, "parts of tupleReply"],
}));

/** A tracked connection (CTA_*, linux/netfilter/nfnetlink_conntrack.h). */
export const connectionAttributes = attributes("CTA", () => ({
  tupleOrig: [1, nest(tuple), "the direction of who began"],
  tupleReply: [2, nest(tuple), "the other direction, as it is after translation"],
  status: [3, bits(be32, connectionStatusBits), "what has become of it"],
  protoinfo: [4, nest(protoinfo), "how far the protocol is"],
  help: [5, nest(help), "who follows what is said"],
  natSrc: [6, raw, "a translation to be made of the source"],
  timeout: [7, be32, "seconds until it is forgotten"],
  mark: [8, be32, "its mark"],
  countersOrig: [9, nest(connectionCounters), "what passed from who began"],
  countersReply: [10, nest(connectionCounters), "what passed to who began"],
  use: [11, be32, "references to it"],
  id: [12, be32, "its number"],
  natDst: [13, raw, "a translation to be made of the destination"],
  tupleMaster: [14, nest(tuple), "the connection that it belongs to"],
  seqAdjOrig: [15, raw, "correction of sequence numbers"],
  seqAdjReply: [16, raw, "correction of sequence numbers"],
  secmark: [17, be32, "no longer used"],
  zone: [18, be16, "its zone"],
  secctx: [19, raw, "its security context"],
  timestamp: [20, nest(connectionTimestamp), "when it began and ended"],
  markMask: [21, be32, "bits of the mark that count"],
  labels: [22, raw, "its labels"],
  labelsMask: [23, raw, "bits of the labels that count"],
  synproxy: [24, raw, "what a SYN proxy knows"],
  filter: [25, nest(connectionFilter), "what of the tuples a listing goes by"],
  statusMask: [26, be32, "bits of the status that count"],
  timestampEvent: [27, be64, "nanoseconds since 1970 when this was said"],
}));

export type ConnectionValues = Values<typeof connectionAttributes>;
export type TupleValues = Values<typeof tuple>;

const at = subsystem.ctnetlink << 8;

export const IPCTNL_MSG_CT_NEW = netfilterMessage("IPCTNL_MSG_CT_NEW", at | 0, connectionAttributes);
export const IPCTNL_MSG_CT_GET = netfilterMessage("IPCTNL_MSG_CT_GET", at | 1, connectionAttributes);
export const IPCTNL_MSG_CT_DELETE = netfilterMessage(
  "IPCTNL_MSG_CT_DELETE",
  at | 2,
  connectionAttributes,
  // Without a tuple it would empty the whole table.
  ({ tupleOrig, tupleReply }) => {
    if (!isWhole(tupleOrig) && !isWhole(tupleReply))
      throw new InputError("it is missing: without it every connection would be deleted", "tupleOrig");
  },
);

function isWhole(given: unknown): boolean {
  const { ip, proto } = (given ?? {}) as TupleValues;
  return ip !== undefined && Object.keys(ip).length > 0 && proto?.num !== undefined;
}
