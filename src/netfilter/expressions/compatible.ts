import { attributes } from "../../netlink/codecs/attributes.js";
import { raw, text } from "../../netlink/codecs/codec.js";
import { be32 } from "../../netlink/codecs/numbers.js";

/** A match of iptables (NFTA_MATCH_*, linux/netfilter/nf_tables_compat.h). */
export const match = attributes("NFTA_MATCH", () => ({
  name: [1, text(28), "the match, such as comment"],
  rev: [2, be32, "revision of its struct"],
  info: [3, raw, "its struct"],
}));

/** A target of iptables (NFTA_TARGET_*, linux/netfilter/nf_tables_compat.h). */
export const target = attributes("NFTA_TARGET", () => ({
  name: [1, text(28), "the target, such as CHECKSUM"],
  rev: [2, be32, "revision of its struct"],
  info: [3, raw, "its struct"],
}));
