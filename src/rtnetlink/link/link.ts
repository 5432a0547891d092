import { attributes, type AttributeTable, type Values } from "../../netlink/attributes.js";
import { raw, readOnly, text } from "../../netlink/codec.js";
import type { Message, MessageType } from "../../netlink/message.js";
import { byKind, nest } from "../../netlink/nests.js";
import type { StructValues } from "../../netlink/struct.js";
import { linkKinds, portKinds } from "./kinds/index.js";
import { commonLinkAttributes, ifinfomsg } from "./link-attributes.js";
import { messageType } from "../protocol/message-types.js";

/** What kind of link it is, and a port's part (IFLA_INFO_*, linux/if_link.h). */
export const linkInfo = attributes("IFLA_INFO", () => ({
  kind: [1, text(), "the kind, such as bridge"],
  data: [2, byKind("kind", linkKinds), "the kind's options"],
  xstats: [3, readOnly(raw), "the kind's counters"],
  slaveKind: [4, text(), "the kind of the master"],
  slaveData: [5, byKind("slaveKind", portKinds), "the port's options"],
}));

/** A link (IFLA_*, linux/if_link.h). */
export const linkAttributes = attributes("IFLA", () => ({
  ...commonLinkAttributes(),
  linkInfo: [18, nest(linkInfo), "what kind of link it is", "IFLA_LINKINFO"],
}));

export type LinkValues = Values<typeof linkAttributes>;
export type LinkHeader = StructValues<(typeof ifinfomsg)["fields"]>;
export type LinkFlag = LinkHeader["flags"][number];
export type LinkMessageType = MessageType<LinkHeader, (typeof linkAttributes)["entries"]>;

const variants = new Map<number | undefined, AttributeTable>();

/** Gives the messages about links of an address family a table of their own. */
export function linkVariant<T extends AttributeTable>(family: number, table: T): T {
  variants.set(family, table);
  return table;
}

function linkMessage(name: string, type: number): LinkMessageType {
  return messageType({
    name,
    type,
    header: ifinfomsg,
    attributes: linkAttributes,
    variant: ({ family }) => variants.get(family),
  });
}

export const RTM_NEWLINK = linkMessage("RTM_NEWLINK", 16);
export const RTM_DELLINK = linkMessage("RTM_DELLINK", 17);
export const RTM_GETLINK = linkMessage("RTM_GETLINK", 18);
export const RTM_SETLINK = linkMessage("RTM_SETLINK", 19);
export const RTM_NEWLINKPROP = linkMessage("RTM_NEWLINKPROP", 108);
export const RTM_DELLINKPROP = linkMessage("RTM_DELLINKPROP", 109);

/** A link as the kernel reports it. */
export interface Link extends LinkValues {
  index: number;
  name: string;
  /** What it is on the wire (ARPHRD_*, linux/if_arp.h): 1 for Ethernet. */
  type: number;
  flags: readonly LinkFlag[];
  /** Administratively up: IFF_UP is among the flags. */
  up: boolean;
  /** The kind, such as "bridge"; undefined for hardware and the loopback. */
  kind?: string | undefined;
}

/** The start of a link: what its message's header says. */
export function linkFrom({ index, type, flags }: LinkHeader): Partial<Link> {
  return { index, type, flags, up: flags.includes("up"), kind: undefined };
}

/** The link that a message reports, whose attributes were put into what linkFrom made. */
export function linkOf({ attributes: values }: Message<LinkHeader, LinkValues>): Link {
  const link = values as Link;
  link.kind = link.linkInfo?.kind;
  link.name ??= "";
  return link;
}
