import { attributes } from "../../netlink/codecs/attributes.js";
import { be32, u8 } from "../../netlink/codecs/numbers.js";
import { bits, words } from "../../netlink/codecs/words.js";
import { register } from "../values/data.js";

/** What is known of a packet beside its bytes (enum nft_meta_keys). */
export const metaKey = words(be32, {
  len: 0,
  protocol: 1,
  priority: 2,
  mark: 3,
  iif: 4,
  oif: 5,
  iifname: 6,
  oifname: 7,
  iiftype: 8,
  oiftype: 9,
  skuid: 10,
  skgid: 11,
  nftrace: 12,
  rtclassid: 13,
  secmark: 14,
  nfproto: 15,
  l4proto: 16,
  briIifname: 17,
  briOifname: 18,
  pkttype: 19,
  cpu: 20,
  iifgroup: 21,
  oifgroup: 22,
  cgroup: 23,
  prandom: 24,
  secpath: 25,
  iifkind: 26,
  oifkind: 27,
  briIifpvid: 28,
  briIifvproto: 29,
  timeNs: 30,
  timeDay: 31,
  timeHour: 32,
  sdif: 33,
  sdifname: 34,
});

/** Reads what is known of a packet into a register, or sets it from one (NFTA_META_*). */
export const meta = attributes("NFTA_META", () => ({
  dreg: [1, register, "register that it is read into"],
  key: [2, metaKey, "what is read or set"],
  sreg: [3, register, "register that it is set from"],
}));

/** Headers of a packet (enum nft_payload_bases). */
export const payloadBase = words(be32, {
  llHeader: 0,
  networkHeader: 1,
  transportHeader: 2,
  innerHeader: 3,
  tunHeader: 4,
});

/** Reads bytes of a packet into a register, or writes them from one (NFTA_PAYLOAD_*). */
export const payload = attributes("NFTA_PAYLOAD", () => ({
  dreg: [1, register, "register that the bytes are read into"],
  base: [2, payloadBase, "the header that the offset counts from"],
  offset: [3, be32, "where the bytes start"],
  len: [4, be32, "how many bytes"],
  sreg: [5, register, "register that the bytes are written from"],
  csumType: [6, words(be32, { none: 0, inet: 1, sctp: 2 }), "the checksum that is corrected"],
  csumOffset: [7, be32, "where that checksum is"],
  csumFlags: [8, bits(be32, { l4csumPseudohdr: 1 }), "further checksums to correct"],
}));

/** Reads an option of a header into a register, or writes it (NFTA_EXTHDR_*). */
export const exthdr = attributes("NFTA_EXTHDR", () => ({
  dreg: [1, register, "register that it is read into"],
  type: [2, u8, "number of the option or extension header"],
  offset: [3, be32, "where its bytes start"],
  len: [4, be32, "how many bytes"],
  flags: [5, bits(be32, { present: 1 }), "ask only whether it is there"],
  op: [6, words(be32, { ipv6: 0, tcpopt: 1, ipv4: 2, sctp: 3, dccp: 4 }), "whose option"],
  sreg: [7, register, "register that it is written from"],
}));

/** What is tracked of a connection (enum nft_ct_keys). */
export const ctKey = words(be32, {
  state: 0,
  direction: 1,
  status: 2,
  mark: 3,
  secmark: 4,
  expiration: 5,
  helper: 6,
  l3protocol: 7,
  src: 8,
  dst: 9,
  protocol: 10,
  protoSrc: 11,
  protoDst: 12,
  labels: 13,
  pkts: 14,
  bytes: 15,
  avgpkt: 16,
  zone: 17,
  eventmask: 18,
  srcIp: 19,
  dstIp: 20,
  srcIp6: 21,
  dstIp6: 22,
  id: 23,
});

/** Reads what is tracked of a packet's connection into a register, or sets it from one (NFTA_CT_*). */
export const ct = attributes("NFTA_CT", () => ({
  dreg: [1, register, "register that it is read into"],
  key: [2, ctKey, "what is read or set"],
  direction: [3, words(u8, { original: 0, reply: 1 }), "of which direction"],
  sreg: [4, register, "register that it is set from"],
}));

/** Asks the routing tables about a packet's addresses (NFTA_FIB_*). */
export const fib = attributes("NFTA_FIB", () => ({
  dreg: [1, register, "register that the answer is read into"],
  result: [2, words(be32, { unspec: 0, oif: 1, oifname: 2, addrtype: 3 }), "what is asked"],
  flags: [
    3,
    bits(be32, { saddr: 0x1, daddr: 0x2, mark: 0x4, iif: 0x8, oif: 0x10, present: 0x20 }),
    "what the lookup goes by",
  ],
}));

/** Reads what is known of a packet's route into a register (NFTA_RT_*). */
export const rt = attributes("NFTA_RT", () => ({
  dreg: [1, register, "register that it is read into"],
  key: [2, words(be32, { classid: 0, nexthop4: 1, nexthop6: 2, tcpmss: 3, xfrm: 4 }), "what is read"],
}));
