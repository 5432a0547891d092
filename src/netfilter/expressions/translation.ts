import { attributes } from "../../netlink/codecs/attributes.js";
import { be32 } from "../../netlink/codecs/numbers.js";
import { bits, words } from "../../netlink/codecs/words.js";
import { register } from "../values/data.js";

/** How addresses and ports are chosen (NF_NAT_RANGE_*, linux/netfilter/nf_nat.h). */
export const natFlags = bits(be32, {
  mapIps: 0x1,
  protoSpecified: 0x2,
  protoRandom: 0x4,
  persistent: 0x8,
  protoRandomFully: 0x10,
  protoOffset: 0x20,
  netmap: 0x40,
});

/** Translates a connection's source or destination (NFTA_NAT_*). */
export const nat = attributes("NFTA_NAT", () => ({
  type: [1, words(be32, { snat: 0, dnat: 1 }), "the source or the destination"],
  family: [2, words(be32, { ip: 2, ip6: 10 }), "of which packets"],
  regAddrMin: [3, register, "register with the first address"],
  regAddrMax: [4, register, "register with the last address"],
  regProtoMin: [5, register, "register with the first port"],
  regProtoMax: [6, register, "register with the last port"],
  flags: [7, natFlags, "how they are chosen"],
}));

/** Translates a connection's source to the address of the link that it leaves by (NFTA_MASQ_*). */
export const masq = attributes("NFTA_MASQ", () => ({
  flags: [1, natFlags, "how ports are chosen"],
  regProtoMin: [2, register, "register with the first port"],
  regProtoMax: [3, register, "register with the last port"],
}));

/** Translates a connection's destination to this machine (NFTA_REDIR_*). */
export const redir = attributes("NFTA_REDIR", () => ({
  regProtoMin: [1, register, "register with the first port"],
  regProtoMax: [2, register, "register with the last port"],
  flags: [3, natFlags, "how ports are chosen"],
}));
