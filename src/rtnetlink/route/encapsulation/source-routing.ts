import { attributes } from "../../../netlink/codecs/attributes.js";
import type { Codec } from "../../../netlink/codecs/codec.js";
import { InputError } from "../../../base/errors.js";
import { ipv6 } from "../../../netlink/codecs/internet.js";

const HEADER_SIZE = 8;
const ADDRESS_SIZE = 16;
const ROUTING_TYPE = 3;
const MOST_SEGMENTS = 127;
const NO_SIBLINGS = {};

/** struct ipv6_rpl_sr_hdr (linux/rpl.h; RFC 6554, 3), with addresses in full: the first segment comes first. */
const segments: Codec<readonly string[]> = {
  type: "struct ipv6_rpl_sr_hdr",
  words: "IPv6,…",
  write(writer, list) {
    if (!Array.isArray(list) || list.length === 0 || list.length > MOST_SEGMENTS)
      throw new InputError(`not a list of 1 to ${MOST_SEGMENTS} IPv6 addresses`);
    for (const byte of [0, list.length * 2, ROUTING_TYPE, list.length, 0, 0, 0, 0]) writer.u8(byte);
    for (const segment of list as string[]) ipv6.write(writer, segment, NO_SIBLINGS);
  },
  read(bytes, offset, length) {
    const { buffer } = bytes;
    const count = (length - HEADER_SIZE) / ADDRESS_SIZE;
    if (!Number.isInteger(count) || count < 1 || buffer[offset + 2] !== ROUTING_TYPE) return undefined;
    const shortened = buffer[offset + 4] !== 0;
    if (shortened || buffer[offset + 1] !== count * 2 || buffer[offset + 3] !== count) return undefined;
    return Array.from({ length: count }, (_, place) =>
      ipv6.read(bytes, offset + HEADER_SIZE + place * ADDRESS_SIZE, ADDRESS_SIZE, NO_SIBLINGS)!,
    );
  },
  parse: (word) => word.split(",").map((part) => ipv6.parse(part)),
};

/** Source routes of RPL, the routing protocol of lossy networks (RPL_IPTUNNEL_*, linux/rpl_iptunnel.h). */
export const sourceRoute = attributes("RPL_IPTUNNEL", () => ({
  srh: [1, segments, "the hosts that packets pass, the first one first; their own destination follows"],
}));
