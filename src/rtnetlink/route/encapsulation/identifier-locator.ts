import { attributes } from "../../../netlink/codecs/attributes.js";
import { type Codec, pad } from "../../../netlink/codecs/codec.js";
import { InputError, quoted } from "../../../base/errors.js";
import { s32, u32, u8 } from "../../../netlink/codecs/numbers.js";
import { words } from "../../../netlink/codecs/words.js";

const HALF = /^[0-9a-f]{1,4}(:[0-9a-f]{1,4}){3}$/i;

function groupsOf(half: unknown): number[] {
  if (typeof half !== "string" || !HALF.test(half))
    throw new InputError(`${quoted(half)} is not half an IPv6 address such as 2001:db8:0:1`);
  return half.split(":").map((group) => parseInt(group, 16));
}

/** Half an IPv6 address: four groups, none left out. */
const half: Codec<string> = {
  type: "half an ipv6",
  words: "X:X:X:X",
  size: 8,
  write(writer, value) {
    const groups = groupsOf(value);
    const offset = writer.reserve(8);
    for (const [place, group] of groups.entries()) writer.view.setUint16(offset + place * 2, group);
  },
  read({ view }, offset, length) {
    if (length !== 8) return undefined;
    return [0, 2, 4, 6].map((place) => view.getUint16(offset + place).toString(16)).join(":");
  },
  parse: (word) =>
    groupsOf(word)
      .map((group) => group.toString(16))
      .join(":"),
};

/** How a checksum that covers the address stays right (ILA_CSUM_*, linux/ila.h). */
export const checksumMode = words(u8, { adjustTransport: 0, neutralMap: 1, noAction: 2, neutralMapAuto: 3 });

/** What an identifier is (ILA_ATYPE_*, linux/ila.h). */
export const identifierType = words(u8, {
  iid: 0,
  luid: 1,
  virtV4: 2,
  virtUniV6: 3,
  virtMultiV6: 4,
  nonlocalAddr: 5,
  rsvd1: 6,
  rsvd2: 7,
  useFormat: 32,
});

/** Where packets are met (ILA_HOOK_*, linux/ila.h). */
export const locatorHook = words(u8, { routeOutput: 0, routeInput: 1 });

/**
 * Identifier-locator addressing (ILA_ATTR_*, linux/ila.h): the upper half of a packet's destination is replaced by a locator.
 * Routes have `locator`, `csumMode`, `identType` and `hookType`; the rest is of the kernel's table of mappings.
 */
export const locatorEncapsulation = attributes("ILA_ATTR", () => ({
  locator: [1, half, "the upper half of the address that packets get"],
  identifier: [2, half, "the lower half of an address"],
  locatorMatch: [3, half, "the upper half that is replaced"],
  ifindex: [4, s32, "index of the link that packets come from"],
  dir: [5, u32, "in which direction"],
  pad: [6, pad, "aligns what follows"],
  csumMode: [7, checksumMode, "how a checksum that covers the address stays right"],
  identType: [8, identifierType, "what the lower half is; useFormat: it says so itself"],
  hookType: [9, locatorHook, "where packets are met"],
}));
