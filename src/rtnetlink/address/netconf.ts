import { attributes, type Values } from "../../netlink/codecs/attributes.js";
import { readOnly } from "../../netlink/codecs/codec.js";
import type { MessageType } from "../../netlink/message.js";
import { s32, u8 } from "../../netlink/codecs/numbers.js";
import { struct, type StructValues } from "../../netlink/codecs/struct.js";
import { words } from "../../netlink/codecs/words.js";
import { messageType } from "../protocol/message-types.js";

/** struct netconfmsg (linux/netconf.h). */
export const netconfmsg = struct("netconfmsg", { family: u8 });

/** Whose settings they are: a link's by its index, or these (NETCONFA_IFINDEX_*, linux/netconf.h). */
export const settingsOwner = words(s32, { all: -1, default: -2 });

/** Settings of net.ipv4.conf, net.ipv6.conf and net.mpls.conf that are told of (NETCONFA_*, linux/netconf.h). */
export const networkSettings = attributes("NETCONFA", () => ({
  ifindex: [1, settingsOwner, "index of the link"],
  forwarding: [2, readOnly(s32), "packets are forwarded"],
  rpFilter: [3, readOnly(words(s32, { off: 0, strict: 1, loose: 2 })), "the source is checked (RFC 3704)"],
  mcForwarding: [4, readOnly(s32), "multicast is forwarded"],
  proxyNeigh: [5, readOnly(s32), "others' addresses are answered for"],
  ignoreRoutesWithLinkdown: [6, readOnly(s32), "routes by a link without carrier are passed over", { since: "4.2" }],
  input: [7, readOnly(s32), "MPLS packets are taken", { since: "4.11" }],
  bcForwarding: [8, readOnly(s32), "directed broadcasts are forwarded", { since: "4.19" }],
  forceForwarding: [9, readOnly(s32), "IPv6: packets are forwarded whatever holds for all links", { since: "6.17" }],
}));

export type NetworkSettingsValues = Values<typeof networkSettings>;
export type NetworkSettingsHeader = StructValues<(typeof netconfmsg)["fields"]>;

function settingsMessage(
  name: string,
  type: number,
): MessageType<NetworkSettingsHeader, (typeof networkSettings)["entries"]> {
  return messageType({ name, type, header: netconfmsg, attributes: networkSettings });
}

export const RTM_NEWNETCONF = settingsMessage("RTM_NEWNETCONF", 80);
export const RTM_DELNETCONF = settingsMessage("RTM_DELNETCONF", 81);
export const RTM_GETNETCONF = settingsMessage("RTM_GETNETCONF", 82);
