import { text } from "../netlink/codec.js";
import { flag8, u8 } from "../netlink/numbers.js";
import { fibRuleHeader, ruleAttributes } from "../rtnetlink/rule/rule.js";
import { family } from "./route-words.js";
import { shaped, tableWords, wordOf } from "./word.js";

/** Attributes that have other names here. */
const RENAMED = ["src", "dst", "iifname", "oifname"];
const network = shaped(text(), "NETWORK");
const { iifname, oifname } = ruleAttributes.entries;
const { action } = fibRuleHeader.fields;

/** The words of rules. */
export const ruleSections = {
  rule: {
    title: "A rule",
    words: [
      wordOf("from", network, "the network that packets come from"),
      wordOf("to", network, "the network that they go to"),
      wordOf("iif", iifname[1], iifname[2]),
      wordOf("oif", oifname[1], oifname[2]),
      wordOf("action", action, "what is done; to-tbl, look in the table, unless given"),
      ...tableWords(ruleAttributes).filter(({ property }) => !RENAMED.includes(property)),
      wordOf("tos", u8, "the packet's type of service"),
      wordOf("invert", flag8, "take what does not fit"),
      family,
    ],
  },
};
