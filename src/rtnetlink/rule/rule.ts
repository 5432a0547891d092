import { attributes, type Values } from "../../netlink/codecs/attributes.js";
import { type Codec, pad, raw, readOnly } from "../../netlink/codecs/codec.js";
import { InputError } from "../../base/errors.js";
import { internetAddress } from "../../netlink/codecs/internet.js";
import type { MessageType } from "../../netlink/message.js";
import { be32, be64, flag8, u16, u32, u8 } from "../../netlink/codecs/numbers.js";
import { type Struct, struct, type StructValues } from "../../netlink/codecs/struct.js";
import { bits, words } from "../../netlink/codecs/words.js";
import { routeProtocol, routeTable, routeTable8 } from "../route/route-words.js";
import { messageType } from "../protocol/message-types.js";
import { nameText } from "../../netlink/codecs/link-name.js";

/** struct fib_rule_hdr (linux/fib_rules.h): what stands before a rule's attributes. */
export const fibRuleHeader = struct(
  "fib_rule_hdr",
  {
    family: u8,
    destinationLength: u8,
    sourceLength: u8,
    tos: u8,
    table: routeTable8,
    action: words(u8, { unspec: 0, toTbl: 1, goto: 2, nop: 3, blackhole: 6, unreachable: 7, prohibit: 8 }),
    flags: bits(u32, {
      permanent: 0x1,
      invert: 0x2,
      unresolved: 0x4,
      iifDetached: 0x8,
      oifDetached: 0x10,
      findSaddr: 0x10000,
    }),
  },
  { gaps: { action: 2 } },
);

/** The first and the last of a range of numbers. */
export interface NumberRange {
  readonly start: number;
  readonly end: number;
}

/** A range of numbers, in a struct of two; "80" or "80-90" on a command line. */
function range(name: string, codec: Codec<number>): Struct<NumberRange> {
  return {
    ...struct(name, { start: codec, end: codec }),
    words: "N|N-N",
    parse(word) {
      const [start = "", end = start, ...more] = word.split("-");
      if (more.length > 0) throw new InputError(`${JSON.stringify(word)} is not a range such as 80-90`);
      return { start: codec.parse(start), end: codec.parse(end) };
    },
  };
}

/** struct fib_rule_port_range (linux/fib_rules.h). */
export const portRange = range("fib_rule_port_range", u16);
/** struct fib_rule_uid_range (linux/fib_rules.h). */
export const uidRange = range("fib_rule_uid_range", u32);

/** A rule that chooses a routing table (FRA_*, linux/fib_rules.h). */
export const ruleAttributes = attributes("FRA", () => ({
  dst: [1, internetAddress, "the destination"],
  src: [2, internetAddress, "the source"],
  iifname: [3, nameText(15), "name of the link that packets come in by"],
  goto: [4, u32, "priority of the rule to go on with"],
  unused2: [5, readOnly(raw), "no longer used"],
  priority: [6, u32, "its place among the rules, the lowest first"],
  unused3: [7, readOnly(raw), "no longer used"],
  unused4: [8, readOnly(raw), "no longer used"],
  unused5: [9, readOnly(raw), "no longer used"],
  fwmark: [10, u32, "the packet's mark"],
  flow: [11, u32, "realms, for classification"],
  tunId: [12, be64, "id of the tunnel that the packet came by"],
  suppressIfgroup: [13, u32, "pass over routes by links of this group"],
  suppressPrefixlen: [14, u32, "pass over routes of this prefix length or a shorter one"],
  table: [15, routeTable, "the table to look in"],
  fwmask: [16, u32, "bits of the mark that count"],
  oifname: [17, nameText(15), "name of the link that the sender is bound to"],
  pad: [18, pad, "aligns what follows"],
  l3mdev: [19, flag8, "look in the table of the VRF that the packet belongs to"],
  uidRange: [20, uidRange, "the users who send"],
  protocol: [21, routeProtocol, "who made it"],
  ipProto: [22, u8, "the protocol above IP"],
  sportRange: [23, portRange, "source ports"],
  dportRange: [24, portRange, "destination ports"],
  dscp: [25, u8, "the packet's DSCP"],
  flowlabel: [26, be32, "the flow label"],
  flowlabelMask: [27, be32, "bits of the flow label that count"],
  sportMask: [28, u16, "bits of the source port that count"],
  dportMask: [29, u16, "bits of the destination port that count"],
  dscpMask: [30, u8, "bits of the DSCP that count"],
}));

export type RuleValues = Values<typeof ruleAttributes>;
export type RuleHeader = StructValues<(typeof fibRuleHeader)["fields"]>;
export type RuleMessageType = MessageType<RuleHeader, (typeof ruleAttributes)["entries"]>;

function ruleMessage(name: string, type: number): RuleMessageType {
  return messageType({ name, type, header: fibRuleHeader, attributes: ruleAttributes });
}

export const RTM_NEWRULE = ruleMessage("RTM_NEWRULE", 32);
export const RTM_DELRULE = ruleMessage("RTM_DELRULE", 33);
export const RTM_GETRULE = ruleMessage("RTM_GETRULE", 34);
