import { attributes } from "../../netlink/codecs/attributes.js";
import { pad, text } from "../../netlink/codecs/codec.js";
import { repeated } from "../../netlink/codecs/nests.js";
import { be32, beCount64 } from "../../netlink/codecs/numbers.js";
import { bits, words } from "../../netlink/codecs/words.js";
import { register } from "../values/data.js";
import { statefulExpression } from "./stateful.js";

/** What objects are (NFT_OBJECT_*). */
export const objectType = words(be32, {
  unspec: 0,
  counter: 1,
  quota: 2,
  ctHelper: 3,
  limit: 4,
  connlimit: 5,
  tunnel: 6,
  ctTimeout: 7,
  secmark: 8,
  ctExpect: 9,
  synproxy: 10,
});

/** Goes on only if a set has what is in a register; of a map, reads what belongs to it (NFTA_LOOKUP_*). */
export const lookup = attributes("NFTA_LOOKUP", () => ({
  set: [1, text(255), "name of the set or map"],
  sreg: [2, register, "register with the key"],
  dreg: [3, register, "register that a map's value is read into; 0 for a verdict"],
  setId: [4, be32, "the set by its id in this batch"],
  flags: [5, bits(be32, { inv: 1 }), "go on only if the set has it not"],
}));

/** Uses an object, one by its name or the one that a map gives (NFTA_OBJREF_*). */
export const objref = attributes("NFTA_OBJREF", () => ({
  immType: [1, objectType, "what the object is"],
  immName: [2, text(255), "its name"],
  setSreg: [3, register, "register with the key of a map of objects"],
  setName: [4, text(255), "name of that map"],
  setId: [5, be32, "the map by its id in this batch"],
}));

/** Adds what is in a register to a set, or removes it (NFTA_DYNSET_*). */
export const dynset = attributes("NFTA_DYNSET", () => ({
  setName: [1, text(255), "name of the set or map"],
  setId: [2, be32, "the set by its id in this batch"],
  op: [3, words(be32, { add: 0, update: 1, delete: 2 }), "what is done"],
  sregKey: [4, register, "register with the key"],
  sregData: [5, register, "register with a map's value"],
  timeout: [6, beCount64, "after how many milliseconds the element goes"],
  expr: [7, statefulExpression, "what the element remembers"],
  pad: [8, pad, "padding"],
  flags: [9, bits(be32, { inv: 1, expr: 2 }), "go on only if it could not be done; several expressions"],
  expressions: [10, repeated(1, statefulExpression), "what the element remembers, where that is several things"],
}));
