import { anyMessageType, type MessageTypes } from "../netlink/message.js";
import { RTM_DELADDR, RTM_GETADDR, RTM_NEWADDR } from "./address.js";
import { RTM_DELLINK, RTM_DELLINKPROP, RTM_GETLINK, RTM_NEWLINK, RTM_NEWLINKPROP, RTM_SETLINK } from "./link.js";

/** The messages about links and their addresses (linux/rtnetlink.h), by their names. */
export const linkMessages = {
  RTM_NEWLINK,
  RTM_DELLINK,
  RTM_GETLINK,
  RTM_SETLINK,
  RTM_NEWLINKPROP,
  RTM_DELLINKPROP,
  RTM_NEWADDR,
  RTM_DELADDR,
  RTM_GETADDR,
};

/** The same messages by their numbers. */
export const linkMessageTypes: MessageTypes = new Map(
  Object.values(linkMessages).map((type) => [type.type, anyMessageType(type)]),
);
