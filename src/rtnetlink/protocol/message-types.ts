import type { Entries } from "../../netlink/codecs/attributes.js";
import { anyMessageType, type MessageType, type MessageTypes } from "../../netlink/message.js";

const known = new Map<number, MessageType>();

/** The messages of NETLINK_ROUTE by their numbers, as the kernel sends them: those whose tables are loaded. */
export const messageTypes: MessageTypes = known;

/** A message of NETLINK_ROUTE, that can be read from now on. */
export function messageType<H, E extends Entries>(type: MessageType<H, E>): MessageType<H, E> {
  known.set(type.type, anyMessageType(type));
  return type;
}
