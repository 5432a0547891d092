import { attributes, type AttributeTable, type Values } from "../../netlink/codecs/attributes.js";
import { raw, readOnly, text } from "../../netlink/codecs/codec.js";
import type { Message, MessageType } from "../../netlink/message.js";
import { byKind, nest } from "../../netlink/codecs/nests.js";
import type { StructValues } from "../../netlink/codecs/struct.js";
import { type LinkKinds, linkKinds, portKinds } from "./kinds/index.js";
import { isLinkKind, type LinkKind, type PortKind } from "./link-kind.js";
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

/** A link's attributes. */
export type LinkValues = Values<typeof linkAttributes>;
export type LinkHeader = StructValues<(typeof ifinfomsg)["fields"]>;
/** A flag of a link, by its name in linux/if.h without IFF_. */
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

/** What every link has, of whatever kind. */
export interface CommonLink extends Omit<LinkValues, "linkInfo"> {
  index: number;
  name: string;
  /** What it is on the wire (ARPHRD_*, linux/if_arp.h): 1 for Ethernet. */
  type: number;
  flags: readonly LinkFlag[];
  /** Administratively up: IFF_UP is among the flags. */
  up: boolean;
}

type PortInfo = Omit<Values<typeof linkInfo>, "kind" | "data">;

/** The kinds of which the kernel reports that they are there, and no options. */
type Reticent = "dummy" | "ifb" | "nlmon" | "team" | "veth" | "vxcan";

/** A link's kind and its options, and a port's part. */
export type LinkInfo<K extends LinkKind> = PortInfo & { kind: K } & (K extends Reticent
    ? { data?: Values<LinkKinds[K]> | undefined }
    : { data: Values<LinkKinds[K]> });

interface OfKind<K extends LinkKind> extends CommonLink {
  kind: K;
  linkInfo: LinkInfo<K>;
}

/** A link of a kind that is known. */
export type LinkOf<K extends LinkKind> = K extends LinkKind ? OfKind<K> : never;

/** A link of a kind that is not known here: `linkInfo` has the kernel's word for it, and its options as bytes. */
export interface OtherLink extends CommonLink {
  kind: "other";
  linkInfo: PortInfo & { kind: string; data?: Uint8Array | undefined };
}

/** A link without a kind: hardware, or the loopback. */
export interface PlainLink extends CommonLink {
  kind?: undefined;
  linkInfo?: (PortInfo & { kind?: undefined; data?: undefined }) | undefined;
}

/** A link as the kernel reports it. Its kind says what its options are: `if (link.kind === "bridge") link.linkInfo.data.ageingTime`. */
export type Link = LinkOf<LinkKind> | OtherLink | PlainLink;

/** The port of a link whose kind is known. */
export type PortOf<K extends PortKind> = Link & {
  master: number;
  linkInfo: { slaveKind: K; slaveData: Values<(typeof portKinds)[K]> };
};

/** Whether a link is the port of a link of a kind, whose options are then in `linkInfo.slaveData`. */
export function isPortOf<K extends PortKind>(link: Link, kind: K): link is PortOf<K> {
  return link.linkInfo?.slaveKind === kind && link.linkInfo.slaveData !== undefined;
}

/** The start of a link: what its message's header says. */
export function linkFrom({ index, type, flags }: LinkHeader): Partial<PlainLink> {
  return { index, type, flags, up: flags.includes("up"), kind: undefined };
}

/** The link that a message reports, whose attributes were put into what linkFrom made. */
export function linkOf({ attributes: values }: Message<LinkHeader, LinkValues>): Link {
  const link = values as CommonLink & { kind?: LinkKind | "other" | undefined };
  const kind = values.linkInfo?.kind;
  link.kind = kind === undefined || isLinkKind(kind) ? kind : "other";
  link.name ??= "";
  return link as Link;
}
