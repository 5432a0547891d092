import { attributes, type Values } from "../../../../netlink/codecs/attributes.js";
import { type Codec, type NestedTable, unspoken } from "../../../../netlink/codecs/codec.js";
import { checkObject } from "../../../../base/input.js";
import { ifinfomsg, plainLink, type PlainLinkValues } from "../../link-attributes.js";

/** The other end of a veth: a link's attributes, and whether it is up. */
export type VethPeer = PlainLinkValues & {
  /** Index that the peer is to have. */
  index?: number | undefined;
  up?: boolean | undefined;
};

const insidePeer: NestedTable = {
  space: plainLink.space,
  locate: (bytes, start, end, target) => plainLink.locate(bytes, start + ifinfomsg.size, end, target),
};

/** struct ifinfomsg and a link's attributes behind it. */
export const peerLink: Codec<VethPeer> = {
  type: "ifinfomsg and nest",
  words: "",
  unreported: "the other link, which is read by itself",
  write(writer, value) {
    checkObject(value);
    const { index, up, ...attributesOfPeer } = value;
    ifinfomsg.writePartial(writer, {
      index: index ?? 0,
      ...(up === undefined ? {} : { flags: up ? ["up"] : [], change: ["up"] }),
    });
    plainLink.encode(writer, attributesOfPeer);
  },
  read(bytes, offset, length) {
    if (length < ifinfomsg.size) return undefined;
    const { index, flags, change } = ifinfomsg.readAt(bytes, offset);
    const header = {
      ...(index === 0 ? {} : { index }),
      ...(change.includes("up") ? { up: flags.includes("up") } : {}),
    };
    return plainLink.decode(bytes, offset + ifinfomsg.size, offset + length, header);
  },
  parse: unspoken("peer"),
  nested: () => insidePeer,
};

/** Options of a veth (VETH_INFO_*, linux/veth.h). */
export const veth = attributes("VETH_INFO", () => ({
  peer: [1, peerLink, "the other end"],
}));

/** Options of a veth. */
export type VethOptions = Values<typeof veth>;
