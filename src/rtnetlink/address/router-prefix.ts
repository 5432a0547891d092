import { attributes, type Values } from "../../netlink/codecs/attributes.js";
import { readOnly } from "../../netlink/codecs/codec.js";
import { ipv6 } from "../../netlink/codecs/internet.js";
import type { MessageType } from "../../netlink/message.js";
import { s32, u8 } from "../../netlink/codecs/numbers.js";
import { struct, type StructValues } from "../../netlink/codecs/struct.js";
import { bits } from "../../netlink/codecs/words.js";
import { lifetime } from "./address.js";
import { messageType } from "../protocol/message-types.js";

/** What a router says of a prefix: its L and A (RFC 4861, 4.6.2). */
export const prefixFlags = bits(u8, { onlink: 0x1, autoconf: 0x2 });

/** struct prefixmsg (linux/rtnetlink.h). `type` is the option of the router's advertisement: 3 for a prefix. */
export const prefixmsg = struct(
  "prefixmsg",
  { family: u8, index: s32, type: u8, length: u8, flags: prefixFlags },
  { gaps: { index: 3 }, tail: 1 },
);

/** struct prefix_cacheinfo (linux/rtnetlink.h). */
export const prefixCacheinfo = struct("prefix_cacheinfo", { preferred: lifetime, valid: lifetime });

/** A prefix that a router has advertised (PREFIX_*, linux/rtnetlink.h). */
export const prefixAttributes = attributes("PREFIX", () => ({
  address: [1, readOnly(ipv6), "the prefix"],
  cacheinfo: [2, readOnly(prefixCacheinfo), "lifetimes"],
}));

export type PrefixValues = Values<typeof prefixAttributes>;
export type PrefixHeader = StructValues<(typeof prefixmsg)["fields"]>;

/** Told when an advertisement comes in. */
export const RTM_NEWPREFIX: MessageType<PrefixHeader, (typeof prefixAttributes)["entries"]> = messageType({
  name: "RTM_NEWPREFIX",
  type: 52,
  header: prefixmsg,
  attributes: prefixAttributes,
});
