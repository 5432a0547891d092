import { attributes, type Values } from "../../netlink/codecs/attributes.js";
import { readOnly } from "../../netlink/codecs/codec.js";
import type { MessageType } from "../../netlink/message.js";
import { s32, u32, u8 } from "../../netlink/codecs/numbers.js";
import { struct, type StructValues } from "../../netlink/codecs/struct.js";
import { messageType } from "../protocol/message-types.js";

/** struct rtgenmsg (linux/rtnetlink.h). */
export const rtgenmsg = struct("rtgenmsg", { family: u8 });

/** The id that one network namespace has for another (NETNSA_*, linux/net_namespace.h); -1 for none. */
export const namespaceIdAttributes = attributes("NETNSA", () => ({
  nsid: [1, s32, "the id"],
  pid: [2, u32, "a process in the namespace that is meant"],
  fd: [3, u32, "a descriptor of it"],
  targetNsid: [4, s32, "id of the namespace that is asked"],
  currentNsid: [5, readOnly(s32), "the id that the asking namespace itself has for it"],
}));

export type NamespaceIdValues = Values<typeof namespaceIdAttributes>;
export type NamespaceIdHeader = StructValues<(typeof rtgenmsg)["fields"]>;

function namespaceIdMessage(
  name: string,
  type: number,
): MessageType<NamespaceIdHeader, (typeof namespaceIdAttributes)["entries"]> {
  return messageType({ name, type, header: rtgenmsg, attributes: namespaceIdAttributes });
}

export const RTM_NEWNSID = namespaceIdMessage("RTM_NEWNSID", 88);
export const RTM_DELNSID = namespaceIdMessage("RTM_DELNSID", 89);
export const RTM_GETNSID = namespaceIdMessage("RTM_GETNSID", 90);
