import { attributes } from "../../netlink/codecs/attributes.js";
import { be32 } from "../../netlink/codecs/numbers.js";
import { words } from "../../netlink/codecs/words.js";
import { data, register } from "../values/data.js";

/** Goes on only if a register compares so with a value (NFTA_CMP_*). */
export const cmp = attributes("NFTA_CMP", () => ({
  sreg: [1, register, "register that is looked at"],
  op: [2, words(be32, { eq: 0, neq: 1, lt: 2, lte: 3, gt: 4, gte: 5 }), "how it must compare, byte by byte"],
  data: [3, data, "the value"],
}));

/** Goes on only if a register is within a range, or outside of it (NFTA_RANGE_*). */
export const range = attributes("NFTA_RANGE", () => ({
  sreg: [1, register, "register that is looked at"],
  op: [2, words(be32, { eq: 0, neq: 1 }), "within or outside"],
  fromData: [3, data, "the lowest value within"],
  toData: [4, data, "the highest value within"],
}));

/** Changes the bits of a register (NFTA_BITWISE_*). */
export const bitwise = attributes("NFTA_BITWISE", () => ({
  sreg: [1, register, "register that is read"],
  dreg: [2, register, "register that is written"],
  len: [3, be32, "how many bytes"],
  mask: [4, data, "the bits that are kept"],
  xor: [5, data, "the bits that are turned then"],
  op: [6, words(be32, { maskXor: 0, lshift: 1, rshift: 2, and: 3, or: 4, xor: 5 }), "what is done"],
  data: [7, data, "by how many bits to shift"],
  sreg2: [8, register, "register with the other operand"],
}));

/** Turns the bytes of a register's numbers round (NFTA_BYTEORDER_*). */
export const byteorder = attributes("NFTA_BYTEORDER", () => ({
  sreg: [1, register, "register that is read"],
  dreg: [2, register, "register that is written"],
  op: [3, words(be32, { ntoh: 0, hton: 1 }), "from or to network byte order"],
  len: [4, be32, "how many bytes"],
  size: [5, be32, "bytes of each number: 2, 4 or 8"],
}));
