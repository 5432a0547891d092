import type { Codec } from "../../netlink/codecs/codec.js";
import { several, unspoken } from "../../netlink/codecs/codec.js";
import { InputError, quoted } from "../../base/errors.js";
import { ipv6, mac } from "../../netlink/codecs/internet.js";
import { be32 } from "../../netlink/codecs/numbers.js";
import { list, seconds } from "./codecs.js";
import { domainNames } from "./domain-names.js";
import { asBuffer } from "./ethernet.js";
import { type OptionValues, optionTable, type RawOption } from "./option-table.js";

/** A prefix in a router advertisement (RFC 4861, 4.6.2). */
export interface PrefixInformation {
  /** Such as "fd00:1::/64". */
  readonly prefix: string;
  /** Flag L: its addresses are on the link. */
  readonly onLink: boolean;
  /** Flag A: hosts make addresses of it (SLAAC). */
  readonly autonomous: boolean;
  /** Milliseconds. */
  readonly validLifetime: number;
  readonly preferredLifetime: number;
}

/** Resolvers, and for how long they may be used, in milliseconds (RFC 8106, 5.1). */
export interface RecursiveDnsServers {
  readonly lifetime: number;
  readonly addresses: readonly string[];
}

/** Domains in which names are looked up, and for how long, in milliseconds (RFC 8106, 5.2). */
export interface DnsSearchList {
  readonly lifetime: number;
  readonly domains: readonly string[];
}

const ON_LINK = 0x80;
const AUTONOMOUS = 0x40;

const prefixInformation: Codec<PrefixInformation> = {
  type: "prefix",
  words: "",
  size: 30,
  write(writer, value, siblings) {
    const [address = "", length = ""] = value.prefix.split("/");
    if (!/^\d{1,3}$/.test(length) || Number(length) > 128)
      throw new InputError(`${quoted(value.prefix)} is not an IPv6 prefix such as fd00:1::/64`, "prefix");
    writer.u8(Number(length));
    writer.u8((value.onLink ? ON_LINK : 0) | (value.autonomous ? AUTONOMOUS : 0));
    seconds.write(writer, value.validLifetime, siblings);
    seconds.write(writer, value.preferredLifetime, siblings);
    writer.zeros(4);
    ipv6.write(writer, address, siblings);
  },
  read(bytes, offset, length, siblings) {
    if (length !== 30 || bytes.buffer[offset]! > 128) return undefined;
    const flags = bytes.buffer[offset + 1]!;
    return {
      prefix: `${ipv6.read(bytes, offset + 14, 16, siblings)}/${bytes.buffer[offset]}`,
      onLink: (flags & ON_LINK) !== 0,
      autonomous: (flags & AUTONOMOUS) !== 0,
      validLifetime: seconds.read(bytes, offset + 2, 4, siblings)!,
      preferredLifetime: seconds.read(bytes, offset + 6, 4, siblings)!,
    };
  },
  parse: unspoken("prefix with lifetimes"),
};

/** Two bytes that say nothing, and then a value. */
function reserved<T>(codec: Codec<T>): Codec<T> {
  return {
    ...codec,
    size: codec.size === undefined ? undefined : codec.size + 2,
    write(writer, value, siblings) {
      writer.zeros(2);
      codec.write(writer, value, siblings);
    },
    read: (bytes, offset, length, siblings) =>
      length < 2 ? undefined : codec.read(bytes, offset + 2, length - 2, siblings),
  };
}

/** A lifetime, and then a value. */
function lasting<T, V extends { readonly lifetime: number }>(
  codec: Codec<T>,
  make: (lifetime: number, value: T) => V,
  valueOf: (whole: V) => T,
): Codec<V> {
  return reserved<V>({
    type: codec.type,
    words: "",
    write(writer, whole, siblings) {
      seconds.write(writer, whole.lifetime, siblings);
      codec.write(writer, valueOf(whole), siblings);
    },
    read(bytes, offset, length, siblings) {
      if (length < 4) return undefined;
      const value = codec.read(bytes, offset + 4, length - 4, siblings);
      return value === undefined ? undefined : make(seconds.read(bytes, offset, 4, siblings)!, value);
    },
    parse: unspoken("list with a lifetime"),
  });
}

/** Options of neighbour discovery that routers and those who ask them send (RFC 4861, 4.6; RFC 8106). */
export const neighbourDiscoveryOptions = optionTable("neighbour discovery", {
  sourceLinkLayerAddress: [1, mac, "the sender's MAC"],
  mtu: [5, reserved(be32), "the MTU of the link, in bytes"],
  prefixes: [3, several(prefixInformation), "prefixes of the link"],
  recursiveDnsServers: [
    25,
    several(
      lasting(
        list(ipv6),
        (lifetime, addresses): RecursiveDnsServers => ({ lifetime, addresses }),
        ({ addresses }) => addresses,
      ),
    ),
    "resolvers (RDNSS)",
  ],
  dnsSearchLists: [
    31,
    several(
      lasting(
        domainNames,
        (lifetime, domains): DnsSearchList => ({ lifetime, domains }),
        ({ domains }) => domains,
      ),
    ),
    "domains in which names are looked up (DNSSL)",
  ],
});
export type NeighbourDiscoveryOptions = OptionValues<typeof neighbourDiscoveryOptions.entries>;

/** What a router says of itself (RFC 4861, 4.2). Durations are milliseconds. */
export interface RouterAdvertisement {
  readonly hopLimit?: number | undefined;
  /** Flag M: addresses come by DHCPv6. */
  readonly managed?: boolean | undefined;
  /** Flag O: other settings come by DHCPv6. */
  readonly otherConfiguration?: boolean | undefined;
  /** RFC 4191, 2.2. */
  readonly preference?: "low" | "medium" | "high" | undefined;
  /** For how long it is a default router; 0: it is none. */
  readonly routerLifetime: number;
  readonly reachableTime?: number | undefined;
  readonly retransTimer?: number | undefined;
  readonly options: NeighbourDiscoveryOptions;
}

export const ROUTER_SOLICITATION = 133;
export const ROUTER_ADVERTISEMENT = 134;
const ADVERTISEMENT_SIZE = 16;
const SOLICITATION_SIZE = 8;
const UNIT = 8;
const MANAGED = 0x80;
const OTHER = 0x40;
const PREFERENCES = { medium: 0, high: 1, low: 3 } as const;
const PREFERENCE_NAMES = ["medium", "high", "medium", "low"] as const;

/** Options in units of eight bytes, filled up with zeros. */
function encodeOptions(options: NeighbourDiscoveryOptions): Buffer {
  return Buffer.concat(
    neighbourDiscoveryOptions.payloads(options).map(({ code, bytes }) => {
      const units = Math.ceil((2 + bytes.length) / UNIT);
      if (units > 255) throw new InputError(`${bytes.length} bytes; an option has at most ${255 * UNIT}`);
      const option = Buffer.alloc(units * UNIT);
      option.set([code, units]);
      option.set(bytes, 2);
      return option;
    }),
  );
}

/** Undefined when a length is wrong: the whole message is then not to be believed (RFC 4861, 6.1). */
function decodeOptions(bytes: Buffer): NeighbourDiscoveryOptions | undefined {
  const payloads: RawOption[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = (bytes[at + 1] ?? 0) * UNIT;
    if (size === 0 || at + size > bytes.length) return undefined;
    payloads.push({ code: bytes[at]!, bytes: bytes.subarray(at + 2, at + size) });
    at += size;
  }
  return neighbourDiscoveryOptions.values(payloads);
}

/** The ICMPv6 message; its checksum is left to the frame. Throws InputError. */
export function encodeRouterAdvertisement(advertisement: RouterAdvertisement): Buffer {
  const { hopLimit = 64, managed, otherConfiguration, preference = "medium", routerLifetime } = advertisement;
  const head = Buffer.alloc(ADVERTISEMENT_SIZE);
  head[0] = ROUTER_ADVERTISEMENT;
  head[4] = hopLimit;
  head[5] = (managed ? MANAGED : 0) | (otherConfiguration ? OTHER : 0) | (PREFERENCES[preference] << 3);
  head.writeUInt16BE(Math.min(Math.round(routerLifetime / 1000), 0xffff), 6);
  head.writeUInt32BE(advertisement.reachableTime ?? 0, 8);
  head.writeUInt32BE(advertisement.retransTimer ?? 0, 12);
  return Buffer.concat([head, encodeOptions(advertisement.options)]);
}

/** The advertisement in an ICMPv6 message; undefined for anything else. */
export function decodeRouterAdvertisement(message: Uint8Array): RouterAdvertisement | undefined {
  if (message.length < ADVERTISEMENT_SIZE || message[0] !== ROUTER_ADVERTISEMENT || message[1] !== 0) return undefined;
  const bytes = asBuffer(message);
  const options = decodeOptions(bytes.subarray(ADVERTISEMENT_SIZE));
  if (options === undefined) return undefined;
  const flags = bytes[5]!;
  return {
    hopLimit: bytes[4],
    managed: (flags & MANAGED) !== 0,
    otherConfiguration: (flags & OTHER) !== 0,
    preference: PREFERENCE_NAMES[(flags >> 3) & 3],
    routerLifetime: bytes.readUInt16BE(6) * 1000,
    reachableTime: bytes.readUInt32BE(8),
    retransTimer: bytes.readUInt32BE(12),
    options,
  };
}

/** The ICMPv6 message by which a host asks for an advertisement (RFC 4861, 4.1). */
export function encodeRouterSolicitation(options: NeighbourDiscoveryOptions): Buffer {
  return Buffer.concat([Buffer.from([ROUTER_SOLICITATION, 0, 0, 0, 0, 0, 0, 0]), encodeOptions(options)]);
}

/** The options of a solicitation; undefined for any other message. */
export function decodeRouterSolicitation(message: Uint8Array): NeighbourDiscoveryOptions | undefined {
  if (message.length < SOLICITATION_SIZE || message[0] !== ROUTER_SOLICITATION || message[1] !== 0) return undefined;
  return decodeOptions(asBuffer(message).subarray(SOLICITATION_SIZE));
}
