import { attributes, type Values } from "../../netlink/codecs/attributes.js";
import { pad, raw, readOnly, text } from "../../netlink/codecs/codec.js";
import { InputError } from "../../base/errors.js";
import { byKind, nest, repeated } from "../../netlink/codecs/nests.js";
import { be32, beCount64, sbe32 } from "../../netlink/codecs/numbers.js";
import { bits, words } from "../../netlink/codecs/words.js";
import { nameText } from "../../netlink/codecs/link-name.js";
import { data, type dataAttributes, verdictCode } from "../values/data.js";
import { connlimit, counter, limit, quota } from "../expressions/count.js";
import { expressions } from "../expressions/expression.js";
import { objectType } from "../expressions/lookup.js";
import { statefulExpression } from "../expressions/stateful.js";
import { netfilterMessage, subsystem } from "./nfnetlink.js";

const name = text(255);

/** A table (NFTA_TABLE_*, linux/netfilter/nf_tables.h). */
export const tableAttributes = attributes("NFTA_TABLE", () => ({
  name: [1, name, "its name"],
  flags: [
    2,
    bits(be32, { dormant: 0x1, owner: 0x2, persist: 0x4 }),
    "not active; only its owner changes it; it stays when its owner goes",
  ],
  use: [3, readOnly(be32), "chains, sets and objects in it"],
  handle: [4, beCount64, "its number"],
  pad: [5, pad, "padding"],
  userdata: [6, raw, "bytes of whoever made it"],
  owner: [7, readOnly(be32), "port id of the socket that owns it"],
}));

/** Names of network devices (NFTA_DEVICE_*). */
const devices = repeated(1, nameText(15));

/** Where a base chain sees packets (NFTA_HOOK_*). */
export const hookAttributes = attributes("NFTA_HOOK", () => ({
  hooknum: [1, be32, "number of the hook, which depends on the family"],
  priority: [2, sbe32, "its place there, the lowest first"],
  dev: [3, nameText(15), "the device whose packets it sees"],
  devs: [4, devices, "the devices whose packets it sees"],
}));

/** A chain (NFTA_CHAIN_*). */
export const chainAttributes = attributes("NFTA_CHAIN", () => ({
  table: [1, name, "the table that it is in"],
  handle: [2, beCount64, "its number"],
  name: [3, name, "its name"],
  hook: [4, nest(hookAttributes), "where a base chain sees packets"],
  policy: [5, verdictCode, "what becomes of packets that no rule decides about"],
  use: [6, readOnly(be32), "rules in it and jumps to it"],
  type: [7, text(31), "filter, nat or route"],
  counters: [8, nest(counter), "what came to the policy"],
  pad: [9, pad, "padding"],
  flags: [10, bits(be32, { base: 0x1, hwOffload: 0x2, binding: 0x4 }), "whether it is a base chain"],
  id: [11, be32, "its number in this batch"],
  userdata: [12, raw, "bytes of whoever made it"],
}));

/** What iptables knows of a rule (NFTA_RULE_COMPAT_*). */
export const compatAttributes = attributes("NFTA_RULE_COMPAT", () => ({
  proto: [1, be32, "the protocol that it is about"],
  flags: [2, bits(be32, { inv: 0x2 }), "all but that protocol"],
}));

/** A rule (NFTA_RULE_*). */
export const ruleAttributes = attributes("NFTA_RULE", () => ({
  table: [1, name, "the table that it is in"],
  chain: [2, name, "the chain that it is in"],
  handle: [3, beCount64, "its number"],
  expressions: [4, expressions, "what it asks and does"],
  compat: [5, nest(compatAttributes), "what iptables knows of it"],
  position: [6, beCount64, "number of the rule that it stands behind, or before which it is inserted"],
  userdata: [7, raw, "bytes of whoever made it"],
  pad: [8, pad, "padding"],
  id: [9, be32, "its number in this batch"],
  positionId: [10, be32, "the same by the number in this batch"],
  chainId: [11, be32, "the chain by its number in this batch"],
}));

/** A part of a concatenated key (NFTA_SET_FIELD_*). */
export const fieldAttributes = attributes("NFTA_SET_FIELD", () => ({
  len: [1, be32, "its bytes"],
}));

/** What a set will be like (NFTA_SET_DESC_*). */
export const setDescription = attributes("NFTA_SET_DESC", () => ({
  size: [1, be32, "most elements"],
  concat: [2, repeated(1, nest(fieldAttributes)), "the parts of a key"],
}));

/** A set or map (NFTA_SET_*). */
export const setAttributes = attributes("NFTA_SET", () => ({
  table: [1, name, "the table that it is in"],
  name: [2, name, "its name"],
  flags: [
    3,
    bits(be32, {
      anonymous: 0x1,
      constant: 0x2,
      interval: 0x4,
      map: 0x8,
      timeout: 0x10,
      eval: 0x20,
      object: 0x40,
      concat: 0x80,
      expr: 0x100,
    }),
    "what it can",
  ],
  keyType: [4, be32, "number of the key's type; the kernel only keeps it"],
  keyLen: [5, be32, "bytes of a key"],
  dataType: [6, be32, "number of the value's type; 0xffffff00 for verdicts"],
  dataLen: [7, be32, "bytes of a value"],
  policy: [8, words(be32, { performance: 0, memory: 1 }), "what to save"],
  desc: [9, nest(setDescription), "what it will be like"],
  id: [10, be32, "its number in this batch"],
  timeout: [11, beCount64, "after how many milliseconds elements go"],
  gcInterval: [12, be32, "milliseconds between collections of old elements"],
  userdata: [13, raw, "bytes of whoever made it"],
  pad: [14, pad, "padding"],
  objType: [15, objectType, "what a map of objects has"],
  handle: [16, beCount64, "its number"],
  expr: [17, statefulExpression, "what each element remembers"],
  expressions: [18, repeated(1, statefulExpression), "what each element remembers, where that is several things"],
  type: [19, readOnly(text(255)), "what the kernel keeps it in"],
  count: [20, readOnly(be32), "elements in it"],
}));

/** An element of a set (NFTA_SET_ELEM_*). */
export const elementAttributes = attributes("NFTA_SET_ELEM", () => ({
  key: [1, data, "the key"],
  data: [2, data, "the value of a map"],
  flags: [3, bits(be32, { intervalEnd: 0x1, catchall: 0x2 }), "an interval ends before it; it stands for all others"],
  timeout: [4, beCount64, "after how many milliseconds it goes"],
  expiration: [5, beCount64, "milliseconds until it goes"],
  userdata: [6, raw, "bytes of whoever made it"],
  expr: [7, statefulExpression, "what it remembers"],
  pad: [8, pad, "padding"],
  objref: [9, name, "the object of a map of objects"],
  keyEnd: [10, data, "the last key of an interval of concatenated keys"],
  expressions: [11, repeated(1, statefulExpression), "what it remembers, where that is several things"],
}));

/** Elements of a set (NFTA_SET_ELEM_LIST_*). */
export const elementListAttributes = attributes("NFTA_SET_ELEM_LIST", () => ({
  table: [1, name, "the table that the set is in"],
  set: [2, name, "the set"],
  elements: [3, repeated(1, nest(elementAttributes)), "some of its elements"],
  setId: [4, be32, "the set by its number in this batch"],
}));

/** An attribute holds 64 KiB: elements go in messages of so many. */
export const ELEMENTS_EACH = 256;

/** The kinds of object whose attributes are known. */
export const objectKinds = { counter, quota, limit, connlimit };

/** An object (NFTA_OBJ_*). */
export const objectAttributes = attributes("NFTA_OBJ", () => ({
  table: [1, name, "the table that it is in"],
  name: [2, name, "its name"],
  type: [3, objectType, "what it is"],
  data: [4, byKind("type", objectKinds), "its own attributes"],
  use: [5, readOnly(be32), "rules that use it"],
  handle: [6, beCount64, "its number"],
  pad: [7, pad, "padding"],
  userdata: [8, raw, "bytes of whoever made it"],
}));

/** Devices whose connections take a short cut (NFTA_FLOWTABLE_HOOK_*). */
export const flowtableHookAttributes = attributes("NFTA_FLOWTABLE_HOOK", () => ({
  num: [1, be32, "number of the hook"],
  priority: [2, sbe32, "its place there, the lowest first"],
  devs: [3, devices, "the devices"],
}));

/** A short cut for connections that are under way (NFTA_FLOWTABLE_*). */
export const flowtableAttributes = attributes("NFTA_FLOWTABLE", () => ({
  table: [1, name, "the table that it is in"],
  name: [2, name, "its name"],
  hook: [3, nest(flowtableHookAttributes), "where it takes packets"],
  use: [4, readOnly(be32), "rules that use it"],
  handle: [5, beCount64, "its number"],
  pad: [6, pad, "padding"],
  flags: [7, bits(be32, { hwOffload: 0x1, counter: 0x2 }), "done by hardware; counted"],
}));

/** The generation of the ruleset (NFTA_GEN_*). */
export const generationAttributes = attributes("NFTA_GEN", () => ({
  id: [1, be32, "its number, another one after each change"],
  procPid: [2, be32, "process that made the change"],
  procName: [3, text(15), "its name"],
}));

const at = subsystem.nftables << 8;

export const NFT_MSG_NEWTABLE = netfilterMessage("NFT_MSG_NEWTABLE", at | 0, tableAttributes);
export const NFT_MSG_GETTABLE = netfilterMessage("NFT_MSG_GETTABLE", at | 1, tableAttributes);
export const NFT_MSG_DELTABLE = netfilterMessage(
  "NFT_MSG_DELTABLE",
  at | 2,
  tableAttributes,
  // Without a family or a name it would remove every table.
  ({ name: called, handle }, { family }) => {
    if (called === undefined && handle === undefined) throw new InputError("it is missing", "name");
    if (family === undefined || family === "unspec" || family === 0) throw new InputError("it is missing", "family");
  },
);
export const NFT_MSG_NEWCHAIN = netfilterMessage("NFT_MSG_NEWCHAIN", at | 3, chainAttributes);
export const NFT_MSG_GETCHAIN = netfilterMessage("NFT_MSG_GETCHAIN", at | 4, chainAttributes);
export const NFT_MSG_DELCHAIN = netfilterMessage("NFT_MSG_DELCHAIN", at | 5, chainAttributes);
export const NFT_MSG_NEWRULE = netfilterMessage("NFT_MSG_NEWRULE", at | 6, ruleAttributes);
export const NFT_MSG_GETRULE = netfilterMessage("NFT_MSG_GETRULE", at | 7, ruleAttributes);
export const NFT_MSG_DELRULE = netfilterMessage("NFT_MSG_DELRULE", at | 8, ruleAttributes, ({ chain }) => {
  // Without a chain it would remove the rules of all of them.
  if (chain === undefined) throw new InputError("it is missing", "chain");
});
export const NFT_MSG_NEWSET = netfilterMessage("NFT_MSG_NEWSET", at | 9, setAttributes);
export const NFT_MSG_GETSET = netfilterMessage("NFT_MSG_GETSET", at | 10, setAttributes);
export const NFT_MSG_DELSET = netfilterMessage("NFT_MSG_DELSET", at | 11, setAttributes);
export const NFT_MSG_NEWSETELEM = netfilterMessage("NFT_MSG_NEWSETELEM", at | 12, elementListAttributes);
export const NFT_MSG_GETSETELEM = netfilterMessage("NFT_MSG_GETSETELEM", at | 13, elementListAttributes);
export const NFT_MSG_DELSETELEM = netfilterMessage("NFT_MSG_DELSETELEM", at | 14, elementListAttributes);
export const NFT_MSG_NEWGEN = netfilterMessage("NFT_MSG_NEWGEN", at | 15, generationAttributes);
export const NFT_MSG_GETGEN = netfilterMessage("NFT_MSG_GETGEN", at | 16, generationAttributes);
export const NFT_MSG_NEWOBJ = netfilterMessage("NFT_MSG_NEWOBJ", at | 18, objectAttributes);
export const NFT_MSG_GETOBJ = netfilterMessage("NFT_MSG_GETOBJ", at | 19, objectAttributes);
export const NFT_MSG_DELOBJ = netfilterMessage("NFT_MSG_DELOBJ", at | 20, objectAttributes);
export const NFT_MSG_NEWFLOWTABLE = netfilterMessage("NFT_MSG_NEWFLOWTABLE", at | 22, flowtableAttributes);
export const NFT_MSG_GETFLOWTABLE = netfilterMessage("NFT_MSG_GETFLOWTABLE", at | 23, flowtableAttributes);
export const NFT_MSG_DELFLOWTABLE = netfilterMessage("NFT_MSG_DELFLOWTABLE", at | 24, flowtableAttributes);

/** A table, as its message has it. */
export type TableValues = Values<typeof tableAttributes>;
/** A chain, as its message has it. */
export type ChainValues = Values<typeof chainAttributes>;
/** A rule, as its message has it. */
export type RuleValues = Values<typeof ruleAttributes>;
/** A set or map, as its message has it. */
export type SetValues = Values<typeof setAttributes>;
/** An element of a set, as its message has it. */
export type ElementValues = Values<typeof elementAttributes>;
/** A named object, as its message has it. */
export type ObjectValues = Values<typeof objectAttributes>;
/** A flowtable, as its message has it. */
export type FlowtableValues = Values<typeof flowtableAttributes>;
export type DataValues = Values<typeof dataAttributes>;
