import { attributes, type Values } from "../../netlink/codecs/attributes.js";
import { type Codec, mapped, readOnly, rounded } from "../../netlink/codecs/codec.js";
import { InputError, quoted } from "../../base/errors.js";
import { internetAddress, ipv4 } from "../../netlink/codecs/internet.js";
import type { MessageType } from "../../netlink/message.js";
import { isWithin, s32, u32, u8 } from "../../netlink/codecs/numbers.js";
import { parseDuration } from "../../netlink/codecs/duration.js";
import { struct, type StructValues } from "../../netlink/codecs/struct.js";
import { bits, giving, namedNumbers } from "../../netlink/codecs/words.js";
import { AF_INET6 } from "../protocol/families.js";
import { messageType } from "../protocol/message-types.js";
import { nameText } from "../../netlink/codecs/link-name.js";

/** The first eight, which the header has room for. */
const HEADER_FLAGS = {
  secondary: 0x1,
  nodad: 0x2,
  optimistic: 0x4,
  dadfailed: 0x8,
  homeaddress: 0x10,
  deprecated: 0x20,
  tentative: 0x40,
  permanent: 0x80,
} as const;

const FLAGS = {
  ...HEADER_FLAGS,
  managetempaddr: 0x100,
  noprefixroute: 0x200,
  mcautojoin: 0x400,
  stablePrivacy: 0x800,
} as const;

/** The flags of IPv6: its first says that the address is one of those that change, for privacy (RFC 8981). */
const { secondary, ...SHARED } = FLAGS;
const INET6_FLAGS = { temporary: secondary, ...SHARED } as const;

/** The flags that an address can be given; the kernel finds the others out (inet6_rtm_newaddr, net/ipv6/addrconf.c). */
export const GIVABLE_FLAGS = [
  ...(["nodad", "optimistic", "homeaddress", "managetempaddr"] as const),
  ...(["noprefixroute", "mcautojoin"] as const),
] as const;

/** Flags of an address (IFA_F_*, linux/if_addr.h), all that the kernel reports. */
export const allAddressFlags = bits(u32, FLAGS, { table: INET6_FLAGS, holds: () => false });
/** The same, as they are given. */
export const addressFlags = giving(allAddressFlags, GIVABLE_FLAGS);
/** The same of IPv6. */
export const inet6AddressFlags = giving(bits(u32, INET6_FLAGS, { table: FLAGS, holds: () => false }), GIVABLE_FLAGS);

/** How far an address is valid (RT_SCOPE_*, linux/rtnetlink.h). */
export const scope = namedNumbers(u8, { global: 0, site: 200, link: 253, host: 254, nowhere: 255 });

/** The kernel's INFINITY_LIFE_TIME. */
const FOREVER = 0xffffffff;

/** A lifetime in milliseconds, whole seconds on the wire, or "forever". */
export type Lifetime = number | "forever";

/** A lifetime in whole seconds. */
export const lifetime: Codec<Lifetime> = rounded(
  mapped<number, Lifetime>(u32, {
    words: "DURATION|forever",
    toWire(value) {
      if (value === "forever") return FOREVER;
      if (!isWithin(value, 0, (FOREVER - 1) * 1000))
        throw new InputError(`${quoted(value)} is not a lifetime in milliseconds`);
      return Math.ceil(value / 1000);
    },
    fromWire: (wire) => (wire === FOREVER ? "forever" : wire * 1000),
    parse: (word) => (word === "forever" ? "forever" : parseDuration(word)),
  }),
  "seconds",
);

/** A time since the machine started, in milliseconds; hundredths of a second on the wire. */
const sinceBoot = mapped<number, number>(u32, {
  words: "DURATION",
  toWire: (value) => Math.round(value / 10),
  fromWire: (wire) => wire * 10,
  parse: parseDuration,
});

/** struct ifa_cacheinfo (linux/if_addr.h). */
export const addressCacheinfo = struct("ifa_cacheinfo", {
  preferred: lifetime,
  valid: lifetime,
  created: sinceBoot,
  updated: sinceBoot,
});

/** struct ifaddrmsg (linux/if_addr.h). */
export const ifaddrmsg = struct("ifaddrmsg", {
  family: u8,
  prefixLength: u8,
  flags: bits(u8, HEADER_FLAGS, { table: INET6_FLAGS, holds: (_value, { family }) => family === AF_INET6 }),
  scope,
  index: u32,
});

/** An address of a link (IFA_*, linux/if_addr.h). */
export const addressAttributes = attributes("IFA", () => ({
  address: [1, internetAddress, "the prefix's address: the peer's on a point-to-point link"],
  local: [2, internetAddress, "the link's own address"],
  label: [3, nameText(15), "a name for the address, starting with the link's"],
  broadcast: [4, ipv4, "the broadcast address"],
  anycast: [5, internetAddress, "the anycast address"],
  cacheinfo: [6, addressCacheinfo, "lifetimes"],
  multicast: [7, internetAddress, "the multicast address"],
  flags: [8, addressFlags, "what holds for the address"],
  rtPriority: [9, u32, "metric of the prefix's route", { since: "4.18" }],
  targetNetnsid: [10, s32, "id of the namespace that is asked", { since: "4.20" }],
  proto: [11, u8, "who added it (IFAPROT_*)", { since: "5.18" }],
  mcUsers: [12, readOnly(u32), "users of the multicast address", "IFA_MC_USERS"],
}));

/** An address of IPv6. */
export const inet6AddressAttributes = attributes("IFA", () => ({
  ...addressAttributes.entries,
  flags: [8, inet6AddressFlags, "what holds for the address"],
}));

export type AddressValues = Values<typeof addressAttributes>;
export type AddressHeader = StructValues<(typeof ifaddrmsg)["fields"]>;
export type AddressMessageType = MessageType<AddressHeader, (typeof addressAttributes)["entries"]>;

function addressMessage(name: string, type: number): AddressMessageType {
  return messageType({
    name,
    type,
    header: ifaddrmsg,
    attributes: addressAttributes,
    variant: ({ family }) => (family === AF_INET6 ? inet6AddressAttributes : undefined),
  });
}

export const RTM_NEWADDR = addressMessage("RTM_NEWADDR", 20);
export const RTM_DELADDR = addressMessage("RTM_DELADDR", 21);
export const RTM_GETADDR = addressMessage("RTM_GETADDR", 22);
