import { attributes, type AttributeTable, type Entries } from "../../netlink/codecs/attributes.js";
import { anyMessageType, type MessageType, type MessageTypes } from "../../netlink/message.js";
import { be16, be32, u8 } from "../../netlink/codecs/numbers.js";
import { struct, type StructValues } from "../../netlink/codecs/struct.js";
import { words } from "../../netlink/codecs/words.js";

/** Families of netfilter (NFPROTO_*, linux/netfilter.h), by the words of `nft`. */
export const family = words(u8, { unspec: 0, inet: 1, ip: 2, arp: 3, netdev: 5, bridge: 7, ip6: 10 });

/** The families of tables. */
export type TableFamily = "ip" | "ip6" | "inet" | "arp" | "bridge" | "netdev";

/** struct nfgenmsg (linux/netfilter/nfnetlink.h): what stands before the attributes of every message of NETLINK_NETFILTER. */
export const nfgenmsg = struct("nfgenmsg", { family, version: u8, resourceId: be16 });

export type NetfilterHeader = StructValues<(typeof nfgenmsg)["fields"]>;
export type NetfilterMessageType<E extends Entries = Entries> = MessageType<NetfilterHeader, E>;

/** Subsystems (NFNL_SUBSYS_*, linux/netfilter/nfnetlink.h): the upper byte of a message's type. */
export const subsystem = { ctnetlink: 1, nftables: 10 } as const;

const known = new Map<number, MessageType>();

/** The messages of NETLINK_NETFILTER by their numbers: those whose tables are loaded. */
export const netfilterMessageTypes: MessageTypes = known;

/** A message of a subsystem, that can be read from now on. */
export function netfilterMessage<E extends Entries>(
  name: string,
  type: number,
  attributes: AttributeTable<E>,
  check?: NetfilterMessageType<E>["check"],
): NetfilterMessageType<E> {
  const message = { name, type, header: nfgenmsg, attributes, ...(check === undefined ? {} : { check }) };
  known.set(type, anyMessageType(message));
  return message;
}

/** NFNL_BATCH_*: the generation of the ruleset that the batch was made for. */
export const batchAttributes = attributes("NFNL_BATCH", () => ({
  genid: [1, be32, "generation that the ruleset must have"],
}));

export const NFNL_MSG_BATCH_BEGIN = netfilterMessage("NFNL_MSG_BATCH_BEGIN", 0x10, batchAttributes);
export const NFNL_MSG_BATCH_END = netfilterMessage("NFNL_MSG_BATCH_END", 0x11, batchAttributes);
